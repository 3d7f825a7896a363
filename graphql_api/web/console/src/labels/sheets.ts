/** The sheets of labels, in words; what was chosen last is remembered on this device. */
import { t } from '@lingui/core/macro';

import type { LabelSheet } from '../../../client/generated/graphql';
import { rate } from '../ui/format';

interface Sheet {
  sheet: LabelSheet;
  words: string;
  labels: number;
}

export const SHEETS: readonly Sheet[] = [
  a4('A4_L7160', 21, 63.5, 38.1),
  a4('A4_L7159', 24, 63.5, 33.9),
  a4('A4_L7163', 14, 99.1, 38.1),
  a4('A4_L7651', 65, 38.1, 21.2),
  a4('A4_L4731', 189, 25.4, 10),
  a4('A4_3474', 24, 70, 37),
  a4('A4_3475', 24, 70, 36),
  letter('LETTER_5160', 30, '2⅝ × 1'),
  letter('LETTER_5163', 10, '4 × 2'),
  letter('LETTER_5167', 80, '1¾ × ½'),
  roll('ROLL_89X36', '89 × 36'),
  roll('ROLL_62X29', '62 × 29'),
  roll('ROLL_57X32', '57 × 32'),
  roll('ROLL_100X50', '100 × 50'),
];

function a4(sheet: LabelSheet, labels: number, wide: number, high: number): Sheet {
  const size = `${rate(wide)} × ${rate(high)}`;
  const model = sheet.replace('A4_', '');
  return { sheet, labels, words: t`A4, ${labels} labels of ${size} mm (${model})` };
}

function letter(sheet: LabelSheet, labels: number, size: string): Sheet {
  const model = sheet.replace('LETTER_', '');
  return { sheet, labels, words: t`US Letter, ${labels} labels of ${size} in (${model})` };
}

function roll(sheet: LabelSheet, size: string): Sheet {
  return { sheet, labels: 1, words: t`Label printer, ${size} mm` };
}

const KEY = 'labels.sheet';

export function rememberedSheet(): LabelSheet {
  const kept = localStorage.getItem(KEY);
  return SHEETS.find(({ sheet }) => sheet === kept)?.sheet ?? 'A4_L7160';
}

export function rememberSheet(sheet: LabelSheet): void {
  localStorage.setItem(KEY, sheet);
}
