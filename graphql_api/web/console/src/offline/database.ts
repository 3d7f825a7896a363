/**
 * What the console keeps on this device, in IndexedDB: bookings until they are answered, and what was
 * last seen. Both outlive the page, the browser and versions of the console.
 */
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase } from 'idb';

import type { Booking } from './booking';
import type { Seen } from './seen';

interface Schema extends DBSchema {
  /** By number, in the order of their making. */
  bookings: { key: number; value: Booking; indexes: { userId: string } };
  /** By user. */
  seen: { key: string; value: Seen };
}

export type Kept = IDBPDatabase<Schema>;

const NAME = 'inventory';
const VERSION = 1; // of the stores; each value tells its own form

let opened: Promise<Kept> | null = null;

/** Rejects where the browser gives no storage; asked for again the next time. */
export function kept(): Promise<Kept> {
  const forget = (): void => {
    opened = null;
  };
  opened ??= openDB<Schema>(NAME, VERSION, {
    upgrade: (database) => {
      database
        .createObjectStore('bookings', { keyPath: 'number', autoIncrement: true })
        .createIndex('userId', 'userId');
      database.createObjectStore('seen', { keyPath: 'userId' });
    },
    blocking: (_, __, event) => {
      (event.target as IDBDatabase).close(); // a newer page wants to change the stores
      forget();
    },
    terminated: forget,
  }).catch((error: unknown) => {
    forget();
    throw error;
  });
  return opened;
}

/** Of a transaction whose loss would lose a booking: it is on the disk when it is done. */
export const ON_DISK = { durability: 'strict' } as const;
