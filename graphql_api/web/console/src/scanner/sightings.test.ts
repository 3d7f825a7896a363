import { expect, test } from 'vitest';

import { Sightings } from './sightings';

test('a code that stays in sight counts once, and again when it was gone for a while', () => {
  const sightings = new Sightings();
  expect(sightings.see(['A', 'A', 'B'], 0)).toEqual(['A', 'B']);
  expect(sightings.see(['A'], 1_000)).toEqual([]);
  expect(sightings.see(['A'], 2_400)).toEqual([]);
  expect(sightings.see(['B'], 2_400)).toEqual(['B']);
  expect(sightings.see([], 4_000)).toEqual([]);
  expect(sightings.see(['A'], 4_000)).toEqual(['A']);
});
