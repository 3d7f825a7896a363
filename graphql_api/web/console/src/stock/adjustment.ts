/** How a relative change of stock is signed. Pure. */
import { t } from '@lingui/core/macro';

import type { ActionType } from '../../../client/generated/graphql';

export type Adjustment = Exclude<ActionType, 'COUNT' | 'TRANSFER'>;
export type Direction = 'IN' | 'OUT';

/** null: either way. */
const DIRECTIONS: Readonly<Record<Adjustment, Direction | null>> = {
  RECEIPT: 'IN',
  SALE: 'OUT',
  RETURN: null,
  WRITE_OFF: 'OUT',
  CORRECTION: null,
};

export const ADJUSTMENTS = Object.keys(DIRECTIONS) as Adjustment[];

/** The ways that an action may go; null: there is no choice. */
export function directionChoices(
  action: Adjustment,
): readonly { value: Direction; label: string }[] | null {
  if (action === 'RETURN') {
    return [
      { value: 'IN', label: t`From a customer (adds)` },
      { value: 'OUT', label: t`To a supplier (takes)` },
    ];
  }
  if (action === 'CORRECTION') {
    return [
      { value: 'IN', label: t`Add` },
      { value: 'OUT', label: t`Take away` },
    ];
  }
  return null;
}

/** units: as typed, at least 1. The signed change. */
export function signedQuantity(action: Adjustment, chosen: Direction, units: number): number {
  return (DIRECTIONS[action] ?? chosen) === 'IN' ? units : -units;
}
