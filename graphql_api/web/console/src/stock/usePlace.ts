/** The location that a form is about: the one that can only be meant, until a person chooses. */
import { useQuery } from '@apollo/client/react';
import { useEffect, useState } from 'react';

import { LocationsDocument } from '../../../client/generated/graphql';
import { placeMeant } from './levels';
import type { Level } from './levels';

/** levels: null while they are not known. '' is no location. What was proposed stays, also when
 * stock moves while the form is open. */
export function usePlace(levels: readonly Level[] | null): [string, (id: string) => void] {
  const { data } = useQuery(LocationsDocument);
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
  return [place ?? '', setPlace];
}
