/** A number of whole units. */
import type { ReactElement } from 'react';

import { NumberField } from '../ui/NumberField';
import { reader, UNITS_MAX } from '../ui/typedNumber';

interface QuantityFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  min: number;
  max?: number;
  hint?: string;
  autoFocus?: boolean;
}

export function QuantityField(props: QuantityFieldProps): ReactElement {
  const { label, value, onChange, min, max = UNITS_MAX, hint, autoFocus = true } = props;
  return (
    <NumberField
      label={label}
      hint={hint}
      value={value}
      onText={onChange}
      read={(text) => reader.whole(text, min, max)}
      autoFocus={autoFocus}
    />
  );
}

/** The typed number; null: it is none yet. */
export function unitsOf(text: string): number | null {
  const reading = reader.whole(text);
  return 'value' in reading ? Number(reading.value) : null;
}
