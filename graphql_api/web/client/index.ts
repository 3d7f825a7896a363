/** The client kit: everything that a front end of the inventory imports. See README.md. */
export { createInventoryClient } from './client';
export type { InventoryClient, InventoryClientOptions, Realtime } from './client';
export type { Feed } from './feed';
export type { Store } from './store';
export type {
  Alert,
  AlertEvent,
  ConnectionStatus,
  InventoryUpdate,
  Item,
  Notification,
  NotificationEvent,
  NotificationReadEvent,
  Reset,
  SessionState,
  SignedOutReason,
  Viewer,
} from './types';
export { BACKOFF } from './backoff';
export type { BackoffPolicy } from './backoff';
export { browserTokens, memoryTokens } from './tokens';
export type { Tokens, TokenStore } from './tokens';
export {
  CURSOR_CODES,
  RefusedError,
  SignedOutError,
  cursorCode,
  errorCode,
  errorMessage,
  throwIfRefused,
} from './errors';
export { newIdempotencyKey } from './ids';
export { InventoryProvider, useInventoryClient } from './react/InventoryProvider';
export { RealTimeStatus } from './react/RealTimeStatus';
export { useConnectionStatus } from './react/useConnectionStatus';
export { useInventoryNotifications } from './react/useInventoryNotifications';
export type { InventoryNotifications } from './react/useInventoryNotifications';
export { useRealTimeUpdates } from './react/useRealTimeUpdates';
export type { RealTimeUpdates } from './react/useRealTimeUpdates';
export { useSession } from './react/useSession';
// Typed documents, input types and enums: './generated/graphql', written by `npm run generate`.
