/** How far an import is, and what came of it. */
import { useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused, useInventoryClient } from '../../../client';
import {
  CancelImportDocument,
  ImportProgressDocument,
  ImportStateDocument,
  UndoImportDocument,
} from '../../../client/generated/graphql';
import type { ImportStateQuery } from '../../../client/generated/graphql';
import { Card } from '../ui/Card';
import { number } from '../ui/format';
import { FormError } from '../ui/FormError';
import { Failed, Loading } from '../ui/states';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { COUNT_WORDS } from './countWords';
import { saveRejects } from './files';

type State = NonNullable<ImportStateQuery['import']>;

const ASKED_AGAIN_MS = 2_000; // beside the subscription, whose last word may have been missed
const TITLES: Partial<Record<State['status'], string>> = {
  RUNNING: t`It is being taken over`,
  DONE: t`Done`,
  FAILED: t`It stopped before its end`,
  CANCELLED: t`Cancelled; what is in stays in`,
  INTERRUPTED: t`The server stopped; send the file again, and it goes on`,
};

export function RunningCard({ id, onAgain }: { id: string; onAgain: () => void }): ReactElement {
  const { data, error, refetch, stopPolling } = useQuery(ImportStateDocument, {
    variables: { id },
    fetchPolicy: 'network-only',
    pollInterval: ASKED_AGAIN_MS,
  });
  const { data: told } = useSubscription(ImportProgressDocument, {
    variables: { id },
    onData: () => void refetch(),
  });
  const state = data?.import;
  const isOver = state !== undefined && state !== null && state.status !== 'RUNNING';
  useEffect(() => {
    if (isOver) stopPolling();
  }, [isOver, stopPolling]);
  if (!state) {
    return error ? (
      <Failed error={error} retry={() => void refetch()} />
    ) : (
      <Loading label={t`Starting`} />
    );
  }
  const isRunning = state.status === 'RUNNING';
  return (
    <Card title={TITLES[state.status] ?? state.status}>
      {isRunning && (
        <progress
          aria-label={t`How far it is`}
          max={Math.max(state.size, 1)}
          value={told?.importProgress.bytesDone ?? 0}
        />
      )}
      {state.problem !== null && <p role="status">{state.problem}</p>}
      <Counts counts={state.counts} />
      <Actions state={state} onAgain={onAgain} />
    </Card>
  );
}

function Counts({ counts }: { counts: State['counts'] }): ReactElement {
  const words = COUNT_WORDS.filter(([field]) => counts[field] > 0).map(
    ([field, word]) => `${number(counts[field])} ${word}`,
  );
  return <p aria-live="polite">{words.length > 0 ? t`Rows: ${words.join(', ')}.` : t`No rows yet.`}</p>;
}

function Actions({ state, onAgain }: { state: State; onAgain: () => void }): ReactElement {
  const client = useInventoryClient();
  const tell = useToast();
  const [cancel] = useMutation(CancelImportDocument);
  const [undo] = useMutation(UndoImportDocument);
  const cancelling = useSubmit(async () => {
    const { data } = await cancel({ variables: { id: state.id } });
    throwIfRefused(data?.cancelImport.userErrors ?? []);
  });
  const saving = useSubmit(() => saveRejects(client, state.id));
  const undoing = useSubmit(async () => {
    const { data } = await undo({ variables: { id: state.id } });
    throwIfRefused(data?.undoImport.userErrors ?? []);
    tell({ tone: 'good', title: t`Import undone`, text: state.name });
    onAgain();
  });
  return (
    <>
      <FormError error={cancelling.error ?? saving.error ?? undoing.error} />
      <div className="form__actions">
        {state.counts.bad > 0 && state.status !== 'RUNNING' && (
          <button type="button" className="button" onClick={() => void saving.run()}>
            <Trans>Save the rows left out</Trans>
          </button>
        )}
        {state.status === 'RUNNING' && (
          <button type="button" className="button" onClick={() => void cancelling.run()}>
            <Trans>Cancel</Trans>
          </button>
        )}
        {state.status === 'DONE' && (
          <button
            type="button"
            className="button button--danger"
            disabled={undoing.busy}
            onClick={() => void undoing.run()}
          >
            <Trans>Undo</Trans>
          </button>
        )}
        {state.status !== 'RUNNING' && (
          <button type="button" className="button button--primary" onClick={onAgain}>
            <Trans>Another file</Trans>
          </button>
        )}
      </div>
    </>
  );
}
