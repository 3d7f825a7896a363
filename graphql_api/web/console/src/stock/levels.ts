/** An item's quantity at each location. */
import type { ItemDetailQuery } from '../../../client/generated/graphql';

export type Level = NonNullable<ItemDetailQuery['item']>['levels'][number];

/** 0 where the item has never been. */
export function levelAt(levels: readonly Level[], locationId: string): number {
  return levels.find(({ location }) => location.id === locationId)?.quantity ?? 0;
}
