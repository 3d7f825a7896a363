/** The kit's own words. What comes from the server is typed in generated/graphql.ts. */
import type {
  AlertFieldsFragment,
  InventoryUpdatesSubscription,
  ItemFieldsFragment,
  NotificationFieldsFragment,
  NotificationsReadSubscription,
  ViewerFieldsFragment,
} from './generated/graphql';
import type { CursorCode } from './errors';

export type Item = ItemFieldsFragment;
export type Alert = AlertFieldsFragment;
export type Notification = NotificationFieldsFragment;
export type Viewer = ViewerFieldsFragment;
export type InventoryUpdate = InventoryUpdatesSubscription['inventoryUpdated'];

/** RAISED: new, worse, or its snooze ended. CHANGED: acknowledged, snoozed, resolved, milder. */
export interface AlertEvent {
  kind: 'RAISED' | 'CHANGED';
  cursor: string;
  timestamp: string;
  alert: Alert;
}

export interface NotificationEvent {
  cursor: string;
  timestamp: string;
  notification: Notification;
}

/** The viewer read it, here or elsewhere; notificationId null: all that there were. */
export type NotificationReadEvent = NotificationsReadSubscription['notificationRead'];

export interface ConnectionStatus {
  /** connecting: the first try, or one of the quick ones after a loss. offline: none succeeded, the
   * browser has no network, or nobody is signed in; slow attempts go on while signed in. */
  state: 'connected' | 'connecting' | 'offline';
  /** Attempts that failed in a row; 0 when connected. */
  attempts: number;
  /** Why the last connection ended or failed, for people; null when connected. */
  lastError: string | null;
  /** When the next attempt is due, milliseconds since 1970; null: none is waiting. */
  nextAttemptAtMs: number | null;
}

export type SignedOutReason = 'never' | 'signOut' | 'expired' | 'elsewhere' | 'disposed';

export type SessionState =
  /** Stored tokens are being tried; error: why that has not worked yet. */
  | { state: 'starting'; error: string | null }
  | { state: 'signedIn'; viewer: Viewer }
  | { state: 'signedOut'; reason: SignedOutReason };

/** Live updates had to begin anew: the cache was emptied and active queries were asked again. */
export interface Reset {
  code: CursorCode;
}
