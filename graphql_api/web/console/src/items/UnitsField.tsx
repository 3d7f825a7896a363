/** An item's units: the base unit that it is counted in, its multiples, and the one people think in. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { Field } from '../ui/Field';
import { TextField } from '../ui/TextField';
import type { ItemDraft } from './itemDraft';
import { FIELD_LABELS } from './itemDraft';
import { PairsField } from './PairsField';
import { UNITS_MAX, unitsIn } from './unitText';

interface UnitsFieldProps {
  draft: ItemDraft;
  change: (changes: Partial<ItemDraft>) => void;
}

export function UnitsField({ draft, change }: UnitsFieldProps): ReactElement {
  const others = unitsIn(draft.units);
  return (
    <>
      <div className="form__row">
        <TextField
          label={FIELD_LABELS.unit}
          required
          maxLength={32}
          value={draft.unit}
          onText={(unit) => change({ unit })}
        />
        {others.length > 0 && (
          <Field label={FIELD_LABELS.displayUnit}>
            {(ids) => (
              <select
                {...ids}
                className="input"
                value={draft.displayUnit}
                onChange={({ target }) => change({ displayUnit: target.value })}
              >
                <option value="">{draft.unit}</option>
                {others.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            )}
          </Field>
        )}
      </div>
      <PairsField
        legend={FIELD_LABELS.units}
        first={{ label: t`Other unit`, example: t`kg, carton…` }}
        second={{ label: t`Base units in one`, example: '× 1000' }}
        another={t`Another unit`}
        takeAway={(nth) => t`Take unit${nth} away`}
        hint={t`How many ${draft.unit} one of them is: whole numbers`}
        linesMax={UNITS_MAX}
        value={draft.units}
        onChange={(units) => change({ units, ...keptDisplayUnit(draft.displayUnit, units) })}
      />
    </>
  );
}

/** A unit that is not there any more cannot be the one people think in. */
function keptDisplayUnit(displayUnit: string, units: string): Partial<ItemDraft> {
  const isKept = unitsIn(units).some(({ name }) => name === displayUnit);
  return isKept ? {} : { displayUnit: '' };
}
