import { expect, test } from 'vitest';

import { stepsBetween, wholeSteps } from './steps';

test('zero and both ends have a line, below zero too', () => {
  expect(wholeSteps(-78, 530)).toEqual([-200, 600]);
  expect(stepsBetween(-200, 600)).toEqual([-200, 0, 200, 400, 600]);
  expect(wholeSteps(null, null)).toEqual([0, 1]);
  expect(wholeSteps(3, 4)).toEqual([0, 4]);
  for (const [least, most] of [[-1, 499], [-3, 1], [-1, 0], [-4_999, 1], [-7, 2_147_483_647]] as const) {
    const [min, max] = wholeSteps(least, most);
    const lines = stepsBetween(min, max);
    expect(min <= least && max >= most, `${min} ${max}`).toBe(true);
    if (-least * 5 > most) expect(lines[0], `${least} ${most}`).toBeLessThan(0);
    expect(lines).toContain(0);
    expect(lines.length).toBeLessThanOrEqual(8);
  }
});
