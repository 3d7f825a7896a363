/** How far an import is, and what came of it. */
import { useQuery, useSubscription } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect } from 'react';
import type { ReactElement } from 'react';

import { ImportProgressDocument, ImportStateDocument } from '../../../client/generated/graphql';
import type { ImportStateQuery } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import { Card } from '../ui/Card';
import { Failed, Loading } from '../ui/states';
import { countWords } from './countWords';
import { ImportActions } from './ImportActions';
import { NoteList } from './NoteList';

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
      {state.problemSentences.length > 0 && (
        <p role="status">{state.problemSentences.map(serverWords).join(' ')}</p>
      )}
      <p aria-live="polite">{countWords(state.counts) ?? t`No rows yet.`}</p>
      <NoteList notes={state.notes} />
      <ImportActions found={state} onUndone={onAgain}>
        {!isRunning && (
          <button type="button" className="button button--primary" onClick={onAgain}>
            <Trans>Another file</Trans>
          </button>
        )}
      </ImportActions>
    </Card>
  );
}
