/** What the server says, in the page's language: by its template and values (docs/errors.md). */
import { i18n, LANGUAGE } from './active';

export interface Sentence {
  /** In English, whole. */
  message: string;
  template?: string | undefined;
  values?: unknown;
}

/** A sentence that this page has no translation of stays English. */
export function serverWords({ message, template = message, values }: Sentence): string {
  if (LANGUAGE === 'en' || !Object.hasOwn(i18n.messages, template)) return message;
  return i18n._(template, { ...(values as Record<string, unknown> | undefined) });
}
