/** The location that a form is about: the one that can only be meant, until a person chooses. */
import { useQuery } from '@apollo/client/react';
import { useEffect, useEffectEvent, useState } from 'react';

import { LocationsDocument } from '../../../client/generated/graphql';
import { placeMeant } from './levels';
import type { Level } from './levels';
import { ASK } from './LocationSelect';

/** levels: null while they are not known; error: why they will not be, for now. '' is no location.
 * What was proposed stays, also when stock moves while the form is open. At last: whether it is not
 * known yet what is to be proposed. */
export function usePlace(
  levels: readonly Level[] | null,
  error: unknown = null,
): [string, (id: string) => void, boolean] {
  const { data, error: locationsError } = useQuery(LocationsDocument, ASK);
  const [place, setPlace] = useState<string | null>(null);
  const locations = data?.locations;
  useEffect(() => {
    if (place !== null || levels === null || locations === undefined) return;
    setPlace(
      placeMeant(
        levels,
        locations.map(({ id }) => id),
      ),
    );
  }, [place, levels, locations]);
  const isInVain = levels === null ? Boolean(error) : locations === undefined && Boolean(locationsError);
  return [place ?? '', setPlace, place === null && !isInVain];
}

/** Chooses for a form of many items: the only place there is. */
export function useOnlyPlace(place: string, choose: (id: string) => void): void {
  const { data } = useQuery(LocationsDocument, ASK);
  const chosen = useEffectEvent(choose);
  const only = data?.locations.length === 1 ? (data.locations[0]?.id ?? '') : '';
  useEffect(() => {
    if (place === '' && only !== '') chosen(only);
  }, [place, only]);
}
