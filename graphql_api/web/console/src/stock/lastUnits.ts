/** The unit in which a person last booked each item, kept by this browser. */
import { unitOf } from './amounts';
import type { Measured, Unit } from './amounts';

const KEY = 'inventory.units';
const ITEMS_MAX = 500; // the oldest choice goes

/** What a form begins with: the last choice, or what people think in. */
export function unitMeant(item: Measured): Unit {
  return unitOf(item, chosen()[item.id] ?? item.displayUnit);
}

export function rememberUnit(itemId: string, unit: string): void {
  const { [itemId]: _, ...others } = chosen();
  const kept = [...Object.entries(others), [itemId, unit]].slice(-ITEMS_MAX);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)));
  } catch {
    // Without storage the choice holds for the form alone.
  }
}

/** An item's id → the name of its unit. */
function chosen(): Record<string, string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, string>) : {};
  } catch {
    return {};
  }
}
