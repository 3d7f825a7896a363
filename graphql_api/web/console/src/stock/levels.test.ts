import { expect, test } from 'vitest';

import { levelAt, placeMeant } from './levels';
import type { Level } from './levels';

const level = (id: string, quantity: number): Level =>
  ({ quantity, location: { id, code: `L${id}`, name: `Place ${id}` } }) as Level;

test.each<[string, Level[], string[], string]>([
  ['the one that has stock', [level('1', 0), level('2', 5)], ['1', '2'], '2'],
  ['none when several have stock', [level('1', 3), level('2', 5)], ['1', '2'], ''],
  ['where it has been when nothing is left', [level('2', 0)], ['1', '2'], '2'],
  ['none when nothing is left at several', [level('1', 0), level('2', 0)], ['1', '2'], ''],
  ['the only place there is', [], ['1'], '1'],
  ['none of several where it has never been', [], ['1', '2'], ''],
  ['none when none is known', [], [], ''],
])('the place that is meant is %s', (_, levels, ids, expected) => {
  expect(placeMeant(levels, ids)).toBe(expected);
});

test('what is somewhere is told for that place alone', () => {
  expect(levelAt([level('1', 3), level('2', 5)], '2')).toBe(5);
  expect(levelAt([level('1', 3)], '9')).toBe(0);
});
