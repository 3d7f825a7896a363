/** Figures that are too long for their place, in short. Pure. */
import { LOCALE } from '#language';

const COMPACT = new Intl.NumberFormat(LOCALE, {
  notation: 'compact',
  maximumSignificantDigits: 4,
});
const CHARACTERS_MAX = 14; // 2,147,483,647 with a sign: what a half of a phone can still show

/** whole: with all its digits and separators. */
export function isLong(whole: string): boolean {
  return whole.length > CHARACTERS_MAX;
}

/** About as much, in a few characters: "9.007 quadrillion" is "9007T". */
export function short(value: number | string): string {
  return COMPACT.format(Number(value));
}
