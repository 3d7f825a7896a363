/** One action of a person: runs once at a time, keeps its error until the next try. */
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Submit<Args extends unknown[]> {
  /** Resolves to whether it was done; never rejects. */
  run: (...args: Args) => Promise<boolean>;
  busy: boolean;
  error: unknown;
  clear: () => void;
}

export function useSubmit<Args extends unknown[]>(
  work: (...args: Args) => Promise<unknown>,
): Submit<Args> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(work);
  const running = useRef(false);
  useEffect(() => {
    latest.current = work;
  });

  const run = useCallback(async (...args: Args) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await latest.current(...args);
      return true;
    } catch (caught) {
      setError(caught);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);

  return { run, busy, error, clear: useCallback(() => setError(null), []) };
}
