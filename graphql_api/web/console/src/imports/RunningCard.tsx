/** How far an import is, and what came of it. */
import { useMutation, useQuery, useSubscription } from '@apollo/client/react';
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
import { saveRejects } from './files';

type State = NonNullable<ImportStateQuery['import']>;

const ASKED_AGAIN_MS = 2_000; // beside the subscription, whose last word may have been missed
const TITLES: Partial<Record<State['status'], string>> = {
  RUNNING: 'It is being taken over',
  DONE: 'Done',
  FAILED: 'It stopped before its end',
  CANCELLED: 'Cancelled; what is in stays in',
  INTERRUPTED: 'The server stopped; send the file again, and it goes on',
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
      <Loading label="Starting" />
    );
  }
  const isRunning = state.status === 'RUNNING';
  return (
    <Card title={TITLES[state.status] ?? state.status}>
      {isRunning && (
        <progress
          aria-label="How far it is"
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
  const told: [number, string][] = [
    [counts.created, 'created'],
    [counts.updated, 'updated'],
    [counts.booked, 'booked'],
    [counts.unchanged, 'unchanged'],
    [counts.already, 'booked before'],
    [counts.bad, 'left out'],
  ];
  const words = told.filter(([rows]) => rows > 0).map(([rows, word]) => `${number(rows)} ${word}`);
  return <p aria-live="polite">{words.length > 0 ? `Rows: ${words.join(', ')}.` : 'No rows yet.'}</p>;
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
    tell({ tone: 'good', title: 'Import undone', text: state.name });
    onAgain();
  });
  return (
    <>
      <FormError error={cancelling.error ?? saving.error ?? undoing.error} />
      <div className="form__actions">
        {state.counts.bad > 0 && state.status !== 'RUNNING' && (
          <button type="button" className="button" onClick={() => void saving.run()}>
            Save the rows left out
          </button>
        )}
        {state.status === 'RUNNING' && (
          <button type="button" className="button" onClick={() => void cancelling.run()}>
            Cancel
          </button>
        )}
        {state.status === 'DONE' && (
          <button
            type="button"
            className="button button--danger"
            disabled={undoing.busy}
            onClick={() => void undoing.run()}
          >
            Undo
          </button>
        )}
        {state.status !== 'RUNNING' && (
          <button type="button" className="button button--primary" onClick={onAgain}>
            Another file
          </button>
        )}
      </div>
    </>
  );
}
