/** Moving units from one location to another. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { useBook } from '../offline/useBook';
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
  const book = useBook();
  const tell = useToast();
  const undo = useUndo();
  const amount = withUnit(typed, item);
  const unit = unitOf(item, amount.unit);
  const available = Math.max(availableAt(levels, from), 0);

  const { run, busy, error } = useSubmit(async () => {
    const quantity = quantityOf(amount, item);
    if (quantity === null) return;
    const title = t`Moved: ${inUnit(quantity, unit, item.unit)}`;
    const what = { item: { id: item.id }, ...asTyped(amount, item), from, to, ...filledIn(reason) };
    const words = { title, text: item.name, lines: null };
    const answer = await book(
      (idempotencyKey) => ({ kind: 'TRANSFER', input: { idempotencyKey, ...what } }),
      words,
    );
    throwIfRefused(answer?.userErrors ?? []);
    onClose();
    if (answer === null) return;
    // With one leg of a transfer the other goes back too.
    const action = undo(answer.movements.slice(0, 1), item.name);
    tell({ tone: 'good', title, text: item.name, ...action });
  });

  return (
    <Dialog title={t`Transfer ${item.name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div className="form__row">
          <LocationSelect
            label={t`From`}
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
            label={t({ message: 'To', context: 'a location' })}
            value={to}
            onChange={setTo}
            levels={levels}
            except={from}
            required
          />
        </div>
        <AmountField
          label={t`Units`}
          item={item}
          amount={typed}
          onChange={setTyped}
          min={1}
          {...(from && {
            max: available,
            hint: t`${inUnit(available, unit, item.unit)} available there`,
          })}
        />
        <ReasonFields value={reason} onChange={setReason} />
        <FormError error={error} />
        <FormActions submit={t`Transfer`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
