/** A choice of location; '' is the default one. */
import { useQuery } from '@apollo/client/react';
import type { ReactElement } from 'react';

import { LocationsDocument } from '../../../client/generated/graphql';
import { Field } from '../ui/Field';

interface LocationSelectProps {
  label: string;
  value: string;
  onChange: (id: string) => void;
  /** Its id is not offered. */
  except?: string;
  required?: boolean;
}

export function LocationSelect(props: LocationSelectProps): ReactElement {
  const { data, error } = useQuery(LocationsDocument);
  const locations = data?.locations.filter(({ id }) => id !== props.except) ?? [];
  const empty = props.required ? 'Choose…' : 'The default one';
  return (
    <Field label={props.label} hint={error && 'The locations could not be loaded.'}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={props.value}
          required={props.required}
          onChange={(event) => props.onChange(event.target.value)}
        >
          <option value="">{empty}</option>
          {locations.map(({ id, code, name }) => (
            <option key={id} value={id}>
              {code} · {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
