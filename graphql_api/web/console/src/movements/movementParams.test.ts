import { expect, test } from 'vitest';

import { NO_FILTERS } from '../items/movementFilters';
import { filtersOf, paramsOf } from './movementParams';

test('the address keeps every filter, and nothing that is as usual', () => {
  const filters = {
    action: 'SALE',
    location: '7',
    user: '9',
    from: '2026-01-02',
    to: '2026-02-03',
    reference: 'INV & 1',
    reason: 'späť',
  } as const;
  expect(filtersOf(new URLSearchParams(paramsOf(filters).toString()))).toEqual(filters);
  expect(paramsOf(NO_FILTERS).toString()).toBe('');
});

test('an address of somebody else cannot name an unknown kind', () => {
  expect(filtersOf(new URLSearchParams('action=toString&x=1'))).toEqual(NO_FILTERS);
});
