// @vitest-environment node
import { expect, test } from 'vitest';

import { BACKOFF, waitMs } from './backoff';

test('waits double from one second, then stay at half a minute for ever', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 100].map((failures) => waitMs(BACKOFF, failures, 0.5));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('jitter spreads a wait to both sides, and no further than its share', () => {
  expect(waitMs(BACKOFF, 0, 0)).toBe(700);
  expect(waitMs(BACKOFF, 0, 1)).toBe(1_300);
  const waits = new Set(Array.from({ length: 100 }, () => waitMs(BACKOFF, 0, Math.random())));
  expect(waits.size).toBeGreaterThan(30);
});

test('a quick wait is never longer than a slow one', () => {
  expect(waitMs({ ...BACKOFF, attempts: 20 }, 15, 0.5)).toBe(30_000);
});
