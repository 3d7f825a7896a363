/** The console's places. */
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
  { path: '/', label: 'Dashboard', icon: 'dashboard' },
  { path: '/items', label: 'Items', icon: 'items' },
  { path: '/alerts', label: 'Alerts', icon: 'alerts' },
  { path: '/notifications', label: 'Notifications', icon: 'bell' },
];

/** Where stock is handled. */
const FLOOR_PLACES: readonly Place[] = [
  { path: '/receive', label: 'Receive', icon: 'receive' },
  { path: '/count', label: 'Count', icon: 'count' },
];

/** In the menu of a wide screen; on a narrow one behind "More". */
export function secondPlaces({ isAdmin, mayWrite }: Permissions): readonly Place[] {
  const places: Place[] = [];
  if (mayWrite) places.push(...FLOOR_PLACES);
  places.push(
    { path: '/movements', label: 'Movements', icon: 'transfer' },
    { path: '/reorder', label: 'What to order', icon: 'order' },
    { path: '/locations', label: 'Locations', icon: 'locations' },
  );
  if (isAdmin) {
    places.push({ path: '/import', label: 'Import', icon: 'down' });
    places.push({ path: '/users', label: 'Users', icon: 'users' });
  }
  places.push({ path: '/sessions', label: 'Sessions', icon: 'sessions' });
  if (isAdmin && isDevelopment()) places.push({ path: '/test', label: 'Test panel', icon: 'test' });
  return places;
}

export const SETTINGS: Place = { path: '/settings', label: 'Settings', icon: 'settings' };

/** Whether `location` is `path` or a place below it. */
export function isWithin(location: string, path: string): boolean {
  return path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
}
