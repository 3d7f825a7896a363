import { expect, test } from 'vitest';

import { unitsIn, unitText } from './unitText';

test('units survive the way through the text, and what cannot be read is left to be refused', () => {
  const units = [
    { name: 'g', factor: 1 },
    { name: 'kg', factor: 1_000 },
  ];
  expect(unitText(units)).toBe('kg × 1000');
  expect(unitsIn(unitText(units))).toEqual(units.slice(1));
  expect(unitsIn('kg × 1,000\n\nbag × many')).toEqual([
    { name: 'kg', factor: 1_000 },
    { name: 'bag', factor: 0 },
  ]);
});
