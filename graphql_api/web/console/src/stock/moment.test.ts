import { expect, test } from 'vitest';

import { localMinute, momentOf } from './moment';

test('what a date field has is a moment of the browser’s own calendar, and back', () => {
  const at = new Date(2026, 2, 4, 5, 6, 7);
  expect(localMinute(at)).toBe('2026-03-04T05:06');
  expect(momentOf('2026-03-04T05:06')).toBe(new Date(2026, 2, 4, 5, 6).toISOString());
  expect(momentOf('')).toBeNull();
});
