/** What to order: the gravest first, how long each lasts, and how much of it. */
import { useApolloClient, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useDeferredValue } from 'react';
import type { ReactElement } from 'react';
import { Link, useSearchParams } from 'wouter';

import { ReorderListDocument } from '../../../client/generated/graphql';
import type {
  ReorderListQuery,
  ReorderListQueryVariables,
} from '../../../client/generated/graphql';
import { CsvButton } from '../csv/CsvButton';
import type { LoadPage } from '../csv/CsvButton';
import type { Cell } from '../csv/csv';
import '../items/items.css';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';
import { day } from '../ui/format';
import { Icon } from '../ui/Icon';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { ReorderChoiceBar } from './ReorderChoiceBar';
import { ReorderTable } from './ReorderTable';
import './reorder.css';
import { choiceOf, paramsOf, variablesOf } from './reorderParams';

type Line = ReorderListQuery['reorderList']['nodes'][number];

const CSV_PAGE = 100;
const HEADS = ['SKU', t`Item`, t`Category`, t`Unit`, t`Stock`, t`Minimum`, t`Sold a day`, t`Days of cover`, t`Lead time, days`, t`Order`];

export default function ReorderPage(): ReactElement {
  const [params, setParams] = useSearchParams();
  const choice = choiceOf(params);
  // As text: the same choice is the same question, and typing does not wait for answers.
  const variables = JSON.parse(
    useDeferredValue(JSON.stringify(variablesOf(choice))),
  ) as ReorderListQueryVariables;
  const { data, previousData, error, refetch, fetchMore } = useQuery(ReorderListDocument, {
    variables,
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
  });
  const load = useAllLines(variables);
  const page = (data ?? (error ? undefined : previousData))?.reorderList;
  const isWhole = page !== undefined && !page.pageInfo.hasNextPage;
  // A list that somebody has gone down in stays as it is until it is asked for again.
  useRefreshOnEvents(() => ((page?.nodes.length ?? 0) > 50 ? Promise.resolve() : refetch()));
  const loadAgain = useLoadAgain(error, refetch);
  return (
    <Page
      title={t`What to order`}
      subtitle={t`By the sales of 30 days: what reaches its minimum before an order of it comes.`}
      actions={
        <>
          <CsvButton name="what-to-order" heads={HEADS} cells={cellsOf} load={load} />
          <button
            type="button"
            className="button"
            disabled={!isWhole}
            title={isWhole ? undefined : t`Load more, until all are there`}
            onClick={() => print()}
          >
            <Icon name="items" />
            <Trans>Print</Trans>
          </button>
        </>
      }
    >
      <ReorderChoiceBar
        choice={choice}
        change={(chosen) => setParams(paramsOf(chosen), { replace: true })}
      />
      <p className="only-print">{day(new Date().toISOString())}</p>
      <div className="card" aria-busy={data === undefined}>
        {page && <Outdated error={error} retry={loadAgain} />}
        {page && page.nodes.length > 0 && (
          <div inert={data === undefined}>
            <ReorderTable lines={page.nodes} />
          </div>
        )}
        {!page && !error && <Loading rows={10} label={t`Loading what to order`} />}
        {!page && error && <Failed error={error} retry={loadAgain} />}
        {page?.nodes.length === 0 && (
          <Empty icon="check" title={t`Nothing has to be ordered`}>
            <p><Trans>Items come here when they sell fast for their stock, or have a minimum.</Trans></p>
            <Link href="/items" className="button">
              <Trans>To the items</Trans>
            </Link>
          </Empty>
        )}
        {page && data && (
          <LoadMore
            key={JSON.stringify(variables)}
            hasMore={page.pageInfo.hasNextPage}
            load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
          />
        )}
      </div>
    </Page>
  );
}

/** Page by page, beside the cache. */
function useAllLines(variables: ReorderListQueryVariables): LoadPage<Line> {
  const apollo = useApolloClient();
  return async (after: string | null) => {
    const { data } = await apollo.query({
      query: ReorderListDocument,
      variables: { ...variables, first: CSV_PAGE, after },
      fetchPolicy: 'no-cache',
    });
    const page = data?.reorderList;
    const next = page?.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    return { rows: page?.nodes ?? [], next };
  };
}

function cellsOf(line: Line): Cell[] {
  const { item } = line;
  return [
    item.sku,
    item.name,
    item.category,
    item.unit,
    line.stock,
    line.minStock,
    Math.round(line.unitsPerDay * 100) / 100,
    line.daysOfCover === null ? null : Math.round(line.daysOfCover * 10) / 10,
    line.leadTimeDays,
    line.suggestedQuantity,
  ];
}

