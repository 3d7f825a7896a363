/** An item's quantity at each location. Pure. */
import type { ItemDetailQuery } from '../../../client/generated/graphql';

export type Level = NonNullable<ItemDetailQuery['item']>['levels'][number];

/** 0 where the item has never been. */
export function levelAt(levels: readonly Level[], locationId: string): number {
  return levels.find(({ location }) => location.id === locationId)?.quantity ?? 0;
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
