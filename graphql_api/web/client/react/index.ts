/** The kit for React: what the package has as `@realtime-inventory/client/react`. */
export { InventoryProvider, useInventoryClient } from './InventoryProvider';
export { RealTimeStatus } from './RealTimeStatus';
export type { RealTimeStatusWords } from './RealTimeStatus';
export { useConnectionStatus } from './useConnectionStatus';
export { useInventoryNotifications } from './useInventoryNotifications';
export type { InventoryNotifications } from './useInventoryNotifications';
export { useRealTimeUpdates } from './useRealTimeUpdates';
export type { RealTimeConnection, RealTimeState, RealTimeUpdates } from './useRealTimeUpdates';
export { useSession } from './useSession';
