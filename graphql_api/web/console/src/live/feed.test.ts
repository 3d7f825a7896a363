import { expect, test } from 'vitest';

import type { InventoryUpdate } from '../../../client';
import { sampleItem } from '../testing';
import { joined, ofUpdate } from './feed';
import type { FeedEntry } from './feed';

const entry = (key: string, second: number): FeedEntry => ({
  key,
  at: `2026-01-01T00:00:0${second}Z`,
  tone: 'up',
  icon: 'up',
  name: 'Hammer',
  itemId: '1',
  text: '',
  stock: 1,
});

test('what was loaded goes on where the live entries end, with nothing twice', () => {
  const live = [entry('c', 4), entry('b', 3)];
  const earlier = [entry('b again', 3), entry('a', 2)];
  expect(joined(live, earlier).map(({ key }) => key)).toEqual(['c', 'b', 'a']);
  expect(joined([], earlier)).toHaveLength(2);
});

test('a transfer neither adds nor takes away', () => {
  const update = {
    cursor: 'x',
    timestamp: '2026-01-01T00:00:00Z',
    type: 'STOCK_UPDATED',
    item: sampleItem(),
    userId: null,
    details: { oldStock: 12, newStock: 12, quantity: 4, actionType: 'TRANSFER' },
  } satisfies InventoryUpdate;
  expect(ofUpdate(update)).toMatchObject({ tone: 'other', icon: 'transfer', text: 'Transfer 4' });
});
