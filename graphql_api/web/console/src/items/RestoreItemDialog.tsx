/** An archived or deleted item comes back, under its own names or others. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { RestoreItemDocument } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';

interface RestoreItemDialogProps {
  item: Item;
  onClose: () => void;
  /** It is back. */
  onRestored: () => Promise<unknown>;
}

export function RestoreItemDialog(props: RestoreItemDialogProps): ReactElement {
  const { item, onClose, onRestored } = props;
  const [sku, setSku] = useState(item.sku);
  const [barcode, setBarcode] = useState(item.barcode ?? '');
  const [restore] = useMutation(RestoreItemDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const input = {
      id: item.id,
      ...(sku.trim() !== item.sku && { sku: sku.trim() }),
      ...(barcode.trim() !== (item.barcode ?? '') && { barcode: barcode.trim() || null }),
    };
    const { data } = await restore({ variables: { input } });
    throwIfRefused(data?.restoreItem.userErrors ?? []);
    onClose();
    tell({ tone: 'good', title: t`Item restored`, text: item.name });
    onRestored().catch(() => undefined); // the page's own error state tells it
  });
  return (
    <Dialog title={t`Restore ${item.name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p>
          <Trans>It comes back into lists, searches and alerts. Where others have its SKU or barcode by
          now, give it another one.</Trans>
        </p>
        <div className="form__row">
          <TextField
            label={t`SKU`}
            required
            maxLength={64}
            spellCheck={false}
            value={sku}
            onText={setSku}
          />
          <TextField
            label={t`Barcode`}
            maxLength={64}
            spellCheck={false}
            value={barcode}
            onText={setBarcode}
          />
        </div>
        <FormError error={error} />
        <FormActions submit={t`Restore item`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
