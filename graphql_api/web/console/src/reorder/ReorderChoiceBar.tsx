/** For what, where, and for how long ahead it is ordered. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { CategoryNamesDocument, LocationsDocument } from '../../../client/generated/graphql';
import { placesOf } from '../stock/levels';
import { Field } from '../ui/Field';
import { TextField } from '../ui/TextField';
import { useLoadAgain } from '../ui/useLoadAgain';
import { DAYS_MAX } from './reorderParams';
import type { ReorderChoice } from './reorderParams';

interface ReorderChoiceBarProps {
  choice: ReorderChoice;
  change: (choice: ReorderChoice) => void;
}

const CATEGORIES_MAX = 100; // more than a person looks through

export function ReorderChoiceBar({ choice, change }: ReorderChoiceBarProps): ReactElement {
  const locations = useQuery(LocationsDocument);
  useLoadAgain(locations.error, locations.refetch);
  const categories = useQuery(CategoryNamesDocument, {
    variables: { first: CATEGORIES_MAX },
    fetchPolicy: 'cache-and-network',
  });
  useLoadAgain(categories.error, categories.refetch);
  const names = categories.data?.categories.nodes.map(({ name }) => [name, name] as const) ?? [];
  const places = placesOf(locations.data?.locations ?? []).map(
    ({ id, path, name }) => [id, `${path} · ${name}`] as const,
  );
  const days = (field: 'lead' | 'cover', label: string): ReactElement => (
    <TextField
      label={label}
      type="number"
      inputMode="numeric"
      min={0}
      max={DAYS_MAX}
      step={1}
      placeholder={t`as set`}
      value={choice[field]}
      onText={(value) => change({ ...choice, [field]: value })}
    />
  );
  const chosen = (
    field: 'category' | 'location',
    label: string,
    choices: readonly (readonly [string, string])[],
  ): ReactElement => (
    <Field label={label}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={choice[field]}
          onChange={(event) => change({ ...choice, [field]: event.target.value })}
        >
          <option value=""><Trans>All</Trans></option>
          {withChosen(choices, choice[field]).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <search className="form__row form__row--even reorder-choice">
      {chosen('category', t`Category`, names)}
      {chosen('location', t`Place`, places)}
      {days('lead', t`Usual lead time, days`)}
      {days('cover', t`Order for, days`)}
    </search>
  );
}

/** The chosen one stands there, whether it is known (yet) or not. */
function withChosen(
  choices: readonly (readonly [string, string])[],
  value: string,
): readonly (readonly [string, string])[] {
  if (value === '' || choices.some(([known]) => known === value)) return choices;
  return [[value, value], ...choices];
}
