import { expect, test } from 'vitest';

import { partOf, SEEN_FORM, usable } from './seen';
import type { Seen } from './seen';

const ref = (id: string): { __ref: string } => ({ __ref: id });

test('things in stock are kept with all that they reach; accounts and sessions are not', () => {
  const kept = partOf({
    ROOT_QUERY: {
      __typename: 'Query',
      viewer: ref('User:1'),
      'users({"first":50})': [ref('User:1')],
      'items({"first":50})': { nodes: [ref('InventoryItem:7')] },
    },
    'User:1': { __typename: 'User', email: 'a@example.com' },
    'InventoryItem:7': { __typename: 'InventoryItem', levels: [{ location: ref('Location:2') }] },
    'InventoryItem:8': { __typename: 'InventoryItem' },
    'Location:2': { __typename: 'Location' },
  });
  expect(Object.keys(kept).sort()).toEqual(['InventoryItem:7', 'Location:2', 'ROOT_QUERY']);
  expect(Object.keys(kept.ROOT_QUERY ?? {})).toEqual(['__typename', 'items({"first":50})']);
});

test('there is an end to it: what was asked last is kept', () => {
  const long = 'x'.repeat(900_000);
  const asked = Array.from({ length: 4 }, (_, at) => [`item({"id":${at}})`, long] as const);
  const kept = partOf({ ROOT_QUERY: { __typename: 'Query', ...Object.fromEntries(asked) } });
  expect(Object.keys(kept.ROOT_QUERY ?? {}).slice(1)).toEqual(['item({"id":3})', 'item({"id":2})']);
});

test('what another version kept, or what is a week old, is not shown', () => {
  const seen = { form: SEEN_FORM, userId: '1', atMs: 0, cache: {} } as unknown as Seen;
  expect(usable(seen, 1_000)).toBe(seen);
  expect(usable({ ...seen, form: (SEEN_FORM + 1) as typeof SEEN_FORM }, 1_000)).toBeNull();
  expect(usable(seen, 8 * 86_400_000)).toBeNull();
  expect(usable(undefined, 0)).toBeNull();
});
