/** Events as lines of the live feed. Pure. */
import type { AlertEvent, InventoryUpdate } from '../../../client';
import type { ActionType, RecentMovementsQuery } from '../../../client/generated/graphql';
import { ALERT_TYPE } from '../alerts/alertWords';
import { number, signed } from '../ui/format';
import type { IconName } from '../ui/Icon';

type Movement = RecentMovementsQuery['stockMovements']['nodes'][number];

export interface FeedEntry {
  /** Unique in the feed. */
  key: string;
  at: string;
  tone: 'up' | 'down' | 'other' | 'alert';
  icon: IconName;
  /** What it is about. */
  name: string;
  itemId: string | null;
  text: string;
  /** The item's stock after it; null: that is not what it tells. */
  stock: number | null;
}

export const ACTIONS: Readonly<Record<ActionType, string>> = {
  RECEIPT: 'Receipt',
  SALE: 'Sale',
  RETURN: 'Return',
  WRITE_OFF: 'Write-off',
  CORRECTION: 'Correction',
  COUNT: 'Count',
  TRANSFER: 'Transfer',
};

const CHANGES = {
  CREATED: { text: 'Created', icon: 'plus' },
  UPDATED: { text: 'Edited', icon: 'edit' },
  DELETED: { text: 'Deleted', icon: 'trash' },
} as const;

export function ofUpdate({ cursor, timestamp, type, item, details }: InventoryUpdate): FeedEntry {
  const entry = { key: `update-${cursor}`, at: timestamp, name: item.name, itemId: item.id };
  if (type !== 'STOCK_UPDATED') {
    return { ...entry, ...CHANGES[type], tone: 'other', stock: null };
  }
  const quantity = details?.quantity ?? 0;
  const action = details?.actionType ? ACTIONS[details.actionType] : 'Stock';
  const isTransfer = details?.actionType === 'TRANSFER';
  return {
    ...entry,
    ...look(quantity, isTransfer),
    text: `${action} ${isTransfer ? number(quantity) : signed(quantity)}`,
    stock: item.stock,
  };
}

const ALERTS = {
  OPEN: 'raised',
  ACKNOWLEDGED: 'acknowledged',
  SNOOZED: 'snoozed',
  RESOLVED: 'resolved',
} as const;

export function ofAlert({ kind, cursor, timestamp, alert }: AlertEvent): FeedEntry {
  const what = kind === 'RAISED' ? 'raised' : ALERTS[alert.status];
  return {
    key: `alert-${cursor}`,
    at: timestamp,
    tone: what === 'raised' ? 'alert' : 'other',
    icon: 'alerts',
    name: alert.itemName ?? alert.title,
    itemId: alert.itemId,
    text: `${ALERT_TYPE[alert.type]} alert ${what}`,
    stock: null,
  };
}

export function ofMovement(movement: Movement): FeedEntry {
  return {
    key: `movement-${movement.id}`,
    at: movement.recordedAt,
    ...look(movement.quantity, movement.actionType === 'TRANSFER'),
    name: movement.item.name,
    itemId: movement.item.id,
    text: `${ACTIONS[movement.actionType]} ${signed(movement.quantity)}`,
    stock: movement.newStock,
  };
}

/** Live entries, then what came before the oldest of them; newest first. */
export function joined(live: readonly FeedEntry[], earlier: readonly FeedEntry[]): FeedEntry[] {
  const oldest = live.at(-1);
  if (oldest === undefined) return [...earlier];
  const from = Date.parse(oldest.at);
  return [...live, ...earlier.filter(({ at }) => Date.parse(at) < from)];
}

function look(quantity: number, isTransfer: boolean): Pick<FeedEntry, 'tone' | 'icon'> {
  if (isTransfer) return { tone: 'other', icon: 'transfer' };
  if (quantity === 0) return { tone: 'other', icon: 'count' };
  return quantity > 0 ? { tone: 'up', icon: 'up' } : { tone: 'down', icon: 'down' };
}
