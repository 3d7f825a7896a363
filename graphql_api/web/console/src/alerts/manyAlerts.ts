/** Many alerts at once: the parts that the server takes, and what it refused of them. Pure. */
import { refusedBy } from '../../../client';
import type { Alert } from '../../../client';
import type { RefusalFragment } from '../../../client/generated/graphql';
import { serverWords } from '../language/serverWords';
import type { Sentence } from '../language/serverWords';

export const AT_ONCE_MAX = 100; // of one mutation

export interface Refused {
  alert: Alert;
  why: string;
}

export function inParts(alerts: readonly Alert[]): Alert[][] {
  const parts: Alert[][] = [];
  for (let at = 0; at < alerts.length; at += AT_ONCE_MAX) {
    parts.push(alerts.slice(at, at + AT_ONCE_MAX));
  }
  return parts;
}

type Refusal = Sentence & Pick<RefusalFragment, 'code' | 'field'>;

/** Which of `asked` were refused, by the index in `ids` at the end of a field's path. Throws
 * RefusedError for one that is about all of them. */
export function refusalsOf(
  asked: readonly Alert[],
  errors: readonly Refusal[],
): Refused[] {
  return errors.map((error) => {
    const alert = asked[Number(error.field?.at(-1) ?? NaN)];
    if (alert === undefined) throw refusedBy(error);
    return { alert, why: serverWords(error) };
  });
}
