/** Spans of time as choices: "4 hours", in the page's language. Pure. */
import { LOCALE } from '#language';

type Unit = 'minute' | 'hour' | 'day' | 'week';

export function spanOf(count: number, unit: Unit): string {
  return new Intl.NumberFormat(LOCALE, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}
