/** Events into the cache: items, and the lists that they are in or come into. */
import type { ApolloCache, Reference } from '@apollo/client';

import type { InventoryCache } from './cache';
import {
  AlertFieldsFragmentDoc,
  ItemFieldsFragmentDoc,
  NotificationFieldsFragmentDoc,
} from './generated/graphql';
import { argumentsOf, inserted, without } from './paging';
import type { Connection } from './paging';
import type {
  Alert,
  AlertEvent,
  InventoryUpdate,
  Item,
  Notification,
  NotificationEvent,
  NotificationReadEvent,
} from './types';

type Read = (name: string, from: Reference) => unknown;
type Arguments = Record<string, unknown>;

/** An item as it stood right after a change, unless the cache has a later one. */
export function applyInventoryUpdate(cache: InventoryCache, { type, item }: InventoryUpdate): void {
  const known = cache.itemVersion(item.id);
  if (known !== undefined && known > item.version) return;
  if (type === 'DELETED' || item.deletedAt !== null) {
    modifyLists(cache, 'items', (list) => without(list, refOf(cache, item)));
    cache.forgetItem(item.id, item.version);
    return;
  }
  const wasAway = cache.isAway(item.id);
  const isUnknown = type === 'UPDATED' && known === undefined;
  cache.recallItem(item.id);
  cache.writeFragment({
    id: refOf(cache, item).__ref,
    fragment: ItemFieldsFragmentDoc,
    fragmentName: 'ItemFields',
    data: item,
  });
  modifyLists(cache, 'items', (list, args, read) =>
    itemPlaced(
      list,
      refOf(cache, item),
      item,
      args,
      read,
      type === 'CREATED' || (wasAway && !hasRetired(args)),
      isUnknown && isComplete(list),
    ),
  );
}

/** An alert as it stood right after; a new one comes where the list's order wants it, and one that
 * is there already keeps its place while it is looked at. */
export function applyAlert(cache: InventoryCache, { kind, alert }: AlertEvent): void {
  const ref = refOf(cache, alert);
  cache.writeFragment({
    id: ref.__ref,
    fragment: AlertFieldsFragmentDoc,
    fragmentName: 'AlertFields',
    data: alert,
  });
  modifyLists(cache, 'alerts', (list, args, read) =>
    matchesAlert(alert, (args.where ?? {}) as Arguments)
      ? inserted(list, ref, alertOrderOf(alert, args.orderBy, read), kind === 'RAISED')
      : without(list, ref),
  );
}

/** A new notification comes first in its lists, and counts as unread. */
export function applyNotification(
  cache: InventoryCache,
  { notification }: NotificationEvent,
): void {
  const ref = refOf(cache, notification);
  let isNew = true;
  cache.modify({ id: ref.__ref, fields: { id: (id: unknown) => ((isNew = false), id) } });
  cache.writeFragment({
    id: ref.__ref,
    fragment: NotificationFieldsFragmentDoc,
    fragmentName: 'NotificationFields',
    data: notification,
  });
  modifyLists(cache, 'notifications', (list, _, read) =>
    inserted(list, ref, (other) => isOlder(other, notification, read), isNew),
  );
  if (isNew) countUnread(cache, 1);
}

/** One that was read elsewhere is read here. Of all at once, whoever shows them asks again. */
export function applyNotificationRead(
  cache: InventoryCache,
  { notificationId, readAt }: NotificationReadEvent,
): void {
  if (notificationId == null) return;
  cache.modify({
    id: refOf(cache, { __typename: 'Notification', id: notificationId }).__ref,
    fields: { readAt: (known: unknown) => known ?? readAt },
  });
}

/** Change the count of unread notifications, if it is cached. */
export function countUnread(cache: ApolloCache, difference: number): void {
  cache.modify({
    fields: {
      unreadNotificationCount: (count: unknown) => Math.max(Number(count) + difference, 0),
    },
  });
}

function refOf(cache: InventoryCache, object: object): Reference {
  const id = cache.identify(object as { __typename: string; id: string });
  if (id === undefined) throw new Error('An event without __typename and id cannot be cached.');
  return { __ref: id };
}

/** Change every cached list of a root field, whatever its arguments. */
function modifyLists(
  cache: InventoryCache,
  field: 'items' | 'alerts' | 'notifications',
  change: (list: Connection, args: Arguments, read: Read) => Connection,
): void {
  cache.modify<Record<string, Connection>>({
    fields: {
      [field]: (list, { storeFieldName, readField }) =>
        change(list as Connection, argumentsOf(storeFieldName), readField as Read),
    },
  });
}

