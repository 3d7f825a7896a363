import { beforeEach, expect, test } from 'vitest';

import { keep, kept, read, SAVED_MAX, withSaved } from './savedFilters';

beforeEach(() => localStorage.clear());

test('each user has filters of their own, the newest in place of one of the same name', () => {
  const first = withSaved([], { name: 'Low', query: 'status=LOW_STOCK' });
  const saved = withSaved(withSaved(first, { name: 'Bolts', query: 'search=bolt' }), {
    name: 'Low',
    query: 'status=OUT_OF_STOCK',
  });
  expect(keep('7', saved)).toBe(true);
  expect(kept('7')).toEqual([
    { name: 'Bolts', query: 'search=bolt' },
    { name: 'Low', query: 'status=OUT_OF_STOCK' },
  ]);
  expect(kept('8')).toEqual([]);
});

test('what is there and is no list of filters is none', () => {
  for (const text of [null, 'x', '{}', '[1, {"name": 5, "query": ""}, null]']) {
    expect(read(text)).toEqual([]);
  }
  const many = Array.from({ length: 40 }, (_, at) => ({ name: String(at), query: '' }));
  expect(read(JSON.stringify(many))).toHaveLength(SAVED_MAX);
});
