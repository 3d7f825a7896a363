/** Asks before an item leaves the lists. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Item } from '../../../client';
import { ArchiveItemDocument } from '../../../client/generated/graphql';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { useToast } from '../ui/Toasts';

interface ArchiveItemDialogProps {
  item: Item;
  onClose: () => void;
}

export function ArchiveItemDialog({ item, onClose }: ArchiveItemDialogProps): ReactElement {
  const [archive] = useMutation(ArchiveItemDocument);
  const tell = useToast();
  return (
    <ConfirmDialog
      title={t`Archive ${item.name}?`}
      action={t`Archive item`}
      onClose={onClose}
      onConfirm={async () => {
        const input = { id: item.id, expectedVersion: item.version };
        const { data } = await archive({ variables: { input } });
        throwIfRefused(data?.archiveItem.userErrors ?? []);
        onClose();
        tell({ tone: 'good', title: t`Item archived`, text: item.name });
      }}
    >
      <p>
        <Trans>It leaves lists, searches and alerts. It is still found by its SKU or barcode, can still be
        booked, and can be restored.</Trans>
      </p>
    </ConfirmDialog>
  );
}
