import { expect, test } from 'vitest';

import { RefusedError } from '../../../client';
import type { Item } from '../../../client';
import { changesOf, inParts, NO_CHANGES, refusalsOf } from './manyItems';

const ITEMS = Array.from({ length: 201 }, (_, id) => ({ id: String(id) }) as Item);

test('only what was filled in becomes something else', () => {
  expect(changesOf(NO_CHANGES)).toBeNull();
  expect(changesOf({ ...NO_CHANGES, category: ' Tools ', price: '2.5' })).toEqual({
    category: 'Tools',
    price: '2.5',
  });
  expect(changesOf({ ...NO_CHANGES, minStock: '0', visibility: 'ADMINS' })).toEqual({
    minStock: 0,
    visibility: 'ADMINS',
  });
  expect(changesOf({ ...NO_CHANGES, leadTimeDays: '0' })).toEqual({ leadTimeDays: 0 });
  expect(changesOf({ ...NO_CHANGES, category: 'x', leadTimeDays: '1.5' })).toBeNull();
  expect(changesOf({ ...NO_CHANGES, category: 'x', noCategory: true })).toEqual({ category: null });
  expect(changesOf({ ...NO_CHANGES, category: 'x', price: 'dear' })).toBeNull();
});

test('a hundred are asked for at once, and a refusal is of the one that it names', () => {
  expect(inParts(ITEMS).map(({ length }) => length)).toEqual([100, 100, 1]);
  const taken = { code: 'NOT_FOUND', message: 'Gone.', field: ['inputs', '3', 'id'] } as const;
  expect(refusalsOf(ITEMS, [{ ...taken, field: [...taken.field] }])).toEqual([
    { item: ITEMS[3], why: 'Gone.' },
  ]);
  expect(() => refusalsOf(ITEMS, [{ code: 'FORBIDDEN', message: 'No.', field: null }])).toThrow(
    RefusedError,
  );
});
