/**
 * Numbers as people type and paste them, read by the rules of their language. Pure.
 *
 * Both signs may group and both may begin the decimals: what can be read in one way only is taken
 * in any language ("1.234,50", "1,234.50", "2,5"), and what could be wrong by a factor of a
 * thousand is refused with the two ways to write it.
 */
import { LOCALE } from '#language';
import { t } from '@lingui/core/macro';

/** value: canonical, as the server takes it: digits, and a point before decimals. */
export type Reading = { value: string } | { problem: string };

export interface NumberReader {
  /** An amount, of money unless more decimals are allowed. '' is refused; see `isEmpty` for
   * optional ones. */
  decimal(text: string, decimalsMax?: number): Reading;
  /** A whole number, from min to max. */
  whole(text: string, min?: number, max?: number): Reading;
  /** A canonical decimal as this language types it: "18.90" is "18,90". Without groups. */
  typed(value: string): string;
}

const INTEGER_DIGITS_MAX = 14; // of money, as the server takes it
const DECIMALS_MAX = 4;
export const UNITS_MAX = 2_147_483_647; // GraphQL's Int

export function numberReader(locale: string): NumberReader {
  const point = decimalSign(locale);
  const plain = new Intl.NumberFormat(locale);
  const digits = digitsOf(locale);
  const read = (text: string): Split | string => split(latin(text, digits), point);
  return {
    decimal: (text, decimalsMax = DECIMALS_MAX) => decimalOf(read(text), point, decimalsMax),
    whole: (text, min = 0, max = UNITS_MAX) => wholeOf(read(text), min, max, plain),
    typed: (value) => value.replace('.', point),
  };
}

export const reader = numberReader(LOCALE);

export function isEmpty(text: string): boolean {
  return text.trim() === '';
}

interface Split {
  whole: string;
  decimals: string;
  /** Three digits behind a single sign: it may have been meant either way. */
  sign: 'none' | 'point' | 'group' | 'decimals';
}

const NO_NUMBER = t`This is not a number.`;
const GROUPS = /^\d{1,3}([ '.,])(?:\d{2,3}\1)*\d{3}$/; // also 12,34,567

/** A text of latin digits and signs in its two parts; a string: why it cannot be. */
function split(text: string, point: string): Split | string {
  const found = /^([\d ]*\d(?:[\d '.,]*\d)?)?(?:([.,])(\d*))?$/.exec(text);
  if (found === null || !/\d/.test(text)) return NO_NUMBER;
  const signs = text.replace(/[^.,]/g, '');
  const last = signs.at(-1);
  if (last === undefined) return ungrouped(text, '', 'none');
  const at = text.lastIndexOf(last);
  const [before, after] = [text.slice(0, at), text.slice(at + 1)];
  if (signs.length > 1 && !before.includes(last)) return ungrouped(before, after, 'decimals');
  if (signs.length > 1) return ungrouped(text, '', 'none'); // 1.234.567
  const mayGroup = /^[1-9]\d{0,2}$/.test(before) && /^\d{3}$/.test(after);
  if (!mayGroup) return ungrouped(before, after, 'decimals');
  return last === point
    ? { whole: before, decimals: after, sign: 'point' }
    : { whole: before + after, decimals: '', sign: 'group' };
}

function ungrouped(whole: string, decimals: string, sign: 'none' | 'decimals'): Split | string {
  const isGrouped = /\D/.test(whole);
  if (/\D/.test(decimals) || (isGrouped && !GROUPS.test(whole))) return NO_NUMBER;
  return { whole: whole.replace(/\D/g, '') || '0', decimals, sign };
}

function decimalOf(parts: Split | string, point: string, decimalsMax: number): Reading {
  if (typeof parts === 'string') return { problem: parts };
  const { whole, decimals, sign } = parts;
  if (sign === 'group') {
    const small = `${whole.slice(0, -3)}${point}${whole.slice(-3)}`;
    return { problem: t`Is this ${whole} or ${small}? Write it as ${whole} or ${small}0.` };
  }
  if (decimals.length > decimalsMax) {
    return { problem: t`At most ${decimalsMax} digits after the decimal sign.` };
  }
  const digits = whole.replace(/^0+(?=\d)/, '');
  if (digits.length > INTEGER_DIGITS_MAX) return { problem: t`This is too much.` };
  return { value: decimals === '' ? digits : `${digits}.${decimals}` };
}

function wholeOf(
  parts: Split | string,
  min: number,
  max: number,
  plain: Intl.NumberFormat,
): Reading {
  if (typeof parts === 'string') return { problem: parts };
  if (parts.decimals !== '' || parts.sign === 'point') {
    return { problem: t`Whole units only, without a decimal sign.` };
  }
  const value = Number(parts.whole);
  if (value > max) return { problem: t`At most ${plain.format(max)}.` };
  if (value < min) return { problem: t`At least ${plain.format(min)}.` };
  return { value: String(value) };
}

/** With digits 0 to 9, plain spaces and apostrophes; without the signs of currencies. */
function latin(text: string, digits: readonly string[]): string {
  return [...text]
    .map((sign) => (digits.includes(sign) ? String(digits.indexOf(sign)) : sign))
    .join('')
    .replace(/[\p{Sc}\u200e\u200f]/gu, '')
    .replace(/\s/gu, ' ')
    .replace(/[’‘`]/g, "'")
    .replace(/٫/g, '.')
    .replace(/[٬،]/g, ',')
    .trim();
}

function decimalSign(locale: string): string {
  const parts = new Intl.NumberFormat(locale).formatToParts(0.5);
  return parts.find(({ type }) => type === 'decimal')?.value === ',' ? ',' : '.';
}

/** The digits 0 to 9 as the language writes them. */
function digitsOf(locale: string): string[] {
  const plain = new Intl.NumberFormat(locale, { useGrouping: false });
  return Array.from({ length: 10 }, (_, digit) => plain.format(digit));
}
