import { expect, test } from 'vitest';

import { availableAt, levelAt, placeMeant, placesOf } from './levels';
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

test('what can be sold somewhere is what no hold has', () => {
  const held = { ...level('1', 3), available: 1 };
  expect(availableAt([held], '1')).toBe(1);
  expect(availableAt([held], '2')).toBe(0);
});

test('places follow the one that they lie in, in the order of their numbers', () => {
  const place = (id: string, code: string, parent: string | null): Parameters<typeof placesOf>[0][0] =>
    ({ id, code, name: code, parent: parent === null ? null : { id: parent } });
  const places = [place('1', 'R10', '3'), place('2', 'R2', '3'), place('3', 'SHOP', null)];
  expect(placesOf(places).map(({ path }) => path)).toEqual(['SHOP', 'SHOP › R2', 'SHOP › R10']);
  // One that lies in an archived place, which is in no list; and a circle, which there is not.
  expect(placesOf([place('1', 'BIN', '9')])[0]?.path).toBe('BIN');
  expect(placesOf([place('1', 'BIN', '1')])[0]?.path).toContain('BIN');
});
