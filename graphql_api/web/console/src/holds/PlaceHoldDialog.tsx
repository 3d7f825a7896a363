/** Units set aside for somebody until a moment. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { PlaceHoldDocument } from '../../../client/generated/graphql';
import { AmountField, withUnit } from '../stock/AmountField';
import { inUnit, NO_AMOUNT, quantityOf, unitOf } from '../stock/amounts';
import type { Measured } from '../stock/amounts';
import { availableAt } from '../stock/levels';
import type { Level } from '../stock/levels';
import { LocationSelect } from '../stock/LocationSelect';
import { usePlace } from '../stock/usePlace';
import { useSubmitKey } from '../stock/useSubmitKey';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { spanOf } from '../ui/spans';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { useEarlySubmit } from '../ui/useEarlySubmit';
import { useSubmit } from '../ui/useSubmit';

const SPANS = [
  { value: '900', label: spanOf(15, 'minute') },
  { value: '3600', label: spanOf(1, 'hour') },
  { value: '86400', label: spanOf(1, 'day') },
  { value: '604800', label: spanOf(1, 'week') },
] as const;
type Seconds = (typeof SPANS)[number]['value'];

interface PlaceHoldDialogProps {
  item: Item & Measured;
  levels: readonly Level[];
  onClose: () => void;
  onPlaced: () => Promise<unknown>;
}

export function PlaceHoldDialog(props: PlaceHoldDialogProps): ReactElement {
  const { item, levels, onClose, onPlaced } = props;
  const [typed, setTyped] = useState(NO_AMOUNT);
  const [location, setLocation, isAwaited] = usePlace(levels);
  const early = useEarlySubmit(isAwaited);
  const [seconds, setSeconds] = useState<Seconds>('900');
  const [words, setWords] = useState({ reference: '', note: '' });
  const [place] = useMutation(PlaceHoldDocument);
  const withKey = useSubmitKey();
  const tell = useToast();
  const amount = withUnit(typed, item);
  const unit = unitOf(item, amount.unit);
  const available = Math.max(availableAt(levels, location), 0);
  const { run, busy, error } = useSubmit(async () => {
    const quantity = quantityOf(amount, item);
    if (quantity === null) return;
    await withKey(async (idempotencyKey) => {
      const input = {
        idempotencyKey,
        lines: [{ item: { id: item.id }, quantity, location }],
        expiresInSeconds: Number(seconds),
        ...(words.reference.trim() && { reference: words.reference.trim() }),
        ...(words.note.trim() && { note: words.note.trim() }),
      };
      const { data } = await place({ variables: { input } });
      throwIfRefused(data?.placeHold.userErrors ?? []);
    });
    onClose();
    tell({ tone: 'good', title: t`Held: ${inUnit(quantity, unit, item.unit)}`, text: item.name });
    onPlaced().catch(() => undefined); // the page's own error state tells it
  });
  return (
    <Dialog title={t`Hold ${item.name}`} onClose={onClose}>
      <form
        className="form"
        ref={early.form}
        onSubmit={(event) => early.submit(event, () => void run())}
      >
        <p className="muted"><Trans>Nobody else can sell or move them until then.</Trans></p>
        <div className="form__row">
          <AmountField
            label={t`Units`}
            item={item}
            amount={typed}
            onChange={setTyped}
            min={1}
            {...(location && { hint: t`${inUnit(available, unit, item.unit)} available there` })}
          />
          <LocationSelect
            label={t`At location`}
            value={location}
            onChange={setLocation}
            levels={levels}
            required
            isAwaited={isAwaited}
          />
        </div>
        <Segments label={t`For how long`} choices={SPANS} value={seconds} onChange={setSeconds} />
        <TextField
          label={t`Reference (optional)`}
          maxLength={200}
          value={words.reference}
          onText={(reference) => setWords({ ...words, reference })}
        />
        <TextField
          label={t`Note (optional)`}
          maxLength={500}
          value={words.note}
          onText={(note) => setWords({ ...words, note })}
        />
        <FormError error={error} />
        <FormActions submit={t`Hold them`} busy={busy || early.isEarly} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
