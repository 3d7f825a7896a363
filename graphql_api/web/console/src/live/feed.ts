/** Events as lines of the live feed. Pure. */
import { t } from '@lingui/core/macro';

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
  RECEIPT: t`Receipt`,
  SALE: t`Sale`,
  RETURN: t`Return`,
  WRITE_OFF: t`Write-off`,
  CORRECTION: t`Correction`,
  COUNT: t`Count`,
  TRANSFER: t`Transfer`,
};

const CHANGES = {
  CREATED: { text: t`Created`, icon: 'plus' },
  UPDATED: { text: t`Edited`, icon: 'edit' },
  DELETED: { text: t`Deleted`, icon: 'trash' },
} as const;

export function ofUpdate({ cursor, timestamp, type, item, details }: InventoryUpdate): FeedEntry {
  const entry = { key: `update-${cursor}`, at: timestamp, name: item.name, itemId: item.id };
  if (type !== 'STOCK_UPDATED') {
    return { ...entry, ...CHANGES[type], tone: 'other', stock: null };
  }
  const quantity = details?.quantity ?? 0;
  const action = details?.actionType ? ACTIONS[details.actionType] : t`Stock`;
  const isTransfer = details?.actionType === 'TRANSFER';
  return {
    ...entry,
    ...look(quantity, isTransfer),
    text: `${action} ${isTransfer ? number(quantity) : signed(quantity)}`,
    stock: item.stock,
  };
}

const ALERTS = {
  OPEN: t`raised`,
  ACKNOWLEDGED: t`acknowledged`,
  SNOOZED: t`snoozed`,
  RESOLVED: t`resolved`,
} as const;

export function ofAlert({ kind, cursor, timestamp, alert }: AlertEvent): FeedEntry {
  const status = kind === 'RAISED' ? 'OPEN' : alert.status;
  return {
    key: `alert-${cursor}`,
    at: timestamp,
    tone: status === 'OPEN' ? 'alert' : 'other',
    icon: 'alerts',
    name: alert.itemName ?? alert.title,
    itemId: alert.itemId,
    text: t`${ALERT_TYPE[alert.type]} alert ${ALERTS[status]}`,
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
