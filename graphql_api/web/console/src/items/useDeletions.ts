/** Asks again when an item is deleted: a list that shows deleted ones has it still, and the cache,
 * which forgets it, does not know where. */
import { useEffect, useEffectEvent } from 'react';

import { useInventoryClient } from '../../../client';

const GATHER_MS = 300;

export function useDeletions(isShown: boolean, refetch: () => Promise<unknown>): void {
  const { realtime } = useInventoryClient();
  const ask = useEffectEvent(() => {
    refetch().catch(() => undefined); // the query's own error state tells it
  });
  useEffect(() => {
    if (!isShown) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = realtime.inventory.listen(({ item }) => {
      if (item.deletedAt === null) return;
      clearTimeout(timer);
      timer = setTimeout(ask, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [realtime, isShown]);
}
