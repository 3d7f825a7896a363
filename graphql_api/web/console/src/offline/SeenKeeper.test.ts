/** What is seen is kept while it still changes, and not once more when nothing has changed. */
import { gql } from '@apollo/client';
import type { NormalizedCacheObject } from '@apollo/client';
import { afterEach, expect, test, vi } from 'vitest';

import { InventoryCache } from '../../../client/cache';
import { ItemDetailDocument, ItemListDocument } from '../../../client/generated/graphql';
import type { ItemDetailQuery, ItemListQuery } from '../../../client/generated/graphql';
import { Harness } from '../../../client/testing/harness';
import { sampleItem } from '../testing';
import { partOf } from './seen';
import { SeenKeeper } from './SeenKeeper';

let harness: Harness;
afterEach(() => harness.dispose());

test('a busy shop is kept too, and a page that is hidden keeps what has changed', async () => {
  harness = new Harness();
  await harness.connect();
  const { cache } = harness.client.apollo;
  const saved = vi.spyOn(cache, 'extract'); // it is kept from there; jsdom has no storage
  new SeenKeeper(harness.client).start();
  await harness.settle(2_000);
  const before = saved.mock.calls.length;
  for (let change = 0; change < 20; change += 1) {
    cache.writeQuery({ query: gql('query { categories }'), data: { categories: [`${change}`] } });
    await harness.settle(500);
  }
  expect(saved.mock.calls.length - before).toBeGreaterThan(5);

  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  await harness.settle(2_000);
  saved.mockClear();
  document.dispatchEvent(new Event('visibilitychange'));
  await harness.settle();
  expect(saved).not.toHaveBeenCalled();
  cache.writeQuery({ query: gql('query { categories }'), data: { categories: [] } });
  document.dispatchEvent(new Event('visibilitychange'));
  await harness.settle();
  expect(saved).toHaveBeenCalledTimes(1);
});

test('what was kept stays until all that the screen asked for is there', async () => {
  let answer: (answer: object) => void = () => undefined;
  harness = new Harness({}, { Places: () => new Promise<object>((resolve) => (answer = resolve)) });
  await harness.connect();
  const { apollo } = harness.client;
  const saved = vi.spyOn(apollo.cache, 'extract');
  new SeenKeeper(harness.client).start();
  await harness.settle(2_000);
  saved.mockClear();
  const query = gql('query Places { locations { id } }');
  const asked = apollo.watchQuery({ query }).subscribe(() => undefined);
  apollo.cache.writeQuery({ query: gql('query { categories }'), data: { categories: ['a'] } });
  await harness.settle(5_000);
  expect(saved).not.toHaveBeenCalled();
  answer({ data: { locations: [] } });
  await harness.settle(2_000);
  expect(saved).toHaveBeenCalledTimes(1);
  asked.unsubscribe();
});

test('of an item that was kept before it had a lead time the list shows all, and its page asks', () => {
  const before = new InventoryCache();
  const item = { ...sampleItem(), held: 0, available: 12, levels: [], mainPicture: null };
  const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: 'a', endCursor: 'a' };
  const list = { variables: { first: 50 }, query: ItemListDocument };
  const detail = { variables: { id: '7' }, query: ItemDetailDocument };
  before.writeQuery({
    ...list,
    data: {
      items: {
        __typename: 'InventoryItemConnection',
        suggestions: [],
        nodes: [item],
        pageInfo: { __typename: 'PageInfo', ...pageInfo },
      },
    } as unknown as ItemListQuery,
  });
  before.writeQuery({ ...detail, data: { item } as unknown as ItemDetailQuery });
  const kept = partOf(before.extract()) as Record<string, Record<string, unknown>>;
  expect(shown(kept)).toEqual({ listed: ['Claw hammer'], detail: 'Claw hammer' });

  delete kept['InventoryItem:7']?.leadTimeDays;
  expect(shown(kept)).toEqual({ listed: ['Claw hammer'], detail: undefined });

  function shown(cache: Record<string, unknown>): object {
    const after = new InventoryCache();
    after.restore(cache as NormalizedCacheObject);
    return {
      listed: after.readQuery(list)?.items.nodes.map(({ name }) => name),
      detail: after.readQuery(detail)?.item?.name,
    };
  }
});
