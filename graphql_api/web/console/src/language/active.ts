/**
 * The language of this page, settled (main.ts) before any module with words in it is evaluated. So
 * words and formats may be constants; another language is a new page (`setLanguage`).
 */
import { setupI18n } from '@lingui/core';
import type { Messages } from '@lingui/core';

import { messages as english } from './catalogs/en.po';
import { choiceOf, isLanguage } from './choice';
import type { Language } from './choice';

const KEY = 'inventory.language';
const OWNER_KEY = 'inventory.language.owner'; // the id of the user whose choice it is

// English is here at all times: what stands in for a catalog that cannot be loaded.
// Of each other language: the console's words, and those of the server.
const LOADERS: Record<Exclude<Language, 'en'>, () => Promise<{ messages: Messages }[]>> = {
  de: () => Promise.all([import('./catalogs/de.po'), import('./server/de.po')]),
  fr: () => Promise.all([import('./catalogs/fr.po'), import('./server/fr.po')]),
  es: () => Promise.all([import('./catalogs/es.po'), import('./server/es.po')]),
  ja: () => Promise.all([import('./catalogs/ja.po'), import('./server/ja.po')]),
};

/** What was chosen on this device; null: as the browser wishes. */
export function chosenLanguage(): Language | null {
  try {
    const chosen = localStorage.getItem(KEY);
    return isLanguage(chosen) ? chosen : null;
  } catch {
    return null; // storage is forbidden here
  }
}

/** Whose choice that is, by id; null: of nobody, from before accounts kept it. */
export function languageOwner(): string | null {
  try {
    return localStorage.getItem(OWNER_KEY);
  } catch {
    return null;
  }
}

/** Keeps a person's choice on this device, and shows the page anew where it is in another one.
 * null: as the browser wishes. */
export function keepLanguage(language: Language | null, owner: string): void {
  try {
    localStorage.setItem(OWNER_KEY, owner);
    if (language === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, language);
  } catch {
    return; // without storage a new page would not know of it
  }
  const wanted = choiceOf(language, navigator.languages);
  if (wanted.language !== choice.language || wanted.locale !== choice.locale) location.reload();
}

/** Loads what it needs. Resolves to English where that cannot be. */
async function loaded(language: Language): Promise<Language> {
  if (language === 'en') return 'en';
  try {
    for (const { messages } of await LOADERS[language]()) i18n.load(language, messages);
    return language;
  } catch {
    return 'en'; // the server is away: English words are better than none
  }
}

const choice = choiceOf(chosenLanguage(), navigator.languages);

export const i18n = setupI18n({ locale: 'en', messages: { en: english } });

/** Of numbers and dates, for Intl. */
export const LOCALE = choice.locale;

/** The language of the words of this page. */
export let LANGUAGE: Language = 'en';

i18n.activate(LANGUAGE, LOCALE);

/** Loads the words of the page's language. To be called once, before all that has words. */
export async function openLanguage(): Promise<void> {
  LANGUAGE = await loaded(choice.language);
  i18n.activate(LANGUAGE, LOCALE);
  document.documentElement.lang = LANGUAGE;
}
