/** What became of the rows of an import, in words: the fields of its counts, in the order of telling. */
import { t } from '@lingui/core/macro';

import type { ImportCountFieldsFragment } from '../../../client/generated/graphql';
import { number } from '../ui/format';

export const COUNT_WORDS = [
  ['created', t`created`],
  ['updated', t`updated`],
  ['booked', t`booked`],
  ['unchanged', t`unchanged`],
  ['already', t`booked before`],
  ['bad', t`left out`],
] as const;

/** null: there are none. */
export function countWords(counts: ImportCountFieldsFragment): string | null {
  const words = COUNT_WORDS.filter(([field]) => counts[field] > 0).map(
    ([field, word]) => `${number(counts[field])} ${word}`,
  );
  return words.length > 0 ? t`Rows: ${words.join(', ')}.` : null;
}
