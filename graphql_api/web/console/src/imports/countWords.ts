/** What became of the rows of an import, in words: the fields of its counts, in the order of telling. */
import { t } from '@lingui/core/macro';

export const COUNT_WORDS = [
  ['created', t`created`],
  ['updated', t`updated`],
  ['booked', t`booked`],
  ['unchanged', t`unchanged`],
  ['already', t`booked before`],
  ['bad', t`left out`],
] as const;
