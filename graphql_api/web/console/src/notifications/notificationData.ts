/** What a notification carries for programs: unknown JSON, looked at with care. */
import type { Notification } from '../../../client';
import { isPlace } from '../app/place';

/** Whether it tells of an alert, which comes by its own way too. */
export function isAboutAlert({ data }: Notification): boolean {
  return valueOf(data, 'kind') === 'ALERT';
}

/** The place in the console that it speaks of; null: none. */
export function pathOf({ data }: Notification): string | null {
  const path = valueOf(data, 'path');
  return isPlace(path) ? path : null;
}

function valueOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
}
