/** What the server pushes, read with care: whatever comes, something can be shown. Pure. */
import { isPlace } from './workerPlace';

export interface PushedAlert {
  title: string;
  message: string;
  /** A notification replaces the one that shows the same tag. */
  tag: string;
  /** The place in the console to open. */
  path: string;
  /** Of title and message, as `lang` names it. */
  language: string;
}

const UNREADABLE: PushedAlert = {
  title: 'Inventory',
  message: 'There is a new alert.',
  tag: 'alerts',
  path: '/alerts',
  language: 'en',
};

export function pushedAlert(text: string): PushedAlert {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return UNREADABLE;
  const { title, message, tag, path, language } = value as Record<string, unknown>;
  return {
    title: textOr(title, UNREADABLE.title),
    message: textOr(message, UNREADABLE.message),
    tag: textOr(tag, UNREADABLE.tag),
    path: isPlace(path) ? path : UNREADABLE.path,
    language: textOr(language, UNREADABLE.language),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textOr(value: unknown, instead: string): string {
  return typeof value === 'string' && value !== '' ? value : instead;
}
