/** A relative change of an item's stock: receipt, sale, return, write-off, correction. */
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { AdjustStockDocument } from '../../../client/generated/graphql';
import { ACTIONS } from '../live/feed';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { useToast } from '../ui/Toasts';
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
import { useSubmitKey } from './useSubmitKey';
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
  const [location, setLocation] = usePlace(isOld ? null : levels);
  const [reason, setReason] = useState(NO_REASON);
  const [adjust] = useMutation(AdjustStockDocument);
  const withKey = useSubmitKey();
  const tell = useToast();
  const undo = useUndo();
  const amount = withUnit(typed, measured);
  const units = quantityOf(amount, measured);
  const quantity = units === null ? null : signedQuantity(action, direction, units);

  const { run, busy, error } = useSubmit(async () => {
    if (quantity === null) return;
    const movement = await withKey(async (idempotencyKey) => {
      const input = {
        idempotencyKey,
        item: { id: item.id },
        ...asTyped(amount, measured, quantity < 0 ? -1 : 1),
        actionType: action,
        location,
        ...filledIn(reason),
      };
      const { data } = await adjust({ variables: { input } });
      throwIfRefused(data?.adjustStock.userErrors ?? []);
      return data?.adjustStock.movement;
    });
    onClose();
    const told = inUnit(quantity, unitOf(measured, amount.unit), item.unit);
    const title = `${ACTIONS[action]} ${quantity > 0 ? '+' : ''}${told}`;
    tell({ tone: 'good', title, text: item.name, ...undo(movement ? [movement] : [], item.name) });
  });

  const directions = directionChoices(action);
  return (
    <Dialog title={`Adjust ${item.name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Segments label="Why" choices={CHOICES} value={action} onChange={setAction} />
        {directions && (
          <Segments
            label="Which way"
            choices={directions}
            value={direction}
            onChange={setDirection}
          />
        )}
        <div className="form__row">
          <AmountField label="Units" item={measured} amount={typed} onChange={setTyped} min={1} />
          <LocationSelect
            label="At location"
            value={location}
            onChange={setLocation}
            levels={levels}
            required
          />
        </div>
        <StockOutcome levels={levels} place={location} quantity={quantity} item={measured} />
        {levels === null && <FormError error={levelsError} />}
        <ReasonFields value={reason} onChange={setReason} />
        <FormError error={error} />
        <FormActions submit="Record" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
