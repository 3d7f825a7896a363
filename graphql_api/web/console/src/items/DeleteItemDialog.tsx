/** Deleting an item: its history stays. */
import { useMutation } from '@apollo/client/react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { DeleteItemDocument } from '../../../client/generated/graphql';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { number } from '../ui/format';
import { useToast } from '../ui/Toasts';

interface DeleteItemDialogProps {
  item: Item;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteItemDialog({
  item,
  onClose,
  onDeleted,
}: DeleteItemDialogProps): ReactElement {
  const [remove] = useMutation(DeleteItemDocument);
  const tell = useToast();
  return (
    <ConfirmDialog
      title={`Delete ${item.name}?`}
      action="Delete item"
      onClose={onClose}
      onConfirm={async () => {
        const input = { id: item.id, expectedVersion: item.version };
        const { data } = await remove({ variables: { input } });
        throwIfRefused(data?.deleteItem.userErrors ?? []);
        tell({ tone: 'good', title: 'Item deleted', text: item.name });
        onDeleted();
      }}
    >
      <p>
        It leaves the lists and can no longer be sold or counted. Its movements stay in the ledger
        {item.stock > 0 && `, and so do the ${number(item.stock)} on hand`}.
      </p>
    </ConfirmDialog>
  );
}
