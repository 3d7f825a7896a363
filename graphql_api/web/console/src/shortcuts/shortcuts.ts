/** The keys and what they do; whether this person wants them. */
import { t } from '@lingui/core/macro';

export interface Shortcut {
  /** As KeySequence tells them. */
  keys: string;
  what: string;
  /** Where it leads; absent: it does something on the page. */
  path?: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: '?', what: t`This list` },
  { keys: '/', what: t`Search, or the first field of a filter` },
  { keys: 'n', what: t`New item, on the list of items` },
  { keys: 'g d', what: t`To the dashboard`, path: '/' },
  { keys: 'g i', what: t`To the items`, path: '/items' },
  { keys: 'g a', what: t`To the alerts`, path: '/alerts' },
  { keys: 'g n', what: t`To the notifications`, path: '/notifications' },
  { keys: 'g m', what: t`To the movements`, path: '/movements' },
  { keys: 'g r', what: t`To what to order`, path: '/reorder' },
  { keys: 'g l', what: t`To the locations`, path: '/locations' },
];

const PLACE = 'shortcuts';

export function areOn(): boolean {
  try {
    return localStorage.getItem(PLACE) !== 'off';
  } catch {
    return true;
  }
}

/** Kept in this browser, if it keeps anything. */
export function turn(on: boolean): void {
  try {
    if (on) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, 'off');
  } catch {
    // It is so until the page is left.
  }
}
