/** Numbers, money and moments as people read them, in the page's language. */
import { LOCALE } from '#language';
import { t } from '@lingui/core/macro';

const NUMBER = new Intl.NumberFormat(LOCALE);
const SIGNED = new Intl.NumberFormat(LOCALE, { signDisplay: 'exceptZero' });
const MONEY = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});
const ROUND_MONEY = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const RATE = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const WHOLE = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });
const SHORT = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });
const DATE = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const RELATIVE = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto', style: 'short' });

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const WEEK_S = 604_800;
const JUST_NOW_S = 10;

export const number = (value: number): string => NUMBER.format(value);
export const signed = (value: number): string => SIGNED.format(value);
export const rate = (value: number): string => RATE.format(value);
export const whole = (at: string): string => WHOLE.format(new Date(at));
export const short = (at: string): string => SHORT.format(new Date(at));
/** The UTC day that begins at `at`. */
export const day = (at: string): string => DAY.format(new Date(at));

/** value: a decimal string, of which no digit is lost however many it has. */
export function money(value: string): string {
  return MONEY.format(exact(value));
}

/** A large sum, without its decimals. */
export function roundMoney(value: string): string {
  return ROUND_MONEY.format(exact(value));
}

/** Intl reads a decimal string digit by digit; a Number keeps 16 of them. Money here has up to
 * 14 before the point and 4 behind it, and sums have more. */
function exact(value: string): Intl.StringNumericLiteral {
  return value as Intl.StringNumericLiteral;
}

/** nowMs: the time, which may lag a little behind `at`. */
export function ago(at: string, nowMs: number): string {
  const seconds = Math.max(Math.round((nowMs - Date.parse(at)) / 1_000), 0);
  if (seconds < JUST_NOW_S) return t`just now`;
  if (seconds < MINUTE_S) return RELATIVE.format(-seconds, 'second');
  if (seconds < HOUR_S) return RELATIVE.format(-Math.floor(seconds / MINUTE_S), 'minute');
  if (seconds < DAY_S) return RELATIVE.format(-Math.floor(seconds / HOUR_S), 'hour');
  if (seconds < WEEK_S) return RELATIVE.format(-Math.floor(seconds / DAY_S), 'day');
  return DATE.format(new Date(at));
}
