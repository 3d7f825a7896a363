import { expect, test } from 'vitest';

import { mappingOf, remapped, sentOf } from './mapping';

test('a column stands for one field, and leaves the one that it stood for', () => {
  const first = remapped({}, 'Code', null, 'sku');
  expect(first).toEqual({ sku: 'Code' });
  const second = remapped(first, 'Code', 'sku', 'barcode');
  expect(second).toEqual({ sku: '', barcode: 'Code' });
  expect(remapped(second, 'Code', 'barcode', '')).toEqual({ sku: '', barcode: '' });
  expect(remapped({}, 'sku', 'sku', 'sku')).toEqual({ sku: 'sku' });
});

test('what was said of the other kind is not sent, and what only a saved mapping knows is', () => {
  const saved = mappingOf([
    { field: 'quantity', column: 'Qty' },
    { field: 'sku', column: 'Code' },
    { field: 'displayUnit', column: 'Pack' },
  ]);
  const fields = (kind: 'ITEMS' | 'STOCK' | null): string[] =>
    sentOf(saved, kind).map(({ field }) => field);
  expect(fields('ITEMS')).toEqual(['sku', 'displayUnit']);
  expect(fields('STOCK')).toEqual(['quantity', 'sku', 'displayUnit']);
  expect(fields(null)).toEqual(['quantity', 'sku', 'displayUnit']);
});
