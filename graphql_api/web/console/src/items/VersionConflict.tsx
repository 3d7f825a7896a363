/** Two people changed the item: both versions side by side, and the person's choice. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useId, useState } from 'react';
import type { ReactElement } from 'react';

import { FormActions } from '../ui/FormActions';
import { Time } from '../ui/Time';
import { conflictOf, resolved } from './conflict';
import type { Choice } from './conflict';
import { FIELD_LABELS, draftOf } from './itemDraft';
import type { DraftField, EditedItem, ItemDraft } from './itemDraft';

interface VersionConflictProps {
  /** As the item was when this person began. */
  base: ItemDraft;
  mine: ItemDraft;
  /** The server's of now. */
  theirs: EditedItem;
  busy: boolean;
  onResolved: (merged: ItemDraft) => void;
  onCancel: () => void;
}

export function VersionConflict(props: VersionConflictProps): ReactElement {
  const { base, mine, theirs, busy, onResolved, onCancel } = props;
  const [choices, setChoices] = useState<ReadonlyMap<DraftField, Choice>>(new Map());
  const now = draftOf(theirs);
  const conflict = conflictOf(base, mine, now);
  const choose = (field: DraftField, choice: Choice): void => {
    setChoices(new Map(choices).set(field, choice));
  };
  return (
    <form
      className="conflict"
      onSubmit={(event) => {
        event.preventDefault();
        onResolved(resolved(base, mine, now, choices));
      }}
    >
      <p role="alert">
        <strong><Trans>Somebody else saved this item while you edited it</Trans></strong> (
        <Time at={theirs.updatedAt} />
        ).{' '}
        {conflict.disputed.length > 0
          ? t`Choose what counts for each field that you both changed.`
          : t`You changed different fields, so both changes can stand.`}
      </p>
      {conflict.disputed.length > 0 && (
        <div className="table-frame">
          <table className="table">
            <thead>
              <tr>
                <th scope="col"><Trans>Field</Trans></th>
                <th scope="col"><Trans>Yours</Trans></th>
                <th scope="col"><Trans>Theirs</Trans></th>
              </tr>
            </thead>
            <tbody>
              {conflict.disputed.map((field) => (
                <tr key={field}>
                  <th scope="row">
                    {FIELD_LABELS[field]}
                    <div className="muted"><Trans>was {shown(base[field])}</Trans></div>
                  </th>
                  <DisputedField
                    field={field}
                    values={{ mine: mine[field], theirs: now[field] }}
                    choice={choices.get(field)}
                    choose={choose}
                  />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {conflict.theirs.length > 0 && (
        <div>
          <h3><Trans>They also changed, and it stays so</Trans></h3>
          <ul>
            {conflict.theirs.map((field) => (
              <li key={field}>
                {FIELD_LABELS[field]}: <span className="muted">{shown(base[field])}</span> →{' '}
                <strong>{shown(now[field])}</strong>
              </li>
            ))}
          </ul>
        </div>
      )}
      <FormActions submit={t`Save this`} busy={busy} onCancel={onCancel} />
    </form>
  );
}

interface DisputedFieldProps {
  field: DraftField;
  values: Record<Choice, string>;
  choice: Choice | undefined;
  choose: (field: DraftField, choice: Choice) => void;
}

function DisputedField({ field, values, choice, choose }: DisputedFieldProps): ReactElement {
  const name = useId();
  return (
    <>
      {(['mine', 'theirs'] as const).map((side) => (
        <td key={side}>
          <label className="choice">
            <input
              type="radio"
              name={name}
              required
              checked={choice === side}
              onChange={() => choose(field, side)}
              aria-label={t`${FIELD_LABELS[field]}: ${SIDES[side]}, ${shown(values[side])}`}
            />
            {shown(values[side])}
          </label>
        </td>
      ))}
    </>
  );
}

const SIDES: Readonly<Record<Choice, string>> = { mine: t`yours`, theirs: t`theirs` };

const shown = (value: string): string => (value === '' ? 'nothing' : value);
