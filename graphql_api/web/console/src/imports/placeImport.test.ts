import { gql } from '@apollo/client';
import { expect, test } from 'vitest';

import { InventoryCache } from '../../../client/cache';
import { placeImport } from './placeImport';

const LIST = gql`
  query {
    fileImports(first: 25) {
      nodes {
        id
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

function listOf(ids: readonly string[], hasNextPage: boolean): InventoryCache {
  const cache = new InventoryCache();
  cache.writeQuery({
    query: LIST,
    data: {
      fileImports: {
        __typename: 'FileImportConnection',
        nodes: ids.map((id) => ({ __typename: 'FileImport', id })),
        pageInfo: { __typename: 'PageInfo', hasNextPage, endCursor: ids.at(-1) ?? null },
      },
    },
  });
  return cache;
}

/** What stands in the list once `id` was heard of, and asked for. */
function placed(ids: readonly string[], id: string, hasNextPage = false): unknown {
  const cache = listOf(ids, hasNextPage);
  cache.writeFragment({
    id: `FileImport:${id}`,
    fragment: gql`fragment F on FileImport { id }`,
    data: { __typename: 'FileImport', id },
  });
  placeImport(cache, { id });
  const data = cache.readQuery<{ fileImports: { nodes: { id: string }[] } }>({ query: LIST });
  return data?.fileImports.nodes.map((one) => one.id);
}

test('an import stands where its number wants it, in whatever order they are heard of', () => {
  expect(placed(['9', '7'], '10')).toEqual(['10', '9', '7']);
  expect(placed(['10', '7'], '9')).toEqual(['10', '9', '7']);
  expect(placed(['10', '9'], '9')).toEqual(['10', '9']);
  expect(placed([], '1')).toEqual(['1']);
});

test('one that is older than all that is loaded comes with the next page', () => {
  expect(placed(['10', '9'], '2', true)).toEqual(['10', '9']);
  expect(placed(['10', '9'], '2')).toEqual(['10', '9', '2']);
});
