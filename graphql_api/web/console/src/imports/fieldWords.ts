/** What the fields of a file are called. */
import { t } from '@lingui/core/macro';

import { FIELD_LABELS } from '../items/itemDraft';

const WORDS: Readonly<Record<string, string | undefined>> = {
  ...FIELD_LABELS,
  barcode: t`Barcode`,
  initialStock: t`Initial stock`,
  location: t`Location`,
  quantity: t`Quantity`,
  expected: t`Expected before`,
};

/** In words; as it stands where there are none: a field that only a saved mapping knows, or the code of
 * a location. */
export function fieldWords(field: string): string {
  return WORDS[field] ?? field;
}

/** In words, with the name by which the server's sentences, commands and the API call it. */
export function fieldChoice(field: string): string {
  const words = fieldWords(field);
  return words.toLowerCase() === field.toLowerCase() ? words : `${words} (${field})`;
}
