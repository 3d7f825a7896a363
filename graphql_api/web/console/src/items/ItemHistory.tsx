/** An item's movements: its stock as a line, and each of them as a row, all or some. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useDeferredValue, useMemo, useState } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { ItemHistoryDocument } from '../../../client/generated/graphql';
import { Card } from '../ui/Card';
import { LoadMore } from '../ui/LoadMore';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { MovementFilterBar } from './MovementFilterBar';
import { NO_FILTERS, whereOf } from './movementFilters';
import { MovementTable } from './MovementTable';
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
  const [filters, setFilters] = useState(NO_FILTERS);
  const isFiltered = whereOf(filters) !== null;

  if (!page) {
    return (
      <Card title={t`History`}>
        {error ? (
          <Failed error={error} retry={loadAgain} />
        ) : (
          <Loading label={t`Loading the history`} />
        )}
      </Card>
    );
  }
  if (movements.length === 0) {
    return (
      <Card title={t`History`}>
        <Empty icon="clock" title={t`Nothing has moved yet`}>
          <p><Trans>What you book with Adjust, Count or Transfer stands here.</Trans></p>
        </Empty>
      </Card>
    );
  }
  return (
    <>
      <Card title={t`Stock over time`}>
        <StockChart item={item} movements={movements} />
      </Card>
      <Card title={t`History`} flush>
        <Outdated error={error} retry={loadAgain} />
        <MovementFilterBar filters={filters} change={setFilters} movements={movements} />
        {isFiltered ? (
          <SomeMovements item={item} filters={filters} />
        ) : (
          <>
            <MovementTable item={item} movements={movements} />
            <LoadMore
              hasMore={page.pageInfo.hasNextPage}
              load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
            />
          </>
        )}
      </Card>
    </>
  );
}

interface SomeMovementsProps {
  item: Item;
  filters: typeof NO_FILTERS;
}

/** Those that the filters leave; of an older choice while the new one is on its way. */
function SomeMovements({ item, filters }: SomeMovementsProps): ReactElement {
  const typed = JSON.stringify(whereOf(filters));
  const asked = useDeferredValue(typed);
  const variables = { id: item.id, where: JSON.parse(asked), first: PAGE };
  const { data, previousData, error, refetch, fetchMore } = useQuery(ItemHistoryDocument, {
    variables,
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(item.id, refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const page = (data ?? (error ? undefined : previousData))?.stockMovements;
  if (!page) {
    return error ? (
      <Failed error={error} retry={loadAgain} />
    ) : (
      <Loading label={t`Loading the history`} />
    );
  }
  return (
    <div inert={data === undefined} aria-busy={data === undefined}>
      <Outdated error={error} retry={loadAgain} />
      {page.nodes.length === 0 ? (
        <Empty icon="search" title={t`No movements here`}>
          <p><Trans>Nothing fits what you are looking for.</Trans></p>
        </Empty>
      ) : (
        <MovementTable item={item} movements={page.nodes} />
      )}
      <LoadMore
        key={asked} // an error of other filters is not theirs
        hasMore={page.pageInfo.hasNextPage}
        load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
      />
    </div>
  );
}
