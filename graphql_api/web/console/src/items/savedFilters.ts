/**
 * Filters that a person has given a name. They are kept in this browser, for each user by itself: the
 * server has no place for them, so another device does not have them. Pure but for `kept` and `keep`.
 */

export interface SavedFilter {
  name: string;
  /** The address's query, without the question mark. */
  query: string;
}

export const SAVED_MAX = 30;
export const NAME_MAX = 60; // characters

/** The newest in place of one of the same name, in the order of the alphabet. */
export function withSaved(saved: readonly SavedFilter[], added: SavedFilter): SavedFilter[] {
  const others = saved.filter(({ name }) => name !== added.name);
  return [...others, added].sort((a, b) => a.name.localeCompare(b.name)).slice(0, SAVED_MAX);
}

export function read(text: string | null): SavedFilter[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isSaved).slice(0, SAVED_MAX) : [];
  } catch {
    return []; // somebody else's, or cut off
  }
}

export function kept(userId: string): SavedFilter[] {
  try {
    return read(localStorage.getItem(placeOf(userId)));
  } catch {
    return []; // the browser keeps nothing
  }
}

/** Whether they could be kept. */
export function keep(userId: string, saved: readonly SavedFilter[]): boolean {
  try {
    localStorage.setItem(placeOf(userId), JSON.stringify(saved));
    return true;
  } catch {
    return false;
  }
}

function placeOf(userId: string): string {
  return `saved filters of items ${userId}`;
}

function isSaved(value: unknown): value is SavedFilter {
  if (typeof value !== 'object' || value === null) return false;
  const { name, query } = value as Partial<SavedFilter>;
  return typeof name === 'string' && typeof query === 'string';
}
