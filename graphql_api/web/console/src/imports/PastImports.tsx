/** Imports so far, newest first: what came of each, and what can be done with it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type { ImportFieldsFragment } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import { Card } from '../ui/Card';
import { LoadMore } from '../ui/LoadMore';
import { Pill } from '../ui/Pill';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { Time } from '../ui/Time';
import { useLoadAgain } from '../ui/useLoadAgain';
import { countWords } from './countWords';
import { ImportActions } from './ImportActions';
import './imports.css';
import { kindOf, stateOf, whyNotUndone } from './importWords';
import { usePastImports } from './usePastImports';

/** onOpen: somebody goes on with one that waits to be started. */
export function PastImports({ onOpen }: { onOpen: (found: ImportFieldsFragment) => void }): ReactElement {
  const { page, error, refetch, more, bytesDone } = usePastImports();
  const loadAgain = useLoadAgain(error, refetch);
  return (
    <Card title={t`Imports so far`}>
      {!page && !error && <Loading rows={4} label={t`Loading the imports`} />}
      {!page && error !== undefined && <Failed error={error} retry={loadAgain} />}
      {page && <Outdated error={error} retry={loadAgain} />}
      {page?.nodes.length === 0 && <Empty icon="down" title={t`Nothing was imported yet`} />}
      {page && page.nodes.length > 0 && (
        <ul className="list past-imports" aria-label={t`Imports, newest first`}>
          {page.nodes.map((found) => (
            <PastImport
              key={found.id}
              found={found}
              bytesDone={bytesDone[found.id] ?? 0}
              onOpen={() => onOpen(found)}
            />
          ))}
        </ul>
      )}
      {page && <LoadMore hasMore={page.pageInfo.hasNextPage} load={more} />}
    </Card>
  );
}

interface PastImportProps {
  found: ImportFieldsFragment;
  bytesDone: number;
  onOpen: () => void;
}

function PastImport({ found, bytesDone, onOpen }: PastImportProps): ReactElement {
  const { label, tone } = stateOf(found);
  const why = whyNotUndone(found);
  const rows = countWords(found.counts);
  return (
    <li>
      <div className="past-imports__head">
        <strong>{found.name}</strong> <Pill tone={tone}>{label}</Pill>
      </div>
      <div className="muted">
        {[kindOf(found), found.user?.name ?? t`by a command`].filter(Boolean).join(', ')}
        {', '}
        <Time at={found.beganAt} />
      </div>
      {found.status === 'RUNNING' && (
        <progress
          aria-label={t`How far ${found.name} is`}
          max={Math.max(found.size, 1)}
          value={bytesDone}
        />
      )}
      {rows !== null && <div>{rows}</div>}
      {found.problemSentences.length > 0 && (
        <div>{found.problemSentences.map(serverWords).join(' ')}</div>
      )}
      {why !== null && <div className="muted"><Trans>It cannot be undone. {why}</Trans></div>}
      <ImportActions found={found} onOpen={onOpen} />
    </li>
  );
}
