/** Why stock moved, in words and by its document. */
import type { ReactElement } from 'react';

import { Field } from '../ui/Field';

export interface Reason {
  reason: string;
  reference: string;
}

export const NO_REASON: Reason = { reason: '', reference: '' };

interface ReasonFieldsProps {
  value: Reason;
  onChange: (value: Reason) => void;
}

const FIELDS = [
  { name: 'reason', label: 'Reason', max: 500 },
  { name: 'reference', label: 'Reference', max: 200 },
] as const;

export function ReasonFields({ value, onChange }: ReasonFieldsProps): ReactElement {
  return (
    <div className="form__row form__row--even">
      {FIELDS.map(({ name, label, max }) => (
        <Field key={name} label={`${label} (optional)`}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              maxLength={max}
              value={value[name]}
              onChange={(event) => onChange({ ...value, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

/** What was filled in, for a mutation's input. */
export function filledIn({ reason, reference }: Reason): Partial<Reason> {
  return {
    ...(reason.trim() && { reason: reason.trim() }),
    ...(reference.trim() && { reference: reference.trim() }),
  };
}
