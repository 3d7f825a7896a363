/** A quantity and its unit, with the base units that it comes to. */
import { t } from '@lingui/core/macro';
import { useId } from 'react';
import type { ReactElement } from 'react';

import { NumberField } from '../ui/NumberField';
import { UNITS_MAX } from '../ui/typedNumber';
import { inUnit, readAmount, unitOf } from './amounts';
import type { Amount, Measured } from './amounts';
import { rememberUnit, unitMeant } from './lastUnits';
import './places.css';

interface AmountFieldProps {
  label: string;
  item: Measured;
  /** Its unit may be '': the one that is meant is shown then. */
  amount: Amount;
  onChange: (amount: Amount) => void;
  /** In base units, as max is. */
  min: number;
  max?: number;
  hint?: string | undefined;
  autoFocus?: boolean;
}

export function AmountField(props: AmountFieldProps): ReactElement {
  const { label, item, onChange, min, max = UNITS_MAX, hint, autoFocus = true } = props;
  const amount = withUnit(props.amount, item);
  const unit = unitOf(item, amount.unit);
  const read = (text: string): ReturnType<typeof readAmount> =>
    readAmount(text, unit, item.unit, min, max);
  const reading = read(amount.text);
  const isOther = unit.factor !== 1 && 'value' in reading;
  const told = isOther && `= ${inUnit(Number(reading.value), { name: item.unit, factor: 1 }, item.unit)}`;
  return (
    <div className={item.units.length > 1 ? 'amount' : undefined}>
      <NumberField
        label={label}
        hint={[told, hint].filter(Boolean).join(' · ') || undefined}
        value={amount.text}
        onText={(text) => onChange({ ...amount, text })}
        read={read}
        hasDecimals={unit.factor !== 1}
        autoFocus={autoFocus}
      />
      <UnitSelect item={item} amount={amount} onChange={onChange} label={t`Unit`} />
    </div>
  );
}

interface UnitSelectProps {
  item: Measured;
  amount: Amount;
  onChange: (amount: Amount) => void;
  label: string;
}

/** Nothing where there is no choice. */
export function UnitSelect({ item, amount, onChange, label }: UnitSelectProps): ReactElement | null {
  const id = useId();
  if (item.units.length < 2) return null;
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className="input"
        value={amount.unit}
        onChange={({ target }) => {
          rememberUnit(item.id, target.value);
          onChange({ ...amount, unit: target.value });
        }}
      >
        {item.units.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  );
}

/** The amount with the unit that is meant, where none was chosen. */
export function withUnit(amount: Amount, item: Measured): Amount {
  return amount.unit === '' ? { ...amount, unit: unitMeant(item).name } : amount;
}
