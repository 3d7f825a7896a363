/**
 * Asks for figures again when events say that they have changed, and not otherwise.
 *
 * The server keeps a figure for a few seconds for all who ask. So while events come one question
 * is asked in that time, and a last one when they have ended and what was kept is surely gone.
 */
import { useEffect, useEffectEvent } from 'react';

import { useInventoryClient } from '../../../client';

const SOON_MS = 400; // gathers the events of one action
const KEPT_MS = 3_500; // for how long the server may tell an older figure

export function useRefreshOnEvents(refresh: () => Promise<unknown>): void {
  const { realtime } = useInventoryClient();
  const ask = useEffectEvent(() => {
    refresh().catch(() => undefined); // the query's own error state tells it
  });
  useEffect(() => {
    let soon: ReturnType<typeof setTimeout> | undefined;
    let last: ReturnType<typeof setTimeout> | undefined;
    let askedAtMs = 0;
    const askNow = (): void => {
      soon = undefined;
      askedAtMs = Date.now();
      ask();
    };
    const heard = (): void => {
      soon ??= setTimeout(askNow, Math.max(SOON_MS, askedAtMs + KEPT_MS - Date.now()));
      clearTimeout(last);
      last = setTimeout(askNow, KEPT_MS);
    };
    const stops = [realtime.inventory.listen(heard), realtime.alerts.listen(heard)];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(soon);
      clearTimeout(last);
    };
  }, [realtime]);
}
