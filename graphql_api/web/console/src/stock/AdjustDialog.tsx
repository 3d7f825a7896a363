/** A relative change of an item's stock: receipt, sale, return, write-off, correction. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import type { AdjustStockInput } from '../../../client/generated/graphql';
import { ACTIONS } from '../live/feed';
import { useBook } from '../offline/useBook';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { useToast } from '../ui/Toasts';
import { useEarlySubmit } from '../ui/useEarlySubmit';
import { useSubmit } from '../ui/useSubmit';
import { ADJUSTMENTS, directionChoices, signedQuantity } from './adjustment';
import type { Adjustment, Direction } from './adjustment';
import { AmountField, withUnit } from './AmountField';
import { asTyped, inUnit, NO_AMOUNT, quantityOf, unitOf } from './amounts';
import { LocationSelect } from './LocationSelect';
import { filledIn, NO_REASON, ReasonFields } from './ReasonFields';
import { StockOutcome } from './StockOutcome';
import { useLevels } from './useLevels';
import { usePlace } from './usePlace';
import { useUndo } from './useUndo';

const CHOICES = ADJUSTMENTS.map((value) => ({ value, label: ACTIONS[value] }));

interface AdjustDialogProps {
  item: Item;
  onClose: () => void;
}

export function AdjustDialog({ item, onClose }: AdjustDialogProps): ReactElement {
  const [action, setAction] = useState<Adjustment>('RECEIPT');
  const [direction, setDirection] = useState<Direction>('IN');
  const [typed, setTyped] = useState(NO_AMOUNT);
  const { levels, measured, isOld, error: levelsError } = useLevels(item);
  const [location, setLocation, isAwaited] = usePlace(isOld ? null : levels, levelsError);
  const early = useEarlySubmit(isAwaited);
  const [reason, setReason] = useState(NO_REASON);
  const book = useBook();
  const tell = useToast();
  const undo = useUndo();
  const amount = withUnit(typed, measured);
  const units = quantityOf(amount, measured);
  const quantity = units === null ? null : signedQuantity(action, direction, units);

  const { run, busy, error } = useSubmit(async () => {
    if (quantity === null) return;
    const told = inUnit(quantity, unitOf(measured, amount.unit), item.unit);
    const title = `${ACTIONS[action]} ${quantity > 0 ? '+' : ''}${told}`;
    const inputOf = (idempotencyKey: string): AdjustStockInput => ({
      idempotencyKey,
      item: { id: item.id },
      ...asTyped(amount, measured, quantity < 0 ? -1 : 1),
      actionType: action,
      location,
      ...filledIn(reason),
    });
    const words = { title, text: item.name, lines: null };
    const answer = await book((key) => ({ kind: 'ADJUST', input: inputOf(key) }), words);
    throwIfRefused(answer?.userErrors ?? []);
    onClose();
    if (answer === null) return;
    tell({ tone: 'good', title, text: item.name, ...undo(answer.movements, item.name) });
  });

  const directions = directionChoices(action);
  return (
    <Dialog title={t`Adjust ${item.name}`} onClose={onClose}>
      <form
        className="form"
        ref={early.form}
        onSubmit={(event) => early.submit(event, () => void run())}
      >
        <Segments label={t`Why`} choices={CHOICES} value={action} onChange={setAction} />
        {directions && (
          <Segments
            label={t`Which way`}
            choices={directions}
            value={direction}
            onChange={setDirection}
          />
        )}
        <div className="form__row">
          <AmountField label={t`Units`} item={measured} amount={typed} onChange={setTyped} min={1} />
          <LocationSelect
            label={t`At location`}
            value={location}
            onChange={setLocation}
            levels={levels}
            required
            isAwaited={isAwaited}
          />
        </div>
        <StockOutcome levels={levels} place={location} quantity={quantity} item={measured} />
        {levels === null && <FormError error={levelsError} />}
        <ReasonFields value={reason} onChange={setReason} />
        <FormError error={error} />
        <FormActions submit={t`Record`} busy={busy || early.isEarly} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
