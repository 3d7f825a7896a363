/**
 * Where a person was on each page, and whether they have come back to it: a list that is come back to
 * stands where it stood, with all that was loaded of it.
 */

const PAGES_MAX = 200; // of which the place is kept; the oldest are forgotten

const places = new Map<string, number>();
let isBack = false;
let shown = ''; // the path of the page that is shown
let before: string | null = null; // and of the one that led to it by a link

/** Called once, before anything listens to the history. */
export function followHistory(): void {
  history.scrollRestoration = 'manual'; // the browser knows no page that is still being made
  shown = location.pathname;
  addEventListener('popstate', () => {
    isBack = true;
    before = null; // where back leads to from here is not known
    shown = location.pathname;
  });
  // What the router tells of each page that is gone to.
  addEventListener('pushState', () => {
    isBack = false;
    before = shown;
    shown = location.pathname;
  });
  addEventListener('replaceState', () => (isBack = false)); // another filter of the same page
  addEventListener('scroll', keep, { passive: true });
}

/** Whether the page that is shown was come back to, by the browser's way back or forth. */
export function hasComeBack(): boolean {
  return isBack;
}

/** Whether one step back leads to this page, as it was. */
export function cameFrom(path: string): boolean {
  return before === path;
}

/** How far down the page was when it was left; 0: at its beginning, or never seen. */
export function placeOf(address: string): number {
  return places.get(address) ?? 0;
}

function keep(): void {
  places.delete(location.href);
  places.set(location.href, scrollY);
  const [oldest] = places.keys();
  if (places.size > PAGES_MAX && oldest !== undefined) places.delete(oldest);
}

/**
 * Go down to `top` as soon as the page is long enough for it, and stop trying when the person moves.
 * Returns what ends it.
 */
export function comeTo(page: HTMLElement, top: number): () => void {
  const isThere = (): boolean => {
    scrollTo(0, top);
    return Math.abs(scrollY - top) < 2;
  };
  if (isThere()) return () => undefined;
  const observer = new ResizeObserver(() => {
    if (isThere()) end();
  });
  const end = (): void => {
    observer.disconnect();
    for (const name of MOVES) removeEventListener(name, end);
  };
  for (const name of MOVES) addEventListener(name, end, { passive: true });
  observer.observe(page);
  return end;
}

const MOVES = ['wheel', 'touchstart', 'keydown', 'pointerdown'] as const;
