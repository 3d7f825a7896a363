/** Calls back when events of one item have come; several at once count as one. */
import { useEffect, useEffectEvent } from 'react';

import { useInventoryClient } from '../../../client';

const GATHER_MS = 150;

export function useItemEvents(itemId: string, heard: () => Promise<unknown>): void {
  const { realtime } = useInventoryClient();
  const tell = useEffectEvent(() => {
    heard().catch(() => undefined); // a query's own error state tells it
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const gather = (about: string | null): void => {
      if (about !== itemId) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        tell();
      }, GATHER_MS);
    };
    const stops = [
      realtime.inventory.listen(({ item }) => gather(item.id)),
      realtime.alerts.listen(({ alert }) => gather(alert.itemId)),
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(timer);
    };
  }, [realtime, itemId]);
}
