/** Why the server did not take or give a file: what it answers beside GraphQL, as GraphQL's errors. */
import { t } from '@lingui/core/macro';

import { serverWords } from './serverWords';

export interface FileAnswer {
  errors?: readonly { message: string; extensions?: { template?: string; values?: unknown } }[];
}

/** In the page's language; null: it does not say. */
export function whyRefused({ errors }: FileAnswer): string | null {
  const [first] = errors ?? [];
  return first === undefined ? null : serverWords({ ...first.extensions, message: first.message });
}

/** Of an answer that is no success. */
export async function refusalOf(answer: Response): Promise<string> {
  const told = (await answer.json().catch(() => ({}))) as FileAnswer | null;
  return whyRefused(told ?? {}) ?? t`The server answered with ${String(answer.status)}.`;
}
