/** One action of a person: runs once at a time, keeps its error until the next try. */
import { useCallback, useEffect, useRef, useState } from 'react';

import { RefusedError } from '../../../client';
import { useRefused } from '../session/Refused';

export interface Submit<Args extends unknown[]> {
  /** Resolves to whether it was done; never rejects. */
  run: (...args: Args) => Promise<boolean>;
  busy: boolean;
  error: unknown;
  clear: () => void;
}

/** onError: shows the error elsewhere; it is not kept then. */
export function useSubmit<Args extends unknown[]>(
  work: (...args: Args) => Promise<unknown>,
  onError?: (error: unknown) => void,
): Submit<Args> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const refused = useRefused();
  const latest = useRef({ work, onError, refused });
  const running = useRef(false);
  useEffect(() => {
    latest.current = { work, onError, refused };
  });

  const run = useCallback(async (...args: Args) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await latest.current.work(...args);
      return true;
    } catch (caught) {
      if (caught instanceof RefusedError && caught.code === 'FORBIDDEN') latest.current.refused();
      if (latest.current.onError) latest.current.onError(caught);
      else setError(caught);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);

  return { run, busy, error, clear: useCallback(() => setError(null), []) };
}
