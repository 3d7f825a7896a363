/** What is shown of an earlier time, and since when it is so. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';

import { useConnectionStatus } from '../../../client';
import type { Seen } from './seen';
import type { SeenKeeper } from './SeenKeeper';

export const SeenContext = createContext<SeenKeeper | null>(null);

/** null: what is shown is as the server has it, or as it had it when the connection was lost. */
export function useSeen(): Seen | null {
  const shown = useContext(SeenContext)?.shown;
  return useSyncExternalStore(shown?.subscribe ?? never, shown?.get ?? none);
}

/** Until when what is on the screen was so, milliseconds since 1970; null: it is so now, or the
 * connection was lost a moment ago and is being tried. */
export function useOldSince(): number | null {
  const seen = useSeen();
  const { state } = useConnectionStatus();
  const isConnected = state === 'connected';
  const [lostAtMs, setLost] = useState<number | null>(null);
  useEffect(() => {
    if (!isConnected) return undefined;
    setLost(null);
    return () => setLost(Date.now());
  }, [isConnected]);
  if (seen !== null) return seen.atMs;
  return state === 'offline' ? lostAtMs : null;
}

const never = (): (() => void) => () => undefined;
const none = (): null => null;
