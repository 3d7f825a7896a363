/** The ledger: every movement of every item, newest first, all or some, live. */
import { useApolloClient } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useDeferredValue } from 'react';
import type { ReactElement } from 'react';
import { Link, useSearchParams } from 'wouter';

import { LedgerDocument } from '../../../client/generated/graphql';
import type { LedgerFieldsFragment, MovementFilter } from '../../../client/generated/graphql';
import { CsvButton } from '../csv/CsvButton';
import type { LoadPage } from '../csv/CsvButton';
import type { Cell } from '../csv/csv';
import { MovementFilterBar } from '../items/MovementFilterBar';
import { whereOf } from '../items/movementFilters';
import { MovementTable } from '../items/MovementTable';
import { reasonWords } from '../items/reasonWords';
import '../items/items.css';
import { ACTIONS } from '../live/feed';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { filtersOf, paramsOf } from './movementParams';
import { useLedger } from './useLedger';

const CSV_PAGE = 100;
const HEADS = [
  t`Happened`,
  t`Booked`,
  'SKU',
  t`Item`,
  t`What`,
  t`Change`,
  t`Stock after`,
  t`Place`,
  t`By`,
  t`Reason`,
  t`Reference`,
  t`Reversal`,
];

export default function MovementsPage(): ReactElement {
  const [params, setParams] = useSearchParams();
  const filters = filtersOf(params);
  // As text: the same choice is the same question, and typing does not wait for answers.
  const where = JSON.parse(
    useDeferredValue(JSON.stringify(whereOf(filters))),
  ) as MovementFilter | null;
  const { page, isOlder, error, refetch, loadMore } = useLedger(where);
  const loadAgain = useLoadAgain(error, refetch);
  const load = useAllMovements(where);
  return (
    <Page
      title={t`Movements`}
      subtitle={t`What came in, went out and was corrected, of all items.`}
      actions={<CsvButton name="movements" heads={HEADS} cells={cellsOf} load={load} />}
    >
      <div className="card" aria-busy={isOlder}>
        <MovementFilterBar
          filters={filters}
          change={(chosen) => setParams(paramsOf(chosen), { replace: true })}
          movements={page?.nodes ?? []}
          isOpen={where !== null}
        />
        {page && <Outdated error={error} retry={loadAgain} />}
        {page && page.nodes.length > 0 && (
          <div inert={isOlder}>
            <MovementTable movements={page.nodes} />
          </div>
        )}
        {!page && !error && <Loading rows={10} label={t`Loading movements`} />}
        {!page && error !== undefined && <Failed error={error} retry={loadAgain} />}
        {page?.nodes.length === 0 && <NoMovements isFiltered={where !== null} />}
        {page && !isOlder && (
          <LoadMore
            key={JSON.stringify(where)} // an error of other filters is not theirs
            hasMore={page.pageInfo.hasNextPage}
            load={loadMore}
          />
        )}
      </div>
    </Page>
  );
}

function NoMovements({ isFiltered }: { isFiltered: boolean }): ReactElement {
  return isFiltered ? (
    <Empty icon="search" title={t`No movements here`}>
      <p><Trans>Nothing fits what you are looking for.</Trans></p>
      <Link href="/movements" replace>
        <Trans>Show all movements</Trans>
      </Link>
    </Empty>
  ) : (
    <Empty icon="clock" title={t`Nothing has moved yet`}>
      <p><Trans>Book what comes in or goes out on an item’s page, and it stands here.</Trans></p>
      <Link href="/items" className="button">
        <Trans>To the items</Trans>
      </Link>
    </Empty>
  );
}

/** Page by page, beside the cache. */
function useAllMovements(where: MovementFilter | null): LoadPage<LedgerFieldsFragment> {
  const apollo = useApolloClient();
  return async (after: string | null) => {
    const { data } = await apollo.query({
      query: LedgerDocument,
      variables: { ...(where && { where }), first: CSV_PAGE, after },
      fetchPolicy: 'no-cache',
    });
    const page = data?.stockMovements;
    const next = page?.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    return { rows: page?.nodes ?? [], next };
  };
}

function cellsOf(movement: LedgerFieldsFragment): Cell[] {
  const { reversedBy, reverses } = movement;
  return [
    movement.occurredAt,
    movement.recordedAt,
    movement.item.sku,
    movement.item.name,
    ACTIONS[movement.actionType],
    movement.quantity,
    movement.newStock,
    movement.location.code,
    movement.user?.name ?? null,
    movement.reason === null ? null : reasonWords(movement.reason),
    movement.reference,
    reversedBy ? t`reversed` : reverses ? t`a reversal` : null,
  ];
}
