/** What a history shows: of which kind, when, by whom, where, and why. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { LocationsDocument } from '../../../client/generated/graphql';
import type { ActionType, HistoryFieldsFragment } from '../../../client/generated/graphql';
import { ACTIONS } from '../live/feed';
import { placesOf } from '../stock/levels';
import { Field } from '../ui/Field';
import { TextField } from '../ui/TextField';
import { useLoadAgain } from '../ui/useLoadAgain';
import { NO_FILTERS } from './movementFilters';
import type { MovementFilters } from './movementFilters';

interface MovementFilterBarProps {
  filters: MovementFilters;
  change: (filters: MovementFilters) => void;
  /** Those that are shown: who booked them is proposed. */
  movements: readonly HistoryFieldsFragment[];
  /** At first: what is filtered is not hidden. */
  isOpen?: boolean;
}

export function MovementFilterBar(props: MovementFilterBarProps): ReactElement {
  const { filters, change, movements, isOpen = false } = props;
  const [wasOpen] = useState(isOpen); // from then on it is the person's
  const { data, error, refetch } = useQuery(LocationsDocument);
  useLoadAgain(error, refetch);
  const places = placesOf(data?.locations ?? []).map(
    ({ id, path, name }) => [id, `${path} · ${name}`] as const,
  );
  const people = usePeople(movements);
  const set = (changes: Partial<MovementFilters>): void => change({ ...filters, ...changes });
  const text = (field: 'reference' | 'reason', label: string, max: number): ReactElement => (
    <TextField
      label={label}
      type="search"
      maxLength={max}
      value={filters[field]}
      onText={(value) => set({ [field]: value })}
    />
  );
  const date = (field: 'from' | 'to', label: string): ReactElement => (
    <TextField
      label={label}
      type="date"
      value={filters[field]}
      onText={(value) => set({ [field]: value })}
    />
  );
  const choice = (
    field: 'action' | 'location' | 'user',
    label: string,
    choices: readonly (readonly [string, string])[],
  ): ReactElement => (
    <Field label={label}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={filters[field]}
          onChange={(event) => set({ [field]: event.target.value as ActionType | '' })}
        >
          <option value=""><Trans>Any</Trans></option>
          {choices.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  return (
    <details className="history-filters" open={wasOpen}>
      <summary><Trans>Filter</Trans></summary>
      <search className="form">
        <div className="form__row">
          {choice('action', t`What`, Object.entries(ACTIONS))}
          {choice('location', t`Where`, places)}
          {choice('user', t`Who`, people)}
        </div>
        <div className="form__row">
          {date('from', t`Happened from`)}
          {date('to', t`Happened until`)}
        </div>
        <div className="form__row">
          {text('reference', t`Reference begins with`, 200)}
          {text('reason', t`Reason has`, 200)}
        </div>
        <button
          type="button"
          className="button button--small history-filters__all"
          onClick={() => change(NO_FILTERS)}
        >
          <Trans>Show all</Trans>
        </button>
      </search>
    </details>
  );
}

/** Id and name of everybody that this history has come across; only administrators may ask for a
 * list of all. */
function usePeople(
  movements: readonly HistoryFieldsFragment[],
): readonly (readonly [string, string])[] {
  const [known, setKnown] = useState<ReadonlyMap<string, string>>(new Map());
  const unknown = movements.flatMap(({ user }) =>
    user !== null && known.get(user.userId) !== user.name ? [[user.userId, user.name] as const] : [],
  );
  if (unknown.length > 0) setKnown(new Map([...known, ...unknown]));
  return [...known].sort(([, a], [, b]) => a.localeCompare(b));
}
