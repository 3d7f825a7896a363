/** Rows are asked for by their ids, so that the pages of their list that are loaded stay. */
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactElement, ReactNode } from 'react';
import { afterEach, expect, test } from 'vitest';

import { InventoryProvider } from '../../../client';
import { Harness, item } from '../../../client/testing/harness';
import { ItemListDocument } from '../../../client/generated/graphql';
import { usePicturesNow } from './usePicturesNow';

let harness: Harness;
afterEach(() => {
  cleanup();
  harness.dispose();
});

const listed = (ids: readonly number[], hasNextPage: boolean): object => ({
  __typename: 'InventoryItemConnection',
  suggestions: [],
  nodes: ids.map((id) => ({ ...item(id), mainPicture: null })),
  pageInfo: { __typename: 'PageInfo', hasNextPage, endCursor: String(ids.at(-1)) },
});

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

test('what a hundred and one rows show is asked for in two steps, and all of them stay', async () => {
  const picture = { __typename: 'Attachment', id: '9', small: '/small' };
  harness = new Harness(
    {},
    {
      ItemList: ({ variables: { after } }) => ({
        data: { items: after === '60' ? listed(numbers(61, 101), false) : listed(numbers(1, 60), true) },
      }),
      ItemPictures: ({ variables: { ids } }) => ({
        data: {
          nodes: (ids as string[]).map((id) =>
            id === '3' ? null : { ...item(Number(id)), mainPicture: picture },
          ),
        },
      }),
    },
  );
  await harness.connect();
  const { apollo } = harness.client;
  const first = apollo.query({ query: ItemListDocument });
  await harness.settle();
  await first;
  const second = apollo.query({ query: ItemListDocument, variables: { after: '60' } });
  await harness.settle();
  await second;
  const around = ({ children }: { children: ReactNode }): ReactElement => (
    <InventoryProvider client={harness.client}>{children}</InventoryProvider>
  );
  const rows = (): readonly { mainPicture: unknown }[] =>
    apollo.cache.readQuery({ query: ItemListDocument })?.items.nodes ?? [];
  expect(rows()).toHaveLength(101);
  const all = numbers(1, 101).map((id) => item(id));
  const { result } = renderHook(() => usePicturesNow(all), { wrapper: around });
  const asked = result.current();
  await act(() => harness.settle());
  await asked;
  const steps = harness.asked('ItemPictures').map(({ variables }) => variables.ids as string[]);
  expect(steps.map(({ length }) => length)).toEqual([100, 1]);
  expect(rows()).toHaveLength(101);
  expect(rows().filter(({ mainPicture }) => mainPicture === null)).toHaveLength(1);
});
