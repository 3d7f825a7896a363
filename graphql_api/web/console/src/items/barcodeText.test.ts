import { expect, test } from 'vitest';

import { barcodesOf, barcodeText, linesOf, textOf } from './barcodeText';

test('barcodes survive the way through the text', () => {
  const text = barcodeText([
    { code: '4006381333931', factor: 1, unit: null },
    { code: 'BOX × 77', factor: 12, unit: null },
    { code: 'PAL', factor: 480, unit: 'pallet' },
  ]);
  expect(text.split('\n')).toEqual(['4006381333931', 'BOX × 77 × 12', 'PAL × pallet']);
  expect(textOf(linesOf(text))).toBe(text);
  expect(barcodesOf(text)).toEqual([
    { code: '4006381333931' },
    { code: 'BOX × 77', factor: 12 },
    { code: 'PAL', unit: 'pallet' },
  ]);
});

test('a line without a code is none, and a code without a factor counts one', () => {
  expect(barcodesOf('')).toEqual([]);
  expect(barcodesOf(' \n × 12\nA-1 ')).toEqual([{ code: 'A-1' }]);
});
