/**
 * Asks before the browser leaves what was typed: its back button, and closing or reloading the tab.
 *
 * The way back is guarded by an entry of its own in the history, at the same address: going back
 * leads from it to where the form is, instead of away. It is taken out again with the form.
 */
import { useEffect, useEffectEvent } from 'react';

const GUARD = { unsaved: true } as const;

/** ask: the person wants to leave; the form stays until that person has answered. */
export function useUnsavedGuard(isDirty: boolean, ask: () => void): void {
  const asked = useEffectEvent(ask);
  useEffect(() => {
    if (!isDirty) return undefined;
    const closing = (event: BeforeUnloadEvent): void => event.preventDefault();
    const wentBack = (): void => {
      stand();
      asked();
    };
    if (!isStanding()) stand(); // it does after a reload
    addEventListener('beforeunload', closing);
    addEventListener('popstate', wentBack);
    return () => {
      removeEventListener('beforeunload', closing);
      removeEventListener('popstate', wentBack);
      if (isStanding()) history.back(); // not when the form has led to another screen
    };
  }, [isDirty]);
}

function stand(): void {
  history.pushState(GUARD, '', location.href);
}

function isStanding(): boolean {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && 'unsaved' in state;
}
