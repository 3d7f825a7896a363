/** Moving units from one location to another. */
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { TransferStockDocument } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { number } from '../ui/format';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import type { Level } from './levels';
import { availableAt, stockedLevels } from './levels';
import { LocationSelect } from './LocationSelect';
import { QuantityField, unitsOf } from './QuantityField';
import { filledIn, NO_REASON, ReasonFields } from './ReasonFields';
import { useSubmitKey } from './useSubmitKey';

interface TransferDialogProps {
  item: Item;
  levels: readonly Level[];
  onClose: () => void;
}

export function TransferDialog({ item, levels, onClose }: TransferDialogProps): ReactElement {
  const stocked = stockedLevels(levels);
  const [from, setFrom] = useState(stocked.length === 1 ? (stocked[0]?.location.id ?? '') : '');
  const [to, setTo] = useState('');
  const [units, setUnits] = useState('');
  const [reason, setReason] = useState(NO_REASON);
  const [transfer] = useMutation(TransferStockDocument);
  const withKey = useSubmitKey();
  const tell = useToast();
  const available = Math.max(availableAt(levels, from), 0);

  const { run, busy, error } = useSubmit(async () => {
    const quantity = unitsOf(units);
    if (quantity === null) return;
    await withKey(async (idempotencyKey) => {
      const input = { idempotencyKey, item: { id: item.id }, quantity, from, to };
      const { data } = await transfer({ variables: { input: { ...input, ...filledIn(reason) } } });
      throwIfRefused(data?.transferStock.userErrors ?? []);
    });
    onClose();
    tell({ tone: 'good', title: `${number(quantity)} units moved`, text: item.name });
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
          <Field label="From">
            {(ids) => (
              <select
                {...ids}
                className="input"
                required
                value={from}
                onChange={(event) => {
                  setFrom(event.target.value);
                  if (event.target.value === to) setTo('');
                }}
              >
                <option value="">Choose…</option>
                {stocked.map(({ location, quantity }) => (
                  <option key={location.id} value={location.id}>
                    {location.code} · {location.name} ({number(quantity)})
                  </option>
                ))}
              </select>
            )}
          </Field>
          <LocationSelect
            label="To"
            value={to}
            onChange={setTo}
            levels={levels}
            except={from}
            required
          />
        </div>
        <QuantityField
          label="Units"
          value={units}
          onChange={setUnits}
          min={1}
          {...(from && { max: available, hint: `${number(available)} available there` })}
        />
        <ReasonFields value={reason} onChange={setReason} />
        <FormError error={error} />
        <FormActions submit="Transfer" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
