/** What should be there of an item at one place: at or below it, that place has an alert of its own. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { SetLocationMinimumDocument } from '../../../client/generated/graphql';
import type { Level } from '../stock/levels';
import { LocationSelect } from '../stock/LocationSelect';
import { usePlace } from '../stock/usePlace';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { NumberField } from '../ui/NumberField';
import { useToast } from '../ui/Toasts';
import { isEmpty, reader } from '../ui/typedNumber';
import { useEarlySubmit } from '../ui/useEarlySubmit';
import { useSubmit } from '../ui/useSubmit';

interface MinimumDialogProps {
  item: Item;
  levels: readonly Level[];
  onClose: () => void;
  onSaved: () => Promise<unknown>;
}

export function MinimumDialog({ item, levels, onClose, onSaved }: MinimumDialogProps): ReactElement {
  const [place, setPlace, isAwaited] = usePlace(levels);
  const early = useEarlySubmit(isAwaited);
  const [typed, setTyped] = useState<string | null>(null);
  const [set] = useMutation(SetLocationMinimumDocument);
  const tell = useToast();
  const known = levels.find(({ location }) => location.id === place)?.minStock ?? null;
  const text = typed ?? (known === null ? '' : String(known));
  const { run, busy, error } = useSubmit(async () => {
    const reading = reader.whole(text);
    if (!isEmpty(text) && !('value' in reading)) return;
    const minStock = 'value' in reading ? Number(reading.value) : null;
    const input = { item: { id: item.id }, location: place, minStock };
    const { data } = await set({ variables: { input } });
    throwIfRefused(data?.setLocationMinimum.userErrors ?? []);
    onClose();
    tell({ tone: 'good', title: minStock === null ? t`Minimum taken away` : t`Saved`, text: item.name });
    onSaved().catch(() => undefined); // the page's own error state tells it
  });
  return (
    <Dialog title={t`Minimum of ${item.name} at a location`} onClose={onClose}>
      <form
        className="form"
        ref={early.form}
        onSubmit={(event) => early.submit(event, () => void run())}
      >
        <LocationSelect
          label={t`At location`}
          value={place}
          onChange={(other) => {
            setPlace(other);
            setTyped(null);
          }}
          levels={levels}
          required
          isAwaited={isAwaited}
        />
        <NumberField
          label={t`Minimum there`}
          hint={t`In ${item.unit}: at this and below the location has an alert of its own. Empty: none`}
          isOptional
          value={text}
          onText={setTyped}
          read={(value) => reader.whole(value)}
        />
        <FormError error={error} />
        <FormActions submit={t`Save`} busy={busy || early.isEarly} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
