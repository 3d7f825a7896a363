import { expect, test } from 'vitest';

import { sampleItem } from '../testing';
import { conflictOf, resolved } from './conflict';
import { creationOf, draftOf, EMPTY_DRAFT, updateOf } from './itemDraft';

const base = draftOf(sampleItem());

test('a field that both changed differently is disputed; one that only they changed is theirs', () => {
  const mine = { ...base, name: 'My hammer', price: '20' };
  const theirs = { ...base, name: 'Their hammer', category: 'hand tools' };
  expect(conflictOf(base, mine, theirs)).toEqual({ disputed: ['name'], theirs: ['category'] });
});

test('a field that both changed to the same value is not disputed', () => {
  const both = { ...base, name: 'Hammer' };
  expect(conflictOf(base, both, both)).toEqual({ disputed: [], theirs: [] });
});

test('the resolved item has my undisputed changes, theirs, and what was chosen', () => {
  const mine = { ...base, name: 'My hammer', unit: 'box', price: '20' };
  const theirs = { ...base, name: 'Their hammer', unit: 'crate', category: 'hand tools' };
  const merged = resolved(
    base,
    mine,
    theirs,
    new Map([
      ['name', 'theirs'],
      ['unit', 'mine'],
    ]),
  );
  expect(merged).toEqual({
    ...base,
    name: 'Their hammer',
    unit: 'box',
    price: '20',
    category: 'hand tools',
  });
});

test('an update names the changed fields alone, and empties a field with null', () => {
  expect(updateOf(base, { ...base, category: '', minStock: '9' })).toEqual({
    category: null,
    minStock: 9,
  });
  expect(updateOf(base, base)).toEqual({});
});

test('a new item without a cost says nothing of costs', () => {
  expect(creationOf({ ...EMPTY_DRAFT, sku: 'A', name: 'B' })).not.toHaveProperty('cost');
});
