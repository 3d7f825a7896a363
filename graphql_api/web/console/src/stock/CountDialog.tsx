/**
 * A count: what was found on the shelf, against what the system says. If the level moves while
 * somebody counts, the server refuses, and the person is told the level of now.
 */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import type { SetStockInput } from '../../../client/generated/graphql';
import { useBook } from '../offline/useBook';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { number, signed } from '../ui/format';
import { useToast } from '../ui/Toasts';
import { useEarlySubmit } from '../ui/useEarlySubmit';
import { useSubmit } from '../ui/useSubmit';
import { AmountField, withUnit } from './AmountField';
import {
  asCounted,
  asTyped,
  hasDisplayUnit,
  inDisplayUnit,
  inUnit,
  NO_AMOUNT,
  quantityOf,
  unitOf,
} from './amounts';
import type { Measured } from './amounts';
import type { Level } from './levels';
import { levelAt } from './levels';
import { LocationSelect } from './LocationSelect';
import { filledIn, NO_REASON, ReasonFields } from './ReasonFields';
import { usePlace } from './usePlace';
import { useUndo } from './useUndo';

interface CountDialogProps {
  item: Item & Measured;
  levels: readonly Level[];
  /** Reads the levels again; resolves to those of now. */
  reload: () => Promise<readonly Level[]>;
  onClose: () => void;
}

export function CountDialog({ item, levels, reload, onClose }: CountDialogProps): ReactElement {
  // What the person counts against must not change under the count.
  const [seen, setSeen] = useState(levels);
  const [location, setLocation, isAwaited] = usePlace(seen);
  const early = useEarlySubmit(isAwaited);
  const [typed, setTyped] = useState(NO_AMOUNT);
  const [reason, setReason] = useState(NO_REASON);
  const [hasMoved, setMoved] = useState(false);
  const book = useBook();
  const tell = useToast();
  const undo = useUndo();
  const expected = levelAt(seen, location);
  const amount = withUnit(typed, item);
  const counted = quantityOf(amount, item);

  const { run, busy, error } = useSubmit(async () => {
    if (counted === null) return;
    setMoved(false);
    const inputOf = (idempotencyKey: string): SetStockInput => ({
      idempotencyKey,
      item: { id: item.id },
      ...asCounted(asTyped(amount, item)),
      expectedStock: expected,
      location,
      ...filledIn(reason),
    });
    const title = t`Counted: ${inUnit(counted, unitOf(item, amount.unit), item.unit)}`;
    const words = { title, text: item.name, lines: null };
    const answer = await book((key) => ({ kind: 'COUNT', input: inputOf(key) }), words);
    const refusals = answer?.userErrors ?? [];
    if (refusals[0]?.code === 'STOCK_CONFLICT') {
      setSeen(await reload());
      setMoved(true);
      return;
    }
    throwIfRefused(refusals);
    onClose();
    if (answer === null) return;
    tell({ tone: 'good', title, text: item.name, ...undo(answer.movements, item.name) });
  });

  return (
    <Dialog title={t`Count ${item.name}`} onClose={onClose}>
      <form
        className="form"
        ref={early.form}
        onSubmit={(event) => early.submit(event, () => void run())}
      >
        <div className="form__row">
          <AmountField
            label={t`Counted units`}
            item={item}
            amount={typed}
            onChange={setTyped}
            min={0}
          />
          <LocationSelect
            label={t`At location`}
            value={location}
            onChange={setLocation}
            levels={seen}
            required
            isAwaited={isAwaited}
          />
        </div>
        <p className="outcome number" aria-live="polite">
          <span className="muted"><Trans>The system says</Trans></span> {location ? number(expected) : '…'}
          {location && hasDisplayUnit(item) && (
            <span className="muted">({inDisplayUnit(expected, item)})</span>
          )}
          {location && counted !== null && (
            <>
              <span className="muted"><Trans>difference</Trans></span>
              <strong>{signed(counted - expected)}</strong>
            </>
          )}
        </p>
        {hasMoved && (
          <p className="form__note" role="alert">
            <Trans>The stock moved while you counted: it is {number(expected)} there now. Look again, then
            record your count once more.</Trans>
          </p>
        )}
        <ReasonFields value={reason} onChange={setReason} />
        <FormError error={error} />
        <FormActions submit={t`Record count`} busy={busy || early.isEarly} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
