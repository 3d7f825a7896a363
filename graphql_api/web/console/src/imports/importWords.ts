/** An import's state, kind, and why it cannot be undone, in words. */
import { t } from '@lingui/core/macro';

import type { ImportFieldsFragment, ImportStatus } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import type { Tone } from '../ui/Pill';

interface Told {
  label: string;
  tone: Tone;
}

const STATES: Readonly<Record<ImportStatus, Told>> = {
  UPLOADING: { label: t`Coming in`, tone: 'info' },
  UPLOADED: { label: t`Not started`, tone: 'neutral' },
  RUNNING: { label: t`Running`, tone: 'info' },
  CHECKED: { label: t`Checked, not started`, tone: 'neutral' },
  DONE: { label: t({ message: 'Done', context: 'an import' }), tone: 'good' },
  FAILED: { label: t`Failed`, tone: 'bad' },
  CANCELLED: { label: t`Cancelled`, tone: 'neutral' },
  INTERRUPTED: { label: t`Interrupted`, tone: 'warning' },
};
const UNDONE: Told = { label: t`Undone`, tone: 'neutral' };

export function stateOf({ status, undoneAt }: ImportFieldsFragment): Told {
  return undoneAt === null ? STATES[status] : UNDONE;
}

/** kind: null: nobody has said it yet. */
export function kindOf({ kind }: ImportFieldsFragment): string | null {
  if (kind === null) return null;
  return kind === 'STOCK' ? t`Stock` : t`Items`;
}

/** Why it cannot be undone, where its state does not say so already. */
export function whyNotUndone({ status, undoBlocker }: ImportFieldsFragment): string | null {
  switch (undoBlocker?.reason) {
    case 'TOUCHED':
    case 'TOO_LARGE':
      return serverWords(undoBlocker.sentence);
    case 'NOTHING_WRITTEN':
      return status === 'DONE' ? serverWords(undoBlocker.sentence) : null;
    default:
      return null;
  }
}
