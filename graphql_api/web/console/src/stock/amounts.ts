/**
 * Quantities in the unit that people think in. An item is kept in whole base units; its other units
 * are whole multiples of them, so 0.5 kg of 1000 g is 500, exactly, and 0.0001 kg is none. Pure.
 */
import { LOCALE } from '#language';
import { t } from '@lingui/core/macro';

import { reader, UNITS_MAX } from '../ui/typedNumber';
import type { Reading } from '../ui/typedNumber';

/** factor: base units in one. */
export interface Unit {
  name: string;
  factor: number;
}

/** What is measured; the base unit is among its units, and first. */
export interface Measured {
  id: string;
  unit: string;
  units: readonly Unit[];
  displayUnit: string;
}

/** As a person types it. unit: a name; '': the one that is proposed. */
export interface Amount {
  text: string;
  unit: string;
}

export const NO_AMOUNT: Amount = { text: '', unit: '' };
const DECIMALS_MAX = 6; // a unit has a million base units at most

/** The unit of this name, or the base unit. */
export function unitOf(item: Measured, name: string): Unit {
  return (
    item.units.find((unit) => unit.name === name) ??
    item.units[0] ?? { name: item.unit, factor: 1 }
  );
}

/** value: base units, from min to max. */
export function readAmount(
  text: string,
  { name, factor }: Unit,
  base: string,
  min = 0,
  max = UNITS_MAX,
): Reading {
  if (factor === 1) return reader.whole(text, min, max);
  const reading = reader.decimal(text, DECIMALS_MAX);
  if ('problem' in reading) return reading;
  const units = inBase(reading.value, factor);
  if (units === null) return { problem: t`${text.trim()} ${name} is no whole number of ${base}.` };
  if (units > BigInt(max)) return { problem: t`At most ${inUnit(max, { name, factor }, base)}.` };
  if (units < BigInt(min)) return { problem: t`At least ${inUnit(min, { name: base, factor: 1 }, base)}.` };
  return { value: String(units) };
}

/** null: it is no whole number. value: canonical, "0.5". */
function inBase(value: string, factor: number): bigint | null {
  const [whole = '', decimals = ''] = value.split('.');
  const scaled = BigInt(whole + decimals) * BigInt(factor);
  const scale = 10n ** BigInt(decimals.length);
  return scaled % scale === 0n ? scaled / scale : null;
}

/** In base units; null: nothing that can be read stands there. */
export function quantityOf(amount: Amount, item: Measured): number | null {
  const reading = readAmount(amount.text, unitOf(item, amount.unit), item.unit);
  return 'value' in reading ? Number(reading.value) : null;
}

/** For a mutation's input, as it was typed. To be called where `quantityOf` is a number. */
export function asTyped(
  amount: Amount,
  item: Measured,
  sign: 1 | -1 = 1,
): { quantity: number } | { amount: string; unit: string } {
  const unit = unitOf(item, amount.unit);
  if (unit.factor === 1) return { quantity: sign * (quantityOf(amount, item) ?? 0) };
  const reading = reader.decimal(amount.text, DECIMALS_MAX);
  const value = 'value' in reading ? reading.value : '0';
  return { amount: sign < 0 ? `-${value}` : value, unit: unit.name };
}

/** The same of a count, whose level has another name. */
export function asCounted(
  typed: ReturnType<typeof asTyped>,
): { stock: number } | { amount: string; unit: string } {
  return 'quantity' in typed ? { stock: typed.quantity } : typed;
}

/** Base units as a person would type them in this unit; null: not without a rest. */
export function typedIn(quantity: number, { factor }: Unit): string | null {
  if (quantity % factor === 0) return String(quantity / factor);
  const decimals = decimalsOf(factor);
  return decimals === null ? null : reader.typed(trimmed((quantity / factor).toFixed(decimals)));
}

/** In words: "12.5 kg"; where decimals would not be exact, "10 carton + 10 piece". */
export function inUnit(quantity: number, { name, factor }: Unit, base: string): string {
  const decimals = decimalsOf(factor);
  if (decimals !== null) return `${EXACT.format(quantity / factor)} ${name}`;
  const whole = Math.trunc(quantity / factor);
  const rest = quantity - whole * factor;
  const parts = [whole !== 0 && `${EXACT.format(whole)} ${name}`, rest !== 0 && `${EXACT.format(rest)} ${base}`];
  return parts.filter(Boolean).join(' + ') || `0 ${name}`;
}

/** In the item's display unit. */
export function inDisplayUnit(quantity: number, item: Measured): string {
  return inUnit(quantity, unitOf(item, item.displayUnit), item.unit);
}

/** Whether people think of it in another unit than it is kept in. */
export function hasDisplayUnit(item: Measured): boolean {
  return unitOf(item, item.displayUnit).factor !== 1;
}

const EXACT = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: DECIMALS_MAX });

/** Digits behind the sign with which each base unit can be told; null: none are enough. */
function decimalsOf(factor: number): number | null {
  const digits = Math.round(Math.log10(factor));
  return 10 ** digits === factor ? digits : null;
}

function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
