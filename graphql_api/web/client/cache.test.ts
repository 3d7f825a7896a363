// @vitest-environment node
import { gql } from '@apollo/client';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { InventoryCache } from './cache';
import { item } from './testing/harness';
import type { Item } from './types';

const ITEMS = gql`
  query Items($first: Int, $after: String) {
    items(first: $first, after: $after) {
      nodes {
        id
        version
        name
        stock
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`;
const ONE = gql`
  query One {
    item(ref: { id: "1" }) {
      id
      version
      name
      stock
      minStock
    }
  }
`;

let cache: InventoryCache;
beforeEach(() => {
  cache = new InventoryCache();
});

function page(items: Item[], endCursor: string | null = null, more: object = {}): object {
  return {
    items: {
      __typename: 'InventoryItemConnection',
      nodes: items,
      pageInfo: {
        __typename: 'PageInfo',
        hasNextPage: endCursor !== null,
        hasPreviousPage: false,
        startCursor: 's',
        endCursor,
        ...more,
      },
    },
  };
}

interface Page {
  items: { nodes: Item[]; pageInfo: { endCursor: string; hasPreviousPage: boolean } };
}

function cached(): Page | null {
  return cache.readQuery<Page>({ query: ITEMS, variables: { first: 2 } });
}

function write(data: object, after?: string): void {
  cache.writeQuery({ query: ITEMS, variables: { first: 2, ...(after && { after }) }, data });
}

describe('the version decides', () => {
  test('a newer one is taken, whoever brings it', () => {
    write(page([item(1, 1)]));
    cache.writeQuery({ query: ONE, data: { item: item(1, 2) } });
    expect(cached()?.items.nodes[0]).toMatchObject({ version: 2, stock: 20 });
  });

  test('an older one changes none of the fields that are there', () => {
    cache.writeQuery({ query: ONE, data: { item: item(1, 5, { name: 'New name' }) } });
    write(page([item(1, 4, { name: 'Old name' })]));
    expect(cached()?.items.nodes[0]).toMatchObject({ version: 5, stock: 50, name: 'New name' });
  });

  test('an older one may bring fields that were not there', () => {
    write(page([item(1, 5)]));
    cache.writeQuery({ query: ONE, data: { item: item(1, 4, { minStock: 7 }) } });
    expect(cache.readQuery({ query: ONE })).toMatchObject({ item: { version: 5, minStock: 7 } });
  });

  test('an older one deep inside another object does no harm', () => {
    const movers = gql('query Movers { fastestMovers { unitsOut item { id version stock } } }');
    write(page([item(1, 5)]));
    const mover = { __typename: 'Mover', unitsOut: 3, item: item(1, 2) };
    cache.writeQuery({ query: movers, data: { fastestMovers: [mover] } });
    expect(cached()?.items.nodes[0]).toMatchObject({ version: 5, stock: 50 });
  });

  test('an item without a version is taken as it comes', () => {
    write(page([item(1, 5)]));
    const query = gql('query Bare { item(ref: { id: "1" }) { id name } }');
    const bare = { __typename: 'InventoryItem', id: '1', name: 'Renamed' };
    cache.writeQuery({ query, data: { item: bare } });
    expect(cached()?.items.nodes[0]).toMatchObject({ name: 'Renamed', version: 5 });
  });

  test('who watches is not told of an older one', () => {
    write(page([item(1, 5)]));
    const told = vi.fn();
    cache.watch({ query: ITEMS, variables: { first: 2 }, optimistic: true, callback: told });
    cache.writeQuery({ query: ONE, data: { item: item(1, 4) } });
    const versions = told.mock.calls.map(([diff]) => (diff as { result: Page }).result);
    for (const { items } of versions) expect(items.nodes[0]).toMatchObject({ version: 5 });
  });
});

describe('deleted items', () => {
  test('are gone, also for an answer that comes late', () => {
    write(page([item(1, 3), item(2, 1)]));
    cache.forgetItem('1', 4);
    expect(cached()?.items.nodes.map(({ id }) => id)).toEqual(['2']);
    write(page([item(1, 3), item(2, 1)]));
    expect(cached()?.items.nodes.map(({ id }) => id)).toEqual(['2']);
  });

  test('are there again when they are asked for as deleted', () => {
    cache.forgetItem('1', 4);
    write(page([item(1, 4, { deletedAt: '2026-01-01T00:00:00Z' })]));
    expect(cached()?.items.nodes).toHaveLength(1);
  });

  test('count no more after a reset: a restored database may have them', async () => {
    cache.forgetItem('1', 4);
    await cache.reset();
    write(page([item(1, 1)]));
    expect(cached()?.items.nodes).toHaveLength(1);
  });
});

describe('pages of a list', () => {
  test('come one behind the other', () => {
    write(page([item(1), item(2)], 'e2'));
    write(page([item(3), item(4)], 'e4', { hasPreviousPage: true, startCursor: 's3' }), 'e2');
    expect(cached()?.items.nodes.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    expect(cached()?.items.pageInfo).toMatchObject({
      endCursor: 'e4',
      hasPreviousPage: false,
      startCursor: 's',
    });
  });

  test('an item that moved from one to the next is there once', () => {
    write(page([item(1), item(2)], 'e2'));
    write(page([item(2), item(3)], 'e3'), 'e2');
    expect(cached()?.items.nodes.map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  test('the first page again begins the list anew', () => {
    write(page([item(1), item(2)], 'e2'));
    write(page([item(3)], 'e3'), 'e2');
    write(page([item(1), item(5)], 'e5'));
    expect(cached()?.items.nodes.map(({ id }) => id)).toEqual(['1', '5']);
  });

  test('a page of a list that began anew meanwhile is left out', () => {
    write(page([item(1), item(5)], 'e5'));
    write(page([item(3)], 'e3'), 'e2');
    expect(cached()?.items.nodes.map(({ id }) => id)).toEqual(['1', '5']);
  });
});
