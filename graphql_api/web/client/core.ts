/** The kit without React: what the package `@realtime-inventory/client` is by itself. */
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
  errorTemplate,
  refusedBy,
  throwIfRefused,
} from './errors';
export { newIdempotencyKey } from './ids';
