/** The filters of the list of movements in the address: it can be shared, and "back" works. Pure. */
import { NO_FILTERS } from '../items/movementFilters';
import type { MovementFilters } from '../items/movementFilters';
import { ACTIONS } from '../live/feed';

const NAMES = Object.keys(NO_FILTERS) as (keyof MovementFilters)[];

export function filtersOf(params: URLSearchParams): MovementFilters {
  const given = Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? '']));
  const filters = { ...NO_FILTERS, ...given } as MovementFilters;
  return Object.hasOwn(ACTIONS, filters.action) ? filters : { ...filters, action: '' };
}

/** Without what is as usual. */
export function paramsOf(filters: MovementFilters): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of NAMES) if (filters[name] !== '') params.set(name, filters[name]);
  return params;
}
