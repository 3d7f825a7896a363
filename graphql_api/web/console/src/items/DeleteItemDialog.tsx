/** Asks before an item is deleted, and what becomes of its stock. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { DeleteItemDocument } from '../../../client/generated/graphql';
import type { DeletedStock } from '../../../client/generated/graphql';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { number } from '../ui/format';
import { useToast } from '../ui/Toasts';

const FATES: readonly { value: DeletedStock; label: string }[] = [
  { value: 'KEEP', label: t`It stays in the totals until it is booked out` },
  { value: 'WRITE_OFF', label: t`Write it off now, at every location` },
];

interface DeleteItemDialogProps {
  item: Item;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteItemDialog(props: DeleteItemDialogProps): ReactElement {
  const { item, onClose, onDeleted } = props;
  const [stock, setStock] = useState<DeletedStock>('KEEP');
  const [remove] = useMutation(DeleteItemDocument);
  const tell = useToast();
  return (
    <ConfirmDialog
      title={t`Delete ${item.name}?`}
      action={t`Delete item`}
      onClose={onClose}
      onConfirm={async () => {
        const input = { id: item.id, expectedVersion: item.version, stock };
        const { data } = await remove({ variables: { input } });
        throwIfRefused(data?.deleteItem.userErrors ?? []);
        tell({ tone: 'good', title: t`Item deleted`, text: item.name });
        onDeleted();
      }}
    >
      <p>
        <Trans>It leaves the lists, its barcode is free for others, and nothing comes in any more. Its
        movements stay in the ledger, and it can be restored.</Trans>
      </p>
      {item.stock > 0 && (
        <fieldset className="fieldset form">
          <legend><Trans>What becomes of the {number(item.stock)} on hand?</Trans></legend>
          {FATES.map(({ value, label }) => (
            <label key={value} className="choice">
              <input
                type="radio"
                name="stock"
                checked={stock === value}
                onChange={() => setStock(value)}
              />
              {label}
            </label>
          ))}
        </fieldset>
      )}
    </ConfirmDialog>
  );
}
