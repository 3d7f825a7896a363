import { expect, test } from 'vitest';

import { RefusedError } from '../../../client';
import type { Alert } from '../../../client';
import { inParts, refusalsOf } from './manyAlerts';

const alerts = (count: number): Alert[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(index) }) as Alert);

test('no part is larger than the server takes, and none is lost', () => {
  const parts = inParts(alerts(201));
  expect(parts.map(({ length }) => length)).toEqual([100, 100, 1]);
  expect(parts.flat().map(({ id }) => id)).toEqual(alerts(201).map(({ id }) => id));
  expect(inParts([])).toEqual([]);
});

test('a refusal is told of the alert that its path names', () => {
  const refusal = { code: 'NOT_FOUND', message: 'There is none.' } as const;
  const refused = refusalsOf(alerts(12), [{ ...refusal, field: ['input', 'ids', '11'] }]);
  expect(refused).toEqual([{ alert: { id: '11' }, why: 'There is none.' }]);
  for (const field of [['input', 'until'], ['ids', '12'], null]) {
    expect(() => refusalsOf(alerts(12), [{ ...refusal, field }])).toThrow(RefusedError);
  }
});
