/** A number of whole units. */
import type { ReactElement } from 'react';

import { Field } from '../ui/Field';

interface QuantityFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  min: number;
  max?: number;
  hint?: string;
}

const UNITS_MAX = 2_147_483_647; // GraphQL's Int

export function QuantityField(props: QuantityFieldProps): ReactElement {
  return (
    <Field label={props.label} hint={props.hint}>
      {(ids) => (
        <input
          {...ids}
          className="input number"
          type="number"
          inputMode="numeric"
          required
          data-autofocus
          min={props.min}
          max={props.max ?? UNITS_MAX}
          step={1}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** The typed number; null: it is none yet. */
export function unitsOf(text: string): number | null {
  const value = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(value) ? value : null;
}
