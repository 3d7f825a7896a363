import { expect, test } from 'vitest';

import { remapped } from './mapping';

test('a column stands for one field, and leaves the one that it stood for', () => {
  const first = remapped({}, 'Code', null, 'sku');
  expect(first).toEqual({ sku: 'Code' });
  const second = remapped(first, 'Code', 'sku', 'barcode');
  expect(second).toEqual({ sku: '', barcode: 'Code' });
  expect(remapped(second, 'Code', 'barcode', '')).toEqual({ sku: '', barcode: '' });
  expect(remapped({}, 'sku', 'sku', 'sku')).toEqual({ sku: 'sku' });
});
