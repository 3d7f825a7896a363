/** A choice of location, with what is there; '' is none. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { LocationsDocument } from '../../../client/generated/graphql';
import type { LocationsQuery } from '../../../client/generated/graphql';
import { Field } from '../ui/Field';
import { number } from '../ui/format';
import { useLoadAgain } from '../ui/useLoadAgain';
import { levelAt, placesOf } from './levels';
import type { Level } from './levels';
import { PlaceChips } from './PlaceChips';

/** What is known at once, and places that are new since. */
export const ASK = { fetchPolicy: 'cache-and-network' } as const;

interface LocationSelectProps {
  label: string;
  value: string;
  onChange: (id: string) => void;
  /** The item's; null or absent: no quantities are shown. */
  levels?: readonly Level[] | null;
  /** Only places that have stock are offered: from where something leaves. */
  isStocked?: boolean;
  /** Its id is not offered. */
  except?: string;
  /** Not required: '' stands for the default location, or for what `empty` says. */
  required?: boolean;
  /** One is about to be proposed: until then the form may be sent (useEarlySubmit). */
  isAwaited?: boolean;
  empty?: string;
}

export function LocationSelect(props: LocationSelectProps): ReactElement {
  const { levels = null, isStocked = false } = props;
  const { data, error, refetch } = useQuery(LocationsDocument, ASK);
  useLoadAgain(error, refetch);
  const isOffered = (id: string): boolean =>
    id !== props.except && (!isStocked || levelAt(levels ?? [], id) > 0);
  const known = placesOf([...(data?.locations ?? []), ...(isStocked ? retired(levels, data) : [])]);
  const locations = known.filter(({ id }) => isOffered(id));
  const empty = props.empty ?? (props.required ? t`Choose…` : t`The default one`);
  return (
    <Field
      label={props.label}
      hint={
        error && !data ? (
          t`The locations could not be loaded.`
        ) : (
          <PlaceChips
            levels={levels}
            place={props.value}
            except={props.except}
            choose={props.onChange}
          />
        )
      }
    >
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={props.value}
          required={props.required === true && props.isAwaited !== true}
          onChange={(event) => props.onChange(event.target.value)}
        >
          <option value="">{empty}</option>
          {locations.map(({ id, path, name }) => (
            <option key={id} value={id}>
              {path} · {name}
              {levels && ` (${number(levelAt(levels, id))})`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Places that have stock and are in no list: archived after something came back to them. */
function retired(
  levels: readonly Level[] | null,
  data: LocationsQuery | undefined,
): LocationsQuery['locations'] {
  const listed = new Set(data?.locations.map(({ id }) => id));
  return (levels ?? [])
    .filter(({ location }) => !listed.has(location.id))
    .map(({ location }) => ({ ...location, parent: null }));
}
