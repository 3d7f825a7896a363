/** An item's quantity at each location. Pure. */
import { LOCALE } from '#language';

import type { ItemDetailQuery } from '../../../client/generated/graphql';

export type Level = NonNullable<ItemDetailQuery['item']>['levels'][number];

/** 0 where the item has never been. */
export function levelAt(levels: readonly Level[], locationId: string): number {
  return levels.find(({ location }) => location.id === locationId)?.quantity ?? 0;
}

/** What is there and not set aside by a hold; below 0 when goods that were held are gone. */
export function availableAt(levels: readonly Level[], locationId: string): number {
  return levels.find(({ location }) => location.id === locationId)?.available ?? 0;
}

/** What is there to be moved from. */
export function stockedLevels(levels: readonly Level[]): Level[] {
  return levels.filter(({ quantity }) => quantity > 0);
}

/**
 * The place that can only be meant: the one that has stock, or the one where the item has been, or
 * the one there is. '': there are several, so the person must say which.
 */
export function placeMeant(levels: readonly Level[], locationIds: readonly string[]): string {
  const stocked = stockedLevels(levels).map(({ location }) => location.id);
  const known = levels.map(({ location }) => location.id);
  const first = [stocked, known, locationIds].find(({ length }) => length > 0) ?? [];
  return (first.length === 1 && first[0]) || '';
}

interface Place {
  id: string;
  code: string;
  name: string;
  parent: { id: string } | null;
}

const DEEP_MAX = 8; // places in one another

/** Each place with its path, as "SHOP › SHELF-1", sorted by that: what lies in one follows it. */
export function placesOf<P extends Place>(places: readonly P[]): (P & { path: string })[] {
  const known = new Map(places.map((place) => [place.id, place]));
  const pathOf = (place: P): string => {
    const codes: string[] = [];
    let at: P | undefined = place;
    while (at !== undefined && codes.length < DEEP_MAX) {
      codes.unshift(at.code);
      at = at.parent === null ? undefined : known.get(at.parent.id);
    }
    return codes.join(' › ');
  };
  return places
    .map((place) => ({ ...place, path: pathOf(place) }))
    .sort((a, b) => COLLATOR.compare(a.path, b.path));
}

const COLLATOR = new Intl.Collator(LOCALE, { numeric: true });
