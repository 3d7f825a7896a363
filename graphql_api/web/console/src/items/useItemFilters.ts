/** Which items the list shows, kept in the address: it can be shared, and "back" works. */
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';

import type {
  ItemListQueryVariables,
  ItemSort,
  SortDirection,
  StockStatus,
} from '../../../client/generated/graphql';
import { STATUS } from './status';

export interface ItemFilters {
  search: string;
  category: string;
  status: StockStatus | null;
  /** Those that are not in use any more, beside those that are. */
  retired: Retired;
  /** null: by SKU, or a search's best first. */
  sort: ItemSort | null;
  direction: SortDirection;
}

export type Retired = 'NONE' | 'ARCHIVED' | 'DELETED' | 'ALL';

const RETIRED: readonly Retired[] = ['NONE', 'ARCHIVED', 'DELETED', 'ALL'];
const SORTS: readonly ItemSort[] = ['SKU', 'NAME', 'STOCK', 'PRICE', 'UPDATED_AT'];
const PAGE = 50;

export function useItemFilters(): {
  filters: ItemFilters;
  change: (changes: Partial<ItemFilters>) => void;
} {
  const [params, setParams] = useSearchParams();
  const filters = useMemo(() => filtersOf(params), [params]);
  const change = (changes: Partial<ItemFilters>): void => {
    setParams(paramsOf({ ...filters, ...changes }), { replace: true });
  };
  return { filters, change };
}

export function filtersOf(params: URLSearchParams): ItemFilters {
  const status = params.get('status') ?? '';
  const sort = params.get('sort') ?? '';
  return {
    search: params.get('search') ?? '',
    category: params.get('category') ?? '',
    status: Object.hasOwn(STATUS, status) ? (status as StockStatus) : null,
    retired: RETIRED.find((known) => known === params.get('retired')) ?? 'NONE',
    sort: SORTS.find((known) => known === sort) ?? null,
    direction: params.get('direction') === 'DESC' ? 'DESC' : 'ASC',
  };
}

/** Without what is as usual. */
export function paramsOf(filters: ItemFilters): URLSearchParams {
  const params = new URLSearchParams();
  if (filters.search) params.set('search', filters.search);
  if (filters.category) params.set('category', filters.category);
  if (filters.status) params.set('status', filters.status);
  if (filters.retired !== 'NONE') params.set('retired', filters.retired);
  if (filters.sort !== null) params.set('sort', filters.sort);
  if (filters.direction !== 'ASC') params.set('direction', filters.direction);
  return params;
}

/** What to ask the server for. */
export function variablesOf(filters: ItemFilters): ItemListQueryVariables {
  const has = (some: Retired): boolean => filters.retired === some || filters.retired === 'ALL';
  const where = {
    ...(filters.status && { statuses: [filters.status] }),
    ...(filters.category && { categories: [filters.category] }),
    ...(has('ARCHIVED') && { includeArchived: true }),
    ...(has('DELETED') && { includeDeleted: true }),
  };
  const order = sortOf(filters);
  return {
    ...(Object.keys(where).length > 0 && { where }),
    ...(filters.search.trim() && { search: filters.search.trim() }),
    ...(order !== null && { orderBy: { by: order, direction: filters.direction } }),
    first: PAGE,
  };
}

/** By what the list is sorted; null: by how well its items fit the search. */
export function sortOf({ sort, search }: ItemFilters): ItemSort | null {
  return sort ?? (search.trim() === '' ? 'SKU' : null);
}
