/** What a form will do to the stock of the chosen place, before it is sent. */
import type { ReactElement } from 'react';

import { number } from '../ui/format';
import { levelAt } from './levels';
import type { Level } from './levels';

interface StockOutcomeProps {
  /** null: not known. */
  levels: readonly Level[] | null;
  /** '': not chosen yet. */
  place: string;
  /** The signed change; null: not typed yet. */
  quantity: number | null;
}

export function StockOutcome({ levels, place, quantity }: StockOutcomeProps): ReactElement {
  const isKnown = levels !== null && place !== '';
  const now = isKnown ? levelAt(levels, place) : null;
  const total = levels?.reduce((sum, level) => sum + level.quantity, 0) ?? 0;
  const isSpread = now !== null && total !== now;
  return (
    <p className="outcome number" aria-live="polite">
      <span className="muted">Stock there</span> {now === null ? '…' : number(now)} →{' '}
      <strong>{now === null || quantity === null ? '…' : number(now + quantity)}</strong>
      {isSpread && <span className="muted">of {number(total)} in all</span>}
    </p>
  );
}
