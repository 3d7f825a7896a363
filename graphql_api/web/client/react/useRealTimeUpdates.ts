import { useEffect, useEffectEvent } from 'react';

import type { AlertEvent, InventoryUpdate } from '../types';
import { useInventoryClient } from './InventoryProvider';

export interface RealTimeUpdates {
  /** Whether items in the cache follow the server; true if absent. */
  enableInventoryUpdates?: boolean;
  /** Whether alerts do; true if absent. */
  enableAlerts?: boolean;
  onInventoryUpdate?: (update: InventoryUpdate) => void;
  onAlert?: (event: AlertEvent) => void;
}

/**
 * Keeps the cache live while the component is mounted, and tells of each event after the cache has
 * it. Any number of components may use it: they share one subscription.
 */
export function useRealTimeUpdates({
  enableInventoryUpdates = true,
  enableAlerts = true,
  onInventoryUpdate,
  onAlert,
}: RealTimeUpdates = {}): void {
  const { realtime } = useInventoryClient();
  const updated = useEffectEvent((update: InventoryUpdate) => onInventoryUpdate?.(update));
  const alerted = useEffectEvent((event: AlertEvent) => onAlert?.(event));

  useEffect(() => {
    if (!enableInventoryUpdates) return;
    return realtime.inventory.listen((update) => updated(update));
  }, [realtime, enableInventoryUpdates]);

  useEffect(() => {
    if (!enableAlerts) return;
    const stopListening = realtime.alerts.listen((event) => alerted(event));
    const stopPolling = realtime.pollAlerts();
    return () => {
      stopListening();
      stopPolling();
    };
  }, [realtime, enableAlerts]);
}
