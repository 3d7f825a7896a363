/** The console's places. */
import { t } from '@lingui/core/macro';

import { WAITING } from '../offline/places';
import type { Permissions } from '../session/SessionContext';
import type { IconName } from '../ui/Icon';
import { isDevelopment } from './environment';

export interface Place {
  path: string;
  label: string;
  icon: IconName;
}

/** In the menu at all times. */
export const FIRST_PLACES: readonly Place[] = [
  { path: '/', label: t`Dashboard`, icon: 'dashboard' },
  { path: '/items', label: t`Items`, icon: 'items' },
  { path: '/alerts', label: t`Alerts`, icon: 'alerts' },
  { path: '/notifications', label: t`Notifications`, icon: 'bell' },
];

/** Where stock is handled. */
const FLOOR_PLACES: readonly Place[] = [
  { path: '/receive', label: t`Receive`, icon: 'receive' },
  { path: '/count', label: t`Count`, icon: 'count' },
  { path: WAITING, label: t`Waiting`, icon: 'clock' },
];

/** In the menu of a wide screen; on a narrow one behind "More". */
export function secondPlaces({ isAdmin, mayWrite }: Permissions): readonly Place[] {
  const places: Place[] = [];
  if (mayWrite) places.push(...FLOOR_PLACES);
  places.push(
    { path: '/movements', label: t`Movements`, icon: 'transfer' },
    { path: '/reorder', label: t`What to order`, icon: 'order' },
    { path: '/locations', label: t`Locations`, icon: 'locations' },
  );
  if (isAdmin) {
    places.push({ path: '/import', label: t`Import`, icon: 'down' });
    places.push({ path: '/users', label: t`Users`, icon: 'users' });
  }
  places.push({ path: '/sessions', label: t`Sessions`, icon: 'sessions' });
  if (isAdmin && isDevelopment()) places.push({ path: '/test', label: t`Test panel`, icon: 'test' });
  return places;
}

export const SETTINGS: Place = { path: '/settings', label: t`Settings`, icon: 'settings' };

/** Whether `location` is `path` or a place below it. */
export function isWithin(location: string, path: string): boolean {
  return path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
}
