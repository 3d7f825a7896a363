/** A choice of location, with what is there; '' is none. */
import { useQuery } from '@apollo/client/react';
import type { ReactElement } from 'react';

import { LocationsDocument } from '../../../client/generated/graphql';
import { Field } from '../ui/Field';
import { number } from '../ui/format';
import { useLoadAgain } from '../ui/useLoadAgain';
import { levelAt, placesOf } from './levels';
import type { Level } from './levels';
import { PlaceChips } from './PlaceChips';

interface LocationSelectProps {
  label: string;
  value: string;
  onChange: (id: string) => void;
  /** The item's; null or absent: no quantities are shown. */
  levels?: readonly Level[] | null;
  /** Its id is not offered. */
  except?: string;
  /** Not required: '' stands for the default location. */
  required?: boolean;
}

export function LocationSelect(props: LocationSelectProps): ReactElement {
  const { levels = null } = props;
  const { data, error, refetch } = useQuery(LocationsDocument);
  useLoadAgain(error, refetch);
  const locations = placesOf(data?.locations ?? []).filter(({ id }) => id !== props.except);
  const empty = props.required ? 'Choose…' : 'The default one';
  return (
    <Field
      label={props.label}
      hint={
        error && !data ? (
          'The locations could not be loaded.'
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
          required={props.required}
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
