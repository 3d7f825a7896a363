import { useCallback, useEffect, useEffectEvent } from 'react';

import type { AlertEvent, ConnectionStatus, InventoryUpdate } from '../types';
import { useInventoryClient } from './InventoryProvider';
import { useConnectionStatus } from './useConnectionStatus';

export interface RealTimeUpdates {
  /** Whether items in the cache follow the server; true if absent. */
  enableInventoryUpdates?: boolean;
  /** Whether alerts do; true if absent. */
  enableAlerts?: boolean;
  onInventoryUpdate?: (update: InventoryUpdate) => void;
  onAlert?: (event: AlertEvent) => void;
}

/** The connection at the moment of asking. */
export interface RealTimeConnection extends ConnectionStatus {
  connected: boolean;
  /** Attempts that failed in a row; 0 when connected. The same as `attempts`. */
  reconnectAttempts: number;
}

export interface RealTimeState {
  /** Whether changes arrive now; the component is rendered anew when that changes. */
  isConnected: boolean;
  /** May be called at any time, in an effect or a callback as well: it is never out of date. */
  getConnectionStatus: () => RealTimeConnection;
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
}: RealTimeUpdates = {}): RealTimeState {
  const { realtime } = useInventoryClient();
  const { state } = useConnectionStatus();
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

  const getConnectionStatus = useCallback((): RealTimeConnection => {
    const status = realtime.status.get();
    return {
      ...status,
      connected: status.state === 'connected',
      reconnectAttempts: status.attempts,
    };
  }, [realtime]);
  return { isConnected: state === 'connected', getConnectionStatus };
}
