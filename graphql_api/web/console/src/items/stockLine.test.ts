import { expect, test } from 'vitest';

import { stockLine } from './stockLine';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();
const seconds = (minute: number): number => Date.parse(at(minute)) / 1_000;

test('the line begins with the stock before the first movement and holds the last one until now', () => {
  const { times, values } = stockLine(
    [
      { recordedAt: at(30), oldStock: 8, newStock: 5 },
      { recordedAt: at(10), oldStock: 0, newStock: 8 },
    ],
    seconds(60) * 1_000,
  );
  expect(values).toEqual([0, 8, 5, 5]);
  expect(times.slice(1)).toEqual([seconds(10), seconds(30), seconds(60)]);
  expect(times[0]).toBeLessThan(seconds(10));
});

test('the two halves of a transfer are one point', () => {
  const { values } = stockLine(
    [
      { recordedAt: at(20), oldStock: 6, newStock: 8 },
      { recordedAt: at(20), oldStock: 8, newStock: 6 },
      { recordedAt: at(10), oldStock: 0, newStock: 8 },
    ],
    seconds(60) * 1_000,
  );
  expect(values).toEqual([0, 8, 8, 8]);
});
