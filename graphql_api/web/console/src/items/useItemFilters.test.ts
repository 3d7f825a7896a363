import { expect, test } from 'vitest';

import { filtersOf, paramsOf, variablesOf } from './useItemFilters';

test('filters survive the way through the address', () => {
  const filters = filtersOf(
    new URLSearchParams('search=ham&status=LOW_STOCK&category=tools&retired=ALL&sort=STOCK&direction=DESC'),
  );
  expect(filtersOf(paramsOf(filters))).toEqual(filters);
  expect(variablesOf(filters)).toEqual({
    where: {
      statuses: ['LOW_STOCK'],
      categories: ['tools'],
      includeArchived: true,
      includeDeleted: true,
    },
    search: 'ham',
    orderBy: { by: 'STOCK', direction: 'DESC' },
    first: 50,
  });
});

test('an address with nonsense shows all items by SKU, and the usual leaves the address empty', () => {
  const filters = filtersOf(new URLSearchParams('status=toString&retired=no&sort=EVIL&direction=UP'));
  expect(filters).toMatchObject({ status: null, retired: 'NONE', sort: null, direction: 'ASC' });
  expect(paramsOf(filters).toString()).toBe('');
});

test('a search shows its best first, until a person sorts it', () => {
  const searched = filtersOf(new URLSearchParams('search=4148'));
  expect(variablesOf(searched)).toEqual({ search: '4148', first: 50 });
  expect(variablesOf({ ...searched, sort: 'SKU' })).toHaveProperty('orderBy.by', 'SKU');
  expect(variablesOf({ ...searched, search: ' ' })).toHaveProperty('orderBy.by', 'SKU');
});
