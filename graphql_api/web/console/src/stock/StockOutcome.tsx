/** What a form will do to the stock of the chosen place, before it is sent. */
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { number } from '../ui/format';
import { hasDisplayUnit, inDisplayUnit } from './amounts';
import type { Measured } from './amounts';
import { levelAt } from './levels';
import type { Level } from './levels';

interface StockOutcomeProps {
  /** null: not known. */
  levels: readonly Level[] | null;
  /** '': not chosen yet. */
  place: string;
  /** The signed change; null: not typed yet. */
  quantity: number | null;
  item: Measured;
}

export function StockOutcome(props: StockOutcomeProps): ReactElement {
  const { levels, place, quantity, item } = props;
  const isKnown = levels !== null && place !== '';
  const now = isKnown ? levelAt(levels, place) : null;
  const total = levels?.reduce((sum, level) => sum + level.quantity, 0) ?? 0;
  const after = now === null || quantity === null ? null : now + quantity;
  const isSpread = now !== null && total !== now;
  return (
    <p className="outcome number" aria-live="polite">
      <span className="muted"><Trans>Stock there</Trans></span> {now === null ? '…' : number(now)} →{' '}
      <strong>{after === null ? '…' : number(after)}</strong>
      {after !== null && hasDisplayUnit(item) && (
        <span className="muted">({inDisplayUnit(after, item)})</span>
      )}
      {isSpread && <span className="muted"><Trans>of {number(total)} in all</Trans></span>}
    </p>
  );
}
