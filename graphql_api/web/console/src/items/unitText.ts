/** An item's units beside its base unit as a person types them, a line each: "kg × 1000". Pure. */
import type { ItemUnitInput } from '../../../client/generated/graphql';
import type { Unit } from '../stock/amounts';
import { reader } from '../ui/typedNumber';
import { linesOf, textOf } from './barcodeText';

export const UNITS_MAX = 15; // 16 with the base unit

export function unitText(units: readonly Unit[]): string {
  const others = units.filter(({ factor }) => factor !== 1);
  return textOf(others.map(({ name, factor }) => ({ code: name, per: String(factor) })));
}

/** As the server takes them. A factor that cannot be read is 0, which it refuses in words. */
export function unitsIn(text: string): ItemUnitInput[] {
  return linesOf(text)
    .filter(({ code }) => code.trim() !== '')
    .map(({ code, per }) => {
      const reading = reader.whole(per);
      return { name: code.trim(), factor: 'value' in reading ? Number(reading.value) : 0 };
    });
}
