/** An item's movements: its stock as a line, and each of them as a row. */
import { useQuery } from '@apollo/client/react';
import { useMemo } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { ItemHistoryDocument } from '../../../client/generated/graphql';
import type { MovementFieldsFragment } from '../../../client/generated/graphql';
import { ACTIONS } from '../live/feed';
import { Card } from '../ui/Card';
import { number, short, signed } from '../ui/format';
import { LoadMore } from '../ui/LoadMore';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { StockChart } from './StockChart';
import { useItemEvents } from './useItemEvents';

const PAGE = 50;

export function ItemHistory({ item }: { item: Item }): ReactElement {
  const { data, error, refetch, fetchMore } = useQuery(ItemHistoryDocument, {
    variables: { id: item.id, first: PAGE },
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(item.id, refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const page = data?.stockMovements;
  const movements = useMemo(() => page?.nodes ?? [], [page]);

  if (!page) {
    return (
      <Card title="History">
        {error ? (
          <Failed error={error} retry={loadAgain} />
        ) : (
          <Loading label="Loading the history" />
        )}
      </Card>
    );
  }
  if (movements.length === 0) {
    return (
      <Card title="History">
        <Empty icon="clock" title="Nothing has moved yet" />
      </Card>
    );
  }
  return (
    <>
      <Card title="Stock over time">
        <StockChart item={item} movements={movements} />
      </Card>
      <Card title="History" flush>
        <Outdated error={error} retry={loadAgain} />
        <div className="table-frame card__table">
          <table className="table">
            <caption className="visually-hidden">Movements, newest first</caption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col" className="wide-only">
                  What
                </th>
                <th scope="col" className="right">
                  Change
                </th>
                <th scope="col" className="right">
                  Stock
                </th>
                <th scope="col" className="wide-only">
                  Where
                </th>
                <th scope="col" className="wide-only">
                  Why
                </th>
              </tr>
            </thead>
            <tbody>
              {movements.map((movement) => (
                <MovementRow key={movement.id} movement={movement} />
              ))}
            </tbody>
          </table>
        </div>
        <LoadMore
          hasMore={page.pageInfo.hasNextPage}
          load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
        />
      </Card>
    </>
  );
}

function MovementRow({ movement }: { movement: MovementFieldsFragment }): ReactElement {
  const { quantity, reason, reference } = movement;
  return (
    <tr>
      <td className="muted">
        <strong className="only-narrow">{ACTIONS[movement.actionType]}</strong>{' '}
        {short(movement.recordedAt)}
      </td>
      <td className="wide-only whole">{ACTIONS[movement.actionType]}</td>
      <td className={`right number ${quantity < 0 ? 'quantity--down' : 'quantity--up'}`}>
        {signed(quantity)}
      </td>
      <td className="right number">{number(movement.newStock)}</td>
      <td className="wide-only">{movement.location.code}</td>
      <td className="history-reason wide-only">
        {reason} {reference && <span className="code muted">{reference}</span>}
      </td>
    </tr>
  );
}
