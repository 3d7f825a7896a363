/** Which language the console speaks: the one chosen on this device, else the browser's. Pure. */

/** As they call themselves. */
export const LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ja: '日本語',
} as const;

export type Language = keyof typeof LANGUAGES;

export interface Choice {
  language: Language;
  /** Of numbers and dates: 'de-CH' where the browser says so of German. */
  locale: string;
}

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value);
}

/**
 * chosen: on this device; null: what the browser wishes. wished: its languages, the dearest first.
 * Where it wishes none of ours the words are English, and numbers stay as the browser writes them.
 */
export function choiceOf(chosen: string | null, wished: readonly string[]): Choice {
  if (isLanguage(chosen)) return { language: chosen, locale: localeOf(chosen, wished) };
  const language = wished.map(primary).find(isLanguage);
  if (language !== undefined) return { language, locale: localeOf(language, wished) };
  return { language: 'en', locale: wished[0] ?? 'en' };
}

/** The first form of the language that the browser names. */
function localeOf(language: Language, wished: readonly string[]): string {
  return wished.find((tag) => primary(tag) === language) ?? language;
}

function primary(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}
