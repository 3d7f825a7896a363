/** An item's quantities by location, as they are now: for a form that was opened from a list. */
import { useQuery } from '@apollo/client/react';

import { ItemDetailDocument } from '../../../client/generated/graphql';
import { useItemEvents } from '../items/useItemEvents';
import { useLoadAgain } from '../ui/useLoadAgain';
import type { Level } from './levels';

export interface Levels {
  /** null: not known yet. */
  levels: readonly Level[] | null;
  /** Older ones are shown, and are being asked for again. */
  isOld: boolean;
  error: unknown;
}

export function useLevels(itemId: string): Levels {
  const { data, error, loading, refetch } = useQuery(ItemDetailDocument, {
    variables: { id: itemId },
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(itemId, refetch); // the levels are in no event
  useLoadAgain(error, refetch);
  return { levels: data?.item?.levels ?? null, isOld: loading, error };
}
