/** What a browser knows about its network and about who is looking. Nothing outside a browser. */

export interface BrowserUser {
  online(): void;
  offline(): void;
  /** The page came back to the front: its timers may have slept. */
  visible(): void;
}

/** Returns what ends it. */
export function watchBrowser(user: BrowserUser): () => void {
  if (typeof window === 'undefined') return () => undefined;
  const watch = new AbortController();
  const { signal } = watch;
  window.addEventListener('online', () => user.online(), { signal });
  window.addEventListener('offline', () => user.offline(), { signal });
  window.addEventListener('pageshow', ({ persisted }) => persisted && user.visible(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && user.visible(),
    { signal },
  );
  return () => watch.abort();
}
