/** What a scan leads to, and what is told of it. Pure. */
import { t } from '@lingui/core/macro';

import type { ScanQuery } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import { number } from '../ui/format';
import type { Toast } from '../ui/Toasts';

type Scan = ScanQuery['scan'];

export interface Outcome {
  /** null: there is none to go to. */
  itemId: string | null;
  /** null: the item's page says it all. */
  toast: Toast | null;
}

export function outcomeOf(code: string, scan: Scan | undefined): Outcome {
  const { item = null, factor = 1, lot = null, expiresOn = null, sentences = [] } = scan ?? {};
  const message = sentences.map(serverWords).join(' ');
  if (item === null) {
    const title = t`Nothing has the code ${scan?.code ?? code}`;
    return { itemId: null, toast: { tone: 'bad', title, ...(message && { text: message }) } };
  }
  const told = [
    factor === 1 ? null : t`One scan is ${number(factor)} ${item.unit}.`,
    lot && t`Lot ${lot}.`,
    expiresOn && t`Best before ${expiresOn}.`,
    message === '' ? null : message,
  ].filter((part) => part !== null);
  if (told.length === 0) return { itemId: item.id, toast: null };
  const tone = message === '' ? 'info' : 'warning';
  return { itemId: item.id, toast: { tone, title: item.name, text: told.join(' ') } };
}
