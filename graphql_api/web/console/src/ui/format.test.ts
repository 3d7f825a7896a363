import { expect, test } from 'vitest';

import { ago } from './format';

const NOW = Date.parse('2026-01-31T12:00:00Z');

test('an age is told in the largest unit that fits, and never from the future', () => {
  expect(ago('2026-01-31T12:00:05Z', NOW)).toBe('just now');
  expect(ago('2026-01-31T11:59:30Z', NOW)).toMatch(/30/);
  expect(ago('2026-01-31T11:18:00Z', NOW)).toMatch(/42/);
  expect(ago('2026-01-31T09:00:00Z', NOW)).toMatch(/3/);
  expect(ago('2026-01-02T09:00:00Z', NOW)).toMatch(/2026/);
});
