import { expect, test } from 'vitest';

import { NO_FILTERS, whereOf } from './movementFilters';

test('nothing chosen asks for all, and so do blanks and half a date', () => {
  expect(whereOf(NO_FILTERS)).toBeNull();
  expect(whereOf({ ...NO_FILTERS, reference: '  ', reason: ' ', from: '2026-1' })).toBeNull();
});

test('days are whole ones of the browser’s calendar, both included', () => {
  const where = whereOf({ ...NO_FILTERS, from: '2026-03-28', to: '2026-03-29' });
  expect(where).toEqual({
    occurredFrom: new Date(2026, 2, 28).toISOString(),
    occurredTo: new Date(new Date(2026, 2, 30).getTime() - 1).toISOString(),
  });
});

test('each choice is one condition', () => {
  const chosen = { action: 'SALE', location: '7', user: '8', reference: ' PO-1 ', reason: 'torn' };
  expect(whereOf({ ...NO_FILTERS, ...(chosen as Partial<typeof NO_FILTERS>) })).toEqual({
    actionTypes: ['SALE'],
    locationIds: ['7'],
    userIds: ['8'],
    reference: 'PO-1',
    reason: 'torn',
  });
});
