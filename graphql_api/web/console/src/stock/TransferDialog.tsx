/** Moving units from one location to another. */
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { TransferStockDocument } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { AmountField, withUnit } from './AmountField';
import { asTyped, inUnit, NO_AMOUNT, quantityOf, unitOf } from './amounts';
import type { Measured } from './amounts';
import type { Level } from './levels';
import { availableAt, stockedLevels } from './levels';
import { LocationSelect } from './LocationSelect';
import { filledIn, NO_REASON, ReasonFields } from './ReasonFields';
import { useSubmitKey } from './useSubmitKey';
import { useUndo } from './useUndo';

interface TransferDialogProps {
  item: Item & Measured;
  levels: readonly Level[];
  onClose: () => void;
}

export function TransferDialog({ item, levels, onClose }: TransferDialogProps): ReactElement {
  const stocked = stockedLevels(levels);
  const [from, setFrom] = useState(stocked.length === 1 ? (stocked[0]?.location.id ?? '') : '');
  const [to, setTo] = useState('');
  const [typed, setTyped] = useState(NO_AMOUNT);
  const [reason, setReason] = useState(NO_REASON);
  const [transfer] = useMutation(TransferStockDocument);
  const withKey = useSubmitKey();
  const tell = useToast();
  const undo = useUndo();
  const amount = withUnit(typed, item);
  const unit = unitOf(item, amount.unit);
  const available = Math.max(availableAt(levels, from), 0);

  const { run, busy, error } = useSubmit(async () => {
    const quantity = quantityOf(amount, item);
    if (quantity === null) return;
    const movements = await withKey(async (idempotencyKey) => {
      const input = { idempotencyKey, item: { id: item.id }, ...asTyped(amount, item), from, to };
      const { data } = await transfer({ variables: { input: { ...input, ...filledIn(reason) } } });
      throwIfRefused(data?.transferStock.userErrors ?? []);
      return data?.transferStock.movements ?? [];
    });
    onClose();
    // With one leg of a transfer the other goes back too.
    const action = undo(movements.slice(0, 1), item.name);
    const title = `Moved: ${inUnit(quantity, unit, item.unit)}`;
    tell({ tone: 'good', title, text: item.name, ...action });
  });

  return (
    <Dialog title={`Transfer ${item.name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div className="form__row">
          <LocationSelect
            label="From"
            value={from}
            onChange={(place) => {
              setFrom(place);
              if (place === to) setTo('');
            }}
            levels={levels}
            isStocked
            required
          />
          <LocationSelect
            label="To"
            value={to}
            onChange={setTo}
            levels={levels}
            except={from}
            required
          />
        </div>
        <AmountField
          label="Units"
          item={item}
          amount={typed}
          onChange={setTyped}
          min={1}
          {...(from && {
            max: available,
            hint: `${inUnit(available, unit, item.unit)} available there`,
          })}
        />
        <ReasonFields value={reason} onChange={setReason} />
        <FormError error={error} />
        <FormActions submit="Transfer" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
