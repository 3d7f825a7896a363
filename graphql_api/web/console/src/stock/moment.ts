/** A moment as a date field has it, of the browser's own calendar. Pure. */

/** "2026-11-29T15:04", for the field's `max`. */
export function localMinute(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** As the server takes it; null: nothing was typed. */
export function momentOf(text: string): string | null {
  const at = new Date(text); // without a zone: the browser's own
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
