/** An item's quantities by location, as they are now: for a form that was opened from a list. */
import { useQuery } from '@apollo/client/react';

import type { Item } from '../../../client';
import { ItemDetailDocument } from '../../../client/generated/graphql';
import { useItemEvents } from '../items/useItemEvents';
import { useSeen } from '../offline/SeenContext';
import { useLoadAgain } from '../ui/useLoadAgain';
import type { Measured } from './amounts';
import type { Level } from './levels';

export interface Levels {
  /** null: not known yet. */
  levels: readonly Level[] | null;
  /** Older ones are shown, and are being asked for again. */
  isOld: boolean;
  /** The item's units; the base unit alone while they are not known. */
  measured: Measured;
  error: unknown;
}

export function useLevels(item: Item): Levels {
  const { data, error, loading, refetch } = useQuery(ItemDetailDocument, {
    variables: { id: item.id },
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(item.id, refetch); // the levels are in no event
  useLoadAgain(error, refetch);
  const isAsked = useSeen() === null && loading; // without the server there are no newer ones
  const measured = data?.item ?? baseAlone(item);
  return { levels: data?.item?.levels ?? null, measured, isOld: isAsked, error };
}

function baseAlone({ id, unit }: Item): Measured {
  return { id, unit, units: [{ name: unit, factor: 1 }], displayUnit: unit };
}
