/**
 * The normalised cache: an item's version decides what is kept.
 *
 * Events and answers to queries and mutations race, so what comes late may be older than what is
 * there. An item that comes with an older version than the cached one changes none of its fields;
 * one that was deleted comes back by a newer state alone, when it was restored.
 */
import { InMemoryCache } from '@apollo/client';
import type { Cache, Reference, StoreObject } from '@apollo/client';

import { listed, paged } from './paging';

const ITEM = 'InventoryItem';
const TOMBSTONES_MAX = 10_000; // deleted items remembered; an answer is never so late

type Versioned = StoreObject & { id: string; version: number };
type Fields = Record<string, unknown>;

export class InventoryCache extends InMemoryCache {
  readonly #tombstones = new Map<string, number>(); // an item's cache id → its last version
  /** Called at each write, if somebody keeps what is known. */
  written: (() => void) | null = null;

  constructor() {
    super({
      possibleTypes: POSSIBLE_TYPES,
      typePolicies: {
        Query: {
          fields: {
            items: paged(['where', 'search', 'orderBy', 'first']),
            alerts: paged(['where', 'first', 'orderBy']),
            notifications: paged(['unreadOnly', 'first']),
            stockMovements: paged(['item', 'where', 'first']),
            users: paged(['first']),
            holds: paged(['where', 'first']),
            sessions: paged(['userId', 'first']),
            fileImports: paged(['first']),
            reorderList: listed(['where', 'leadTimeDays', 'coverDays', 'first']),
          },
        },
        InventoryItem: {
          fields: {
            levels: { merge: false },
            barcodes: { merge: false },
            units: { merge: false },
            attachments: { merge: false },
            movements: paged(['first']),
            alerts: paged(['first']),
            changes: { keyArgs: ['first'] },
          },
        },
        // In no event, since it changes with every sale: null until somebody asks for it.
        Alert: { fields: { suggestedQuantity: { read: (known: unknown) => known ?? null } } },
        Person: { keyFields: ['userId'] },
        // Theirs is no identity, or one that says nothing about how the object is now.
        ItemPresence: { keyFields: ['itemId'] },
        EditLease: { keyFields: false },
        ReorderLine: { keyFields: false },
      },
    });
  }

  /** The version of an item as it is cached; undefined: it is not, or its version is not. */
  itemVersion(id: string): number | undefined {
    return this.#deleted(cacheId(id)) ?? this.#cachedVersion(cacheId(id));
  }

  /** Whether the last that is known of an item is that it was archived or deleted. */
  isAway(id: string): boolean {
    const dataId = cacheId(id);
    return this.#tombstones.has(dataId) || typeof this.#fieldsOf(dataId)?.archivedAt === 'string';
  }

  /** An item that lives, in a state that is newer than any that is known. */
  recallItem(id: string): void {
    this.#tombstones.delete(cacheId(id));
  }

  /** Take a deleted item out. */
  forgetItem(id: string, version: number): void {
    const dataId = cacheId(id);
    this.#tombstones.set(dataId, version);
    const oldest = this.#tombstones.keys().next();
    if (this.#tombstones.size > TOMBSTONES_MAX && !oldest.done) {
      this.#tombstones.delete(oldest.value);
    }
    this.evict({ id: dataId });
  }

  override write(options: Cache.WriteOptions): Reference | undefined {
    this.written?.();
    const stale = itemsIn(options.result).filter((item) => this.#isStale(item));
    if (stale.length === 0) return super.write(options);
    return this.batch({
      update: () => {
        const kept = stale.map(({ id }) => [cacheId(id), this.#fieldsOf(cacheId(id))] as const);
        const written = super.write(options);
        for (const [dataId, fields] of kept) this.#restore(dataId, fields);
        return written;
      },
    });
  }

  override async reset(options?: Cache.ResetOptions): Promise<void> {
    this.#tombstones.clear();
    await super.reset(options);
  }

  #deleted(dataId: string): number | undefined {
    return this.#tombstones.get(dataId);
  }

  #isStale({ id, version }: Versioned): boolean {
    const known = this.itemVersion(id);
    return known !== undefined && version < known;
  }

  #cachedVersion(dataId: string): number | undefined {
    let version: unknown;
    this.modify({
      id: dataId,
      broadcast: false,
      fields: { version: (value: unknown) => (version = value) },
    });
    return typeof version === 'number' ? version : undefined;
  }

  /** An item's fields as they are stored; null: it is not there. */
  #fieldsOf(dataId: string): Fields | null {
    const fields: Fields = {};
    const isThere = this.modify({
      id: dataId,
      broadcast: false,
      fields: (value: unknown, { storeFieldName }: { storeFieldName: string }) => {
        fields[storeFieldName] = value;
        return value;
      },
    });
    return isThere || Object.keys(fields).length > 0 ? fields : null;
  }

  /** After something older was written over it. What it did not have, it may keep. */
  #restore(dataId: string, fields: Fields | null): void {
    if (this.#tombstones.has(dataId)) this.evict({ id: dataId });
    else if (fields) {
      this.modify({
        id: dataId,
        broadcast: false,
        fields: (value: unknown, { storeFieldName }: { storeFieldName: string }) =>
          storeFieldName in fields ? fields[storeFieldName] : value,
      });
    }
  }
}

const POSSIBLE_TYPES = {
  Node: ['User', 'Location', 'InventoryItem', 'StockMovement', 'Alert', 'Notification', 'Session', 'Hold'],
  StreamEvent: ['InventoryUpdate', 'AlertRaised', 'AlertChanged', 'NotificationRead', 'NotificationReceived'],
};

function cacheId(id: string): string {
  return `${ITEM}:${id}`;
}

/** Every item with a version in a result, at whatever depth. */
function itemsIn(value: unknown, found: Versioned[] = []): Versioned[] {
  if (Array.isArray(value)) {
    for (const entry of value) itemsIn(entry, found);
  } else if (typeof value === 'object' && value !== null) {
    if (isVersionedItem(value)) found.push(value);
    for (const part of Object.values(value)) {
      if (typeof part === 'object' && part !== null) itemsIn(part, found);
    }
  }
  return found;
}

function isVersionedItem(value: object): value is Versioned {
  const item = value as Partial<Versioned>;
  return (
    item.__typename === ITEM && typeof item.id === 'string' && typeof item.version === 'number'
  );
}
