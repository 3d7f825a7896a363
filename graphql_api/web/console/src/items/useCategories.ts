/** The categories that items have, for proposals while one is typed. */
import { useQuery } from '@apollo/client/react';
import { useMemo } from 'react';

import type { Item } from '../../../client';
import { CategoryNamesDocument } from '../../../client/generated/graphql';
import { useLoadAgain } from '../ui/useLoadAgain';

const PROPOSED_MAX = 100; // a browser's list of proposals is no longer of use
const NONE: readonly Item[] = [];

/** In the order of the alphabet; those of `items`, which may be newer, among them. Empty while they
 * cannot be loaded: a category can be typed all the same. */
export function useCategories(items: readonly Item[] = NONE): readonly string[] {
  const { data, error, refetch } = useQuery(CategoryNamesDocument, {
    variables: { first: PROPOSED_MAX },
    fetchPolicy: 'cache-and-network',
  });
  useLoadAgain(error, refetch);
  return useMemo(() => {
    const names = data?.categories.nodes.map(({ name }) => name) ?? [];
    const newer = items.flatMap(({ category }) => category ?? []);
    return [...new Set([...names, ...newer])].sort((a, b) => a.localeCompare(b));
  }, [data, items]);
}
