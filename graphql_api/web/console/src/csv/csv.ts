/** Rows as a CSV file that a spreadsheet opens as it stands, and that cannot make it compute. Pure. */

export type Cell = string | number | null;

const FORMULA = /^[=+\-@\t\r]/; // what a spreadsheet takes for a formula
const SPECIAL = /[",\r\n]/;
const BYTE_ORDER_MARK = '\ufeff'; // without it a spreadsheet takes the text for another encoding

/** heads: of the columns. A text that looks like a formula gets an apostrophe before it. */
export function csvOf(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [heads, ...rows].map((cells) => cells.map(written).join(','));
  return `${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n`;
}

/** A number is one, its sign included; a decimal string is text that is a number. */
function written(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const isNumber = /^-?\d+(\.\d+)?$/.test(cell);
  const safe = !isNumber && FORMULA.test(cell) ? `'${cell}` : cell;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
