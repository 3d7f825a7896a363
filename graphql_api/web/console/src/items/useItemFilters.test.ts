import { expect, test } from 'vitest';

import { filtersOf, paramsOf, variablesOf } from './useItemFilters';

test('filters survive the way through the address', () => {
  const filters = filtersOf(
    new URLSearchParams('search=ham&status=LOW_STOCK&category=tools&sort=STOCK&direction=DESC'),
  );
  expect(filtersOf(paramsOf(filters))).toEqual(filters);
  expect(variablesOf(filters)).toEqual({
    where: { statuses: ['LOW_STOCK'], categories: ['tools'] },
    search: 'ham',
    orderBy: { by: 'STOCK', direction: 'DESC' },
    first: 50,
  });
});

test('an address with nonsense shows all items by SKU, and the usual leaves the address empty', () => {
  const filters = filtersOf(new URLSearchParams('status=toString&sort=EVIL&direction=UP'));
  expect(filters).toMatchObject({ status: null, sort: 'SKU', direction: 'ASC' });
  expect(paramsOf(filters).toString()).toBe('');
});
