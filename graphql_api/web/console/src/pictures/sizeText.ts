/** How large a file is, as people read it. Pure. */
import { LOCALE } from '#language';
import { plural, t } from '@lingui/core/macro';

const TELL: readonly ((figure: string) => string)[] = [
  (figure) => t`${figure} KB`,
  (figure) => t`${figure} MB`,
  (figure) => t`${figure} GB`,
];

/** "980 bytes", "1.2 MB", "340 KB". */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, { one: '# byte', other: '# bytes' });
  let value = bytes / 1_000;
  let unit = 0;
  for (; value >= 1_000 && unit < TELL.length - 1; unit += 1) value /= 1_000;
  const digits = value >= 100 ? 0 : 1;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return TELL[unit]?.(value.toLocaleString(LOCALE, format)) ?? '';
}
