import { expect, test } from 'vitest';

import { numberReader } from './typedNumber';
import type { Reading } from './typedNumber';

const valueOf = (reading: Reading): string | null => ('value' in reading ? reading.value : null);

test.each([
  ['en-US', '18.90', '18.90'],
  ['en-US', '18,90', '18.90'],
  ['de-DE', '18,90', '18.90'],
  ['de-DE', '18.90', '18.90'],
  ['de-DE', '1.234,50', '1234.50'],
  ['de-DE', '1,234.50', '1234.50'],
  ['en-US', '1.234,50', '1234.50'],
  ['en-US', '1,234.50', '1234.50'],
  ['de-DE', '1.234.567', '1234567'],
  ['en-IN', '12,34,567.5', '1234567.5'],
  ['fr-FR', '1 234,50', '1234.50'],
  ['fr-FR', '1\u202f234,50', '1234.50'],
  ['de-CH', '1’234.50', '1234.50'],
  ['de-DE', '1,234', '1.234'],
  ['en-US', '1.234', '1.234'],
  ['en-US', '0,234', '0.234'],
  ['en-US', '12345,678', '12345.678'],
  ['en-US', '  7\n', '7'],
  ['de-DE', '18,90 €', '18.90'],
  ['en-US', '$1,234.50', '1234.50'],
  ['en-US', '.5', '0.5'],
  ['de-DE', ',5', '0.5'],
  ['en-US', '007', '7'],
  ['en-US', '99999999999999.9999', '99999999999999.9999'],
  ['ar-EG', '١٢٫٥', '12.5'],
])('in %s %j is the amount %s', (locale, text, value) => {
  expect(numberReader(locale).decimal(text)).toEqual({ value });
});

test.each([
  ['en-US', '1,234'],
  ['de-DE', '1.234'],
  ['de-DE', '999.999'],
])('in %s %j could be wrong by a thousand, and is asked about', (locale, text) => {
  expect(numberReader(locale).decimal(text)).toEqual({
    problem: expect.stringMatching(/^Is this \d+ or \d+[.,]\d+\?/),
  });
});

test.each(['', 'abc', '-1', '1e5', '1..5', '1,2,3', '1.23.4', '1 2', '1.2345,6.7', '0x10', '١x', '1,,234', '1.', '.', ',', "1'2"])(
  '%j is no amount, or is the one that stands there',
  (text) => {
    const value = valueOf(numberReader('en-US').decimal(text));
    expect(value === null || (text === '1.' && value === '1')).toBe(true);
  },
);

test('too many digits are refused with words', () => {
  expect(numberReader('en-US').decimal('1.23456')).toHaveProperty('problem');
  expect(numberReader('en-US').decimal('123456789012345')).toHaveProperty('problem');
});

test.each([
  ['en-US', '1,234', '1234'],
  ['de-DE', '1.234', '1234'],
  ['en-US', '2,012,220', '2012220'],
  ['de-DE', '2.012.220', '2012220'],
  ['fr-FR', '1\u202f006\u202f931\u202f492', '1006931492'],
  ['en-US', '2147483647', '2147483647'],
])('in %s %j is the whole number %s', (locale, text, value) => {
  expect(numberReader(locale).whole(text)).toEqual({ value });
});

test.each([
  ['en-US', '1.234'],
  ['de-DE', '1,234'],
  ['en-US', '1.5'],
  ['de-DE', '1,5'],
  ['en-US', '-1'],
  ['en-US', '1e3'],
  ['en-US', '2147483648'],
])('in %s %j is no whole number', (locale, text) => {
  expect(numberReader(locale).whole(text)).toHaveProperty('problem');
});

test('a whole number stays within its limits', () => {
  expect(numberReader('en-US').whole('0', 1)).toEqual({ problem: 'At least 1.' });
  expect(numberReader('en-US').whole('8', 1, 7)).toEqual({ problem: 'At most 7.' });
});

test.each(['en-US', 'de-DE', 'fr-FR', 'de-CH', 'ar-EG', 'hi-IN'])(
  'in %s what a form is filled with is read as the same',
  (locale) => {
    const read = numberReader(locale);
    for (const value of ['0', '18.90', '1.234', '1234.5678', '99999999999999.9999', '1000000']) {
      expect(read.decimal(read.typed(value))).toEqual({ value });
    }
  },
);
