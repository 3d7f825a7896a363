/** Keyset paging in the cache: pages of one list become one list. Pure but for Apollo's types. */
import type { FieldPolicy, Reference } from '@apollo/client';

export interface Connection {
  nodes?: readonly Reference[];
  edges?: readonly { cursor?: string; node: Reference }[];
  pageInfo?: PageInfo;
  totalCount?: number;
}

interface PageInfo {
  hasNextPage?: boolean;
  hasPreviousPage?: boolean;
  startCursor?: string | null;
  endCursor?: string | null;
}

/** A connection's policy. keyArgs: all arguments but `after`; what differs in them is apart. */
export function paged(keyArgs: string[]): FieldPolicy<Connection> {
  return {
    keyArgs,
    merge: (existing, incoming, { args }) =>
      typeof args?.after === 'string' ? appended(existing, incoming, args.after) : incoming,
  };
}

/** The policy of a connection whose entries have no ids: its pages follow each other as they come. */
export function listed(keyArgs: string[]): FieldPolicy<Connection> {
  return {
    keyArgs,
    merge: (existing, incoming, { args }) => {
      if (existing === undefined || typeof args?.after !== 'string') return incoming;
      if (existing.pageInfo?.endCursor !== args.after) return existing;
      return { ...incoming, nodes: [...(existing.nodes ?? []), ...(incoming.nodes ?? [])] };
    },
  };
}

/** `page`, which began after `after`, at the end of `list`. A page of a list that has meanwhile
 * begun anew fits nowhere and is left out. */
export function appended(
  list: Connection | undefined,
  page: Connection,
  after: string,
): Connection {
  if (list === undefined) return page;
  if (list.pageInfo?.endCursor !== after) return list;
  const known = new Set(refsOf(list));
  const isNew = ({ __ref }: Reference): boolean => !known.has(__ref);
  return {
    ...page,
    ...(page.nodes && { nodes: [...(list.nodes ?? []), ...page.nodes.filter(isNew)] }),
    ...(page.edges && {
      edges: [...(list.edges ?? []), ...page.edges.filter(({ node }) => isNew(node))],
    }),
    pageInfo: {
      ...page.pageInfo,
      hasPreviousPage: list.pageInfo?.hasPreviousPage ?? false,
      startCursor: list.pageInfo?.startCursor ?? null,
    },
  };
}

/** The list without `gone`, counted down if it was there. */
export function without(list: Connection, gone: Reference): Connection {
  if (!refsOf(list).includes(gone.__ref)) return list;
  return {
    ...list,
    ...(list.nodes && { nodes: list.nodes.filter(({ __ref }) => __ref !== gone.__ref) }),
    ...(list.edges && { edges: list.edges.filter(({ node }) => node.__ref !== gone.__ref) }),
    ...counted(list, -1),
  };
}

/**
 * The list with `added` before the first entry that `isBefore` says it comes before. Behind all
 * loaded entries it is added only when the list is loaded to its end: else paging will bring it.
 * isCounted: whether one that is not added counts all the same, because it is new to the list.
 */
export function inserted(
  list: Connection,
  added: Reference,
  isBefore: (other: Reference) => boolean,
  isCounted: boolean,
): Connection {
  const refs = list.nodes ?? list.edges?.map(({ node }) => node) ?? [];
  if (refs.some(({ __ref }) => __ref === added.__ref)) return list;
  const found = refs.findIndex(isBefore);
  const hasMore = list.pageInfo?.hasNextPage ?? false;
  if (found === -1 && hasMore) return isCounted ? { ...list, ...counted(list, 1) } : list;
  const place = found === -1 ? refs.length : found;
  return {
    ...list,
    ...(list.nodes && { nodes: spliced(list.nodes, place, added) }),
    ...(list.edges && { edges: spliced(list.edges, place, { cursor: '', node: added }) }),
    ...counted(list, 1),
  };
}

export function refsOf(list: Connection): string[] {
  return (list.nodes ?? list.edges?.map(({ node }) => node) ?? []).map(({ __ref }) => __ref);
}

function spliced<T>(list: readonly T[], place: number, added: T): T[] {
  return [...list.slice(0, place), added, ...list.slice(place)];
}

function counted(list: Connection, difference: number): { totalCount?: number } {
  return list.totalCount === undefined ? {} : { totalCount: list.totalCount + difference };
}

/** The arguments that a cached list was asked with: from its name in the store, `items:{…}`. */
export function argumentsOf(storeFieldName: string): Record<string, unknown> {
  const at = storeFieldName.indexOf(':');
  if (at === -1) return {};
  const value: unknown = JSON.parse(storeFieldName.slice(at + 1));
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
