import { expect, test } from 'vitest';

import { fieldChoice, fieldWords } from './fieldWords';
import { FIELDS } from './mapping';

test('each field that a column can stand for has words', () => {
  for (const field of [...FIELDS.ITEMS, ...FIELDS.STOCK]) {
    expect(fieldWords(field)).toMatch(/^\p{Lu}/u);
  }
});

test('a field is offered with the name that the server calls it by, where that is another', () => {
  expect(fieldChoice('minStock')).toBe('Minimum stock (minStock)');
  expect(fieldChoice('sku')).toBe('SKU');
  expect(fieldChoice('name')).toBe('Name');
});

test('what has no words stays as it is', () => {
  expect(fieldWords('attributes')).toBe('attributes');
  expect(fieldChoice('BACK-2')).toBe('BACK-2');
  expect(fieldWords('DOCK')).toBe('DOCK');
});
