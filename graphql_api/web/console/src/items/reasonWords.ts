/** The reason of a movement: in the page's language where the server gave it, else as somebody wrote it. */
import { t } from '@lingui/core/macro';

const OF_THE_SERVER: Readonly<Record<string, string>> = {
  'opening stock': t`opening stock`,
  'deleted with its item': t`deleted with its item`,
};

export function reasonWords(reason: string): string {
  return Object.hasOwn(OF_THE_SERVER, reason) ? (OF_THE_SERVER[reason] ?? reason) : reason;
}
