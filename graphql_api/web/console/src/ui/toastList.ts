/**
 * Which messages stand on the screen, and in what order: what came of one's own doing first, then
 * news, the newest of each first. Nobody waits for news; a burst of them must neither cover nor push
 * away the answer to what somebody has just pressed, the way to undo it, or a fault.
 */

export interface Listed {
  tone: 'good' | 'warning' | 'bad' | 'info';
  action?: unknown;
  /** It comes by itself: an alert, a notification. */
  isNews?: boolean;
}

export const SHOWN_MAX = 4; // more would cover the page
export const FAULTS_MAX = 20; // beside these: a fault stays until it is dismissed, and the list scrolls

/** `list` with another one; of too many the oldest goes, news first, then what cannot be undone. */
export function withToast<T extends Listed>(list: readonly T[], toast: T): readonly T[] {
  const all = [toast, ...list];
  const news = all.filter(({ isNews }) => isNews === true);
  const own = all.filter(({ isNews }) => isNews !== true);
  const faults = own.filter(({ tone }) => tone === 'bad').slice(0, FAULTS_MAX);
  const others = own.filter(({ tone }) => tone !== 'bad');
  if (others.length > SHOWN_MAX) {
    const plain = others.findLastIndex(({ action }) => action === undefined);
    others.splice(plain > 0 ? plain : -1, 1);
  }
  const kept = new Set([...faults, ...others]);
  const room = SHOWN_MAX - others.length;
  return [...own.filter((each) => kept.has(each)), ...news.slice(0, room)];
}
