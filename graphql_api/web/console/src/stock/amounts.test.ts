import { expect, test } from 'vitest';

import { asTyped, inDisplayUnit, inUnit, quantityOf, readAmount, typedIn, unitOf } from './amounts';
import type { Measured } from './amounts';

const FLOUR: Measured = {
  id: '1',
  unit: 'g',
  units: [
    { name: 'g', factor: 1 },
    { name: 'kg', factor: 1_000 },
    { name: 'carton', factor: 12 },
  ],
  displayUnit: 'kg',
};
const KG = unitOf(FLOUR, 'kg');
const CARTON = unitOf(FLOUR, 'carton');

test.each([
  ['0.5', 'kg', 500],
  ['0,5', 'kg', 500],
  ['12', 'kg', 12_000],
  ['1.5', 'carton', 18],
  ['7', 'g', 7],
  ['7', '', 7],
  ['7', 'gone since', 7],
  ['0.0001', 'kg', null],
  ['0.1', 'carton', null],
  ['0.5', 'g', null],
  ['3000000', 'kg', null],
  ['', 'kg', null],
  ['x', 'kg', null],
])('%s %s is %s base units', (text, unit, expected) => {
  expect(quantityOf({ text, unit }, FLOUR)).toBe(expected);
});

test('what cannot be is told with its unit', () => {
  expect(readAmount('0.0001', KG, 'g')).toEqual({
    problem: '0.0001 kg is no whole number of g.',
  });
  expect(readAmount('3', KG, 'g', 0, 2_500)).toEqual({ problem: 'At most 2.5 kg.' });
  expect(readAmount('0', KG, 'g', 1)).toEqual({ problem: 'At least 1 g.' });
});

test('a mutation gets what was typed, with its unit', () => {
  expect(asTyped({ text: '0,5', unit: 'kg' }, FLOUR, -1)).toEqual({ amount: '-0.5', unit: 'kg' });
  expect(asTyped({ text: '1,234', unit: 'g' }, FLOUR, -1)).toEqual({ quantity: -1_234 });
});

test('a quantity is told exactly in a unit, or with what is left', () => {
  expect(inDisplayUnit(12_500, FLOUR)).toBe('12.5 kg');
  expect(inDisplayUnit(1, FLOUR)).toBe('0.001 kg');
  expect(inDisplayUnit(0, FLOUR)).toBe('0 kg');
  expect(inUnit(130, CARTON, 'g')).toBe('10 carton + 10 g');
  expect(inUnit(24, CARTON, 'g')).toBe('2 carton');
  expect(inUnit(5, CARTON, 'g')).toBe('5 g');
  expect([typedIn(24, CARTON), typedIn(25, CARTON), typedIn(1_250, KG)]).toEqual(['2', null, '1.25']);
});
