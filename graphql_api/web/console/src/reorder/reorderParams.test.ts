import { expect, test } from 'vitest';

import { choiceOf, daysOf, paramsOf, variablesOf } from './reorderParams';

test('the address keeps each choice, and the server is asked for it', () => {
  const choice = { category: 'Tools & more', location: '7', lead: '14', cover: '60' };
  expect(choiceOf(new URLSearchParams(paramsOf(choice).toString()))).toEqual(choice);
  expect(variablesOf(choice)).toEqual({
    where: { categories: ['Tools & more'], locationIds: ['7'] },
    leadTimeDays: 14,
    coverDays: 60,
    first: 50,
  });
});

test('what is no number of days is left to the server', () => {
  for (const text of ['', '-1', '1.5', '366', 'x', '1e3']) expect(daysOf(text)).toBeNull();
  expect(daysOf('0')).toBe(0);
  expect(variablesOf(choiceOf(new URLSearchParams('lead=x')))).toEqual({ first: 50 });
});
