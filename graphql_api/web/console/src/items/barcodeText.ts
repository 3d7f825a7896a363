/** An item's barcodes as a person types them, a line each: "4006381333931", "BOX-77 × 12". Pure. */
import type { ItemBarcodeInput } from '../../../client/generated/graphql';
import { reader } from '../ui/typedNumber';

/** per: base units that one scan stands for, or a unit of the item; '' is one. */
export interface BarcodeLine {
  code: string;
  per: string;
}

export const BARCODES_MAX = 20; // of one item
const TIMES = ' × ';

interface Barcode {
  code: string;
  factor: number;
  unit: string | null;
}

export function barcodeText(barcodes: readonly Barcode[]): string {
  return textOf(
    barcodes.map(({ code, factor, unit }) => ({
      code,
      per: unit ?? (factor === 1 ? '' : String(factor)),
    })),
  );
}

export function textOf(lines: readonly BarcodeLine[]): string {
  return lines.map(({ code, per }) => (per === '' ? code : `${code}${TIMES}${per}`)).join('\n');
}

/** At least one, which may be empty: where the next is typed. */
export function linesOf(text: string): BarcodeLine[] {
  return text.split('\n').map((line) => {
    const at = line.lastIndexOf(TIMES);
    if (at === -1) return { code: line, per: '' };
    return { code: line.slice(0, at), per: line.slice(at + TIMES.length) };
  });
}

/** As the server takes them; lines without a code are left out. */
export function barcodesOf(text: string): ItemBarcodeInput[] {
  return linesOf(text)
    .filter(({ code }) => code.trim() !== '')
    .map(({ code, per }) => {
      const barcode = { code: code.trim() };
      if (per.trim() === '') return barcode;
      const reading = reader.whole(per, 1);
      return 'value' in reading
        ? { ...barcode, factor: Number(reading.value) }
        : { ...barcode, unit: per.trim() };
    });
}
