import { useSyncExternalStore } from 'react';

import type { ConnectionStatus } from '../types';
import { useInventoryClient } from './InventoryProvider';

/** How the socket is doing now. */
export function useConnectionStatus(): ConnectionStatus {
  const { status } = useInventoryClient().realtime;
  return useSyncExternalStore(status.subscribe, status.get);
}