/**
 * An item in, or out of, a list. Entries keep their places while they are looked at: only what
 * comes new is put where the order wants it. What a search finds is the server's to decide; what the
 * filter beside it leaves out goes all the same.
 */
function itemPlaced(
  list: Connection,
  ref: Reference,
  item: Item,
  args: Arguments,
  read: Read,
  isNew: boolean,
  mayBeNew: boolean,
): Connection {
  const where = (args.where ?? {}) as Arguments;
  if (!matchesItem(item, where)) return without(list, ref);
  if (typeof args.search === 'string' && args.search.trim() !== '') return list;
  // If it is not new to the list, it is in it, or further on.
  if (!isNew && !mayBeNew && !isFiltered(where)) return list;
  const isBefore = orderOf(item, args.orderBy as ItemOrder | null | undefined, read);
  return inserted(list, ref, isBefore, isNew);
}

/** A restored item is new to the lists that had it not while it was archived or deleted. */
function hasRetired(args: Arguments): boolean {
  const where = (args.where ?? {}) as Arguments;
  return where.includeArchived === true || where.includeDeleted === true;
}

function isComplete(list: Connection): boolean {
  return list.pageInfo?.hasNextPage === false;
}

function isFiltered(where: Arguments): boolean {
  return Array.isArray(where.statuses) || Array.isArray(where.categories);
}

/** As the server filters; null and absence do not filter. */
export function matchesItem(item: Item, where: Arguments): boolean {
  const isAny = (wanted: unknown, value: string | null): boolean =>
    !Array.isArray(wanted) || wanted.includes(value);
  return (
    isAny(where.categories, item.category) &&
    isAny(where.statuses, item.status) &&
    (!Array.isArray(where.skus) || where.skus.map(folded).includes(folded(item.sku))) &&
    (where.includeDeleted === true || item.deletedAt === null) &&
    (where.includeArchived === true || item.archivedAt === null)
  );
}

const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

export function matchesAlert(alert: Alert, where: Arguments): boolean {
  const isAny = (wanted: unknown, value: unknown): boolean =>
    !Array.isArray(wanted) || wanted.includes(value);
  const least = typeof where.minSeverity === 'string' ? where.minSeverity : 'LOW';
  return (
    isAny(where.types, alert.type) &&
    isAny(where.statuses, alert.status) &&
    isAny(where.itemIds, alert.itemId) &&
    SEVERITIES.indexOf(alert.severity) >= SEVERITIES.indexOf(least)
  );
}

/** Whether the alert comes before another one of the list: GRAVEST, or as they were raised. */
function alertOrderOf(alert: Alert, order: unknown, read: Read): (other: Reference) => boolean {
  if (order !== 'GRAVEST') return (other) => isOlder(other, alert, read);
  const grave = SEVERITIES.indexOf(alert.severity);
  return (other) => {
    const theirs = SEVERITIES.indexOf(String(read('severity', other)));
    return theirs === grave ? isOlder(other, alert, read) : theirs < grave;
  };
}

interface ItemOrder {
  by: 'SKU' | 'NAME' | 'STOCK' | 'PRICE' | 'UPDATED_AT';
  direction?: 'ASC' | 'DESC';
}

/** Whether the item comes before another one of the list, as the server sorts. */
function orderOf(
  item: Item,
  order: ItemOrder | null | undefined,
  read: Read,
): (other: Reference) => boolean {
  const { by, direction = 'ASC' } = order ?? { by: 'SKU' };
  const sign = direction === 'ASC' ? 1 : -1;
  const field = ORDER_FIELDS[by];
  const mine = sortKey(by, item[field]);
  return (other) => {
    const theirs = sortKey(by, read(field, other));
    const difference = compared(mine, theirs) || Number(item.id) - Number(read('id', other));
    return sign * difference < 0;
  };
}

const ORDER_FIELDS = {
  SKU: 'sku',
  NAME: 'name',
  STOCK: 'stock',
  PRICE: 'price',
  UPDATED_AT: 'updatedAt',
} as const;

function sortKey(by: ItemOrder['by'], value: unknown): string | number {
  if (by === 'STOCK' || by === 'PRICE') return Number(value);
  if (by === 'UPDATED_AT') return Date.parse(String(value));
  return folded(String(value));
}

/** As the server sorts SKUs and names: R2 before R10, ähre beside Ahorn. */
const COLLATOR = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function compared(mine: string | number, theirs: string | number): number {
  if (typeof mine === 'number' && typeof theirs === 'number') return mine - theirs;
  return COLLATOR.compare(String(mine), String(theirs));
}

/** As the server compares without case. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Alerts and notifications are listed by id, the newest first. */
function isOlder(other: Reference, added: Alert | Notification, read: Read): boolean {
  return Number(read('id', other)) < Number(added.id);
}
