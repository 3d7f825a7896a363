/** For how long the stock of what sells fastest will last. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { MoversDocument } from '../../../client/generated/graphql';
import { StatusPill } from '../items/StatusPill';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';
import { Card } from '../ui/Card';
import { lasting } from '../ui/days';
import { number, rate } from '../ui/format';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';

const DAYS = 30;
const SHOWN = 8;
const SHORT_DAYS = 7; // about what a new delivery takes
const LONG_DAYS = 30; // the bar is full

export function CoverCard(): ReactElement {
  const { data, error, refetch } = useQuery(MoversDocument, {
    variables: { days: DAYS, first: SHOWN },
    fetchPolicy: 'cache-and-network',
  });
  useRefreshOnEvents(refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const movers = data?.fastestMovers;
  return (
    <Card
      title={t`Days of cover`}
      flush
      actions={
        <Link href="/reorder" className="muted">
          <Trans>What to order</Trans>
        </Link>
      }
    >
      {!movers && error && <Failed error={error} retry={loadAgain} />}
      {!movers && !error && <Loading label={t`Loading the fastest movers`} />}
      {movers && <Outdated error={error} retry={loadAgain} />}
      {movers?.length === 0 && (
        <Empty title={t`Nothing was sold in these days`}>
          <p><Trans>Sales that are booked on an item’s page say here how long its stock will last.</Trans></p>
          <Link href="/items"><Trans>To the items</Trans></Link>
        </Empty>
      )}
      {movers && movers.length > 0 && (
        <div className="table-frame card__table">
          <table className="table">
            <thead>
              <tr>
                <th scope="col"><Trans>Item</Trans></th>
                <th scope="col" className="right wide-only">
                  <Trans>Sold a day</Trans>
                </th>
                <th scope="col" className="right">
                  <Trans>Stock</Trans>
                </th>
                <th scope="col"><Trans>Lasts for</Trans></th>
              </tr>
            </thead>
            <tbody>
              {movers.map(({ item, unitsPerDay, daysOfCover }) => (
                <tr key={item.id}>
                  <td>
                    <Link href={`/items/${item.id}`} className="plain-link">
                      {item.name}
                    </Link>
                  </td>
                  <td className="right number wide-only">{rate(unitsPerDay)}</td>
                  <td className="right number">{number(item.stock)}</td>
                  <td>
                    {item.stock === 0 ? (
                      <StatusPill status={item.status} />
                    ) : (
                      <Cover days={daysOfCover} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Cover({ days }: { days: number | null }): ReactElement {
  if (days === null) return <span className="muted"><Trans>unknown</Trans></span>;
  const kind = days < SHORT_DAYS ? 'short' : 'long';
  return (
    <span className={`cover cover--${kind}`}>
      <span className="cover__bar" aria-hidden="true">
        <span style={{ width: `${Math.min(days / LONG_DAYS, 1) * 100}%` }} />
      </span>
      <span className="number">{lasting(days)}</span>
    </span>
  );
}
