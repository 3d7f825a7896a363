/** Why stock moved, in words and by its document; and when, if not just now. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { TextField } from '../ui/TextField';
import { localMinute, momentOf } from './moment';

export interface Reason {
  reason: string;
  reference: string;
  /** When it happened, as a date field has it; '': now. */
  occurred: string;
}

export const NO_REASON: Reason = { reason: '', reference: '', occurred: '' };

interface ReasonFieldsProps {
  value: Reason;
  onChange: (value: Reason) => void;
}

const FIELDS = [
  { name: 'reason', label: t`Reason (optional)`, max: 500 },
  { name: 'reference', label: t`Reference (optional)`, max: 200 },
] as const;

export function ReasonFields({ value, onChange }: ReasonFieldsProps): ReactElement {
  const [opened] = useState(() => localMinute(new Date()));
  return (
    <>
      <div className="form__row form__row--even">
        {FIELDS.map(({ name, label, max }) => (
          <TextField
            key={name}
            label={label}
            maxLength={max}
            value={value[name]}
            onText={(text) => onChange({ ...value, [name]: text })}
          />
        ))}
      </div>
      <TextField
        label={t`Happened earlier, at (optional)`}
        type="datetime-local"
        max={opened}
        value={value.occurred}
        onText={(occurred) => onChange({ ...value, occurred })}
      />
    </>
  );
}

/** What was filled in, for a mutation's input. */
export function filledIn({ reason, reference, occurred }: Reason): {
  reason?: string;
  reference?: string;
  occurredAt?: string;
} {
  const occurredAt = momentOf(occurred);
  return {
    ...(reason.trim() && { reason: reason.trim() }),
    ...(reference.trim() && { reference: reference.trim() }),
    ...(occurredAt !== null && { occurredAt }),
  };
}
