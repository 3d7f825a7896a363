/** The sheets of labels, in words; what was chosen last is remembered on this device. */
import type { LabelSheet } from '../../../client/generated/graphql';

export const SHEETS: readonly { sheet: LabelSheet; words: string; labels: number }[] = [
  { sheet: 'A4_L7160', words: 'A4, 21 labels of 63.5 × 38.1 mm (L7160)', labels: 21 },
  { sheet: 'A4_L7159', words: 'A4, 24 labels of 63.5 × 33.9 mm (L7159)', labels: 24 },
  { sheet: 'A4_L7163', words: 'A4, 14 labels of 99.1 × 38.1 mm (L7163)', labels: 14 },
  { sheet: 'A4_L7651', words: 'A4, 65 labels of 38.1 × 21.2 mm (L7651)', labels: 65 },
  { sheet: 'A4_L4731', words: 'A4, 189 labels of 25.4 × 10 mm (L4731)', labels: 189 },
  { sheet: 'A4_3474', words: 'A4, 24 labels of 70 × 37 mm (3474)', labels: 24 },
  { sheet: 'A4_3475', words: 'A4, 24 labels of 70 × 36 mm (3475)', labels: 24 },
  { sheet: 'LETTER_5160', words: 'US Letter, 30 labels of 2⅝ × 1 in (5160)', labels: 30 },
  { sheet: 'LETTER_5163', words: 'US Letter, 10 labels of 4 × 2 in (5163)', labels: 10 },
  { sheet: 'LETTER_5167', words: 'US Letter, 80 labels of 1¾ × ½ in (5167)', labels: 80 },
  { sheet: 'ROLL_89X36', words: 'Label printer, 89 × 36 mm', labels: 1 },
  { sheet: 'ROLL_62X29', words: 'Label printer, 62 × 29 mm', labels: 1 },
  { sheet: 'ROLL_57X32', words: 'Label printer, 57 × 32 mm', labels: 1 },
  { sheet: 'ROLL_100X50', words: 'Label printer, 100 × 50 mm', labels: 1 },
];

const KEY = 'labels.sheet';

export function rememberedSheet(): LabelSheet {
  const kept = localStorage.getItem(KEY);
  return SHEETS.find(({ sheet }) => sheet === kept)?.sheet ?? 'A4_L7160';
}

export function rememberSheet(sheet: LabelSheet): void {
  localStorage.setItem(KEY, sheet);
}
