/**
 * The movements of all items that fit some filters: loaded page by page, and live. What is new comes
 * before what is loaded, which stays as long as the two meet.
 */
import { useApolloClient, useQuery } from '@apollo/client/react';

import { LedgerDocument } from '../../../client/generated/graphql';
import type { LedgerQuery, MovementFilter } from '../../../client/generated/graphql';
import { useListPolicy } from '../app/useListPolicy';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';

type Page = LedgerQuery['stockMovements'];

const PAGE = 50;

export function useLedger(where: MovementFilter | null): {
  /** Of another choice while this one's is on its way: see isOlder. */
  page: Page | undefined;
  isOlder: boolean;
  error: unknown;
  refetch: () => Promise<unknown>;
  loadMore: () => Promise<unknown>;
} {
  const apollo = useApolloClient();
  const variables = { ...(where && { where }), first: PAGE };
  const { data, previousData, error, refetch, fetchMore, updateQuery } = useQuery(LedgerDocument, {
    variables,
    fetchPolicy: useListPolicy(JSON.stringify(variables)),
    nextFetchPolicy: 'cache-first',
  });
  useRefreshOnEvents(async () => {
    const newest = await apollo.query({
      query: LedgerDocument,
      variables,
      fetchPolicy: 'no-cache',
    });
    const now = newest.data?.stockMovements;
    if (now) {
      updateQuery((_, { previousData: known }) => ({
        stockMovements: joined(now, (known as LedgerQuery | undefined)?.stockMovements),
      }));
    }
  });
  const page = (data ?? (error ? undefined : previousData))?.stockMovements;
  return {
    page,
    isOlder: data === undefined,
    error,
    refetch,
    loadMore: () => fetchMore({ variables: { after: page?.pageInfo.endCursor ?? null } }),
  };
}

/** The newest page before what is loaded; alone, where there may be others between the two. */
export function joined(newest: Page, loaded: Page | undefined): Page {
  const known = new Set(newest.nodes.map(({ id }) => id));
  const meets = loaded?.nodes.some(({ id }) => known.has(id)) ?? false;
  if (loaded === undefined || !meets) return newest;
  const rest = loaded.nodes.filter(({ id }) => !known.has(id));
  if (rest.length === 0) return newest;
  return {
    ...newest,
    nodes: [...newest.nodes, ...rest],
    pageInfo: { ...loaded.pageInfo, startCursor: newest.pageInfo.startCursor },
  };
}
