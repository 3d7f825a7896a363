/** What happens, as it happens; before it, what happened last. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useMemo } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { RecentMovementsDocument } from '../../../client/generated/graphql';
import { joined, ofMovement } from '../live/feed';
import type { FeedEntry } from '../live/feed';
import { useNewest } from '../live/LiveProvider';
import { Card } from '../ui/Card';
import { number } from '../ui/format';
import { Icon } from '../ui/Icon';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { Time } from '../ui/Time';
import { useLoadAgain } from '../ui/useLoadAgain';

const EARLIER = 15;
const SHOWN_MAX = 25;

export function LiveFeed(): ReactElement {
  const newest = useNewest();
  const { data, error, refetch } = useQuery(RecentMovementsDocument, {
    variables: { first: EARLIER },
    fetchPolicy: 'network-only',
    nextFetchPolicy: 'cache-first',
  });
  const loadAgain = useLoadAgain(error, refetch);
  const entries = useMemo(() => {
    const earlier = data?.stockMovements.nodes.map(ofMovement) ?? [];
    return joined(newest, earlier).slice(0, SHOWN_MAX);
  }, [newest, data]);
  return (
    <Card title={t`Live feed`} flush className="feed">
      {data && <Outdated error={error} retry={loadAgain} />}
      {entries.length > 0 && (
        <ol className="list feed__list">
          {entries.map((entry) => (
            <FeedLine key={entry.key} entry={entry} />
          ))}
        </ol>
      )}
      {error && !data && <Failed error={error} retry={loadAgain} />}
      {entries.length === 0 && !error && !data && <Loading label={t`Loading what happened last`} />}
      {entries.length === 0 && data && <Empty title={t`Nothing has moved yet`} />}
    </Card>
  );
}

function FeedLine({ entry }: { entry: FeedEntry }): ReactElement {
  return (
    <li className={`feed__line feed__line--${entry.tone}`}>
      <span className="feed__icon">
        <Icon name={entry.icon} />
      </span>
      <span className="feed__text">
        {entry.itemId === null ? (
          <strong title={entry.name}>{entry.name}</strong>
        ) : (
          <Link href={`/items/${entry.itemId}`} className="plain-link" title={entry.name}>
            {entry.name}
          </Link>
        )}
        <span className="muted number">
          {entry.text}
          {entry.stock !== null && t` · now ${number(entry.stock)}`}
        </span>
      </span>
      <span className="feed__time muted">
        <Time at={entry.at} />
      </span>
    </li>
  );
}
