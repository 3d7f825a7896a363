/** What this person may do with an item. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { LabelsDialog } from '../labels/LabelsDialog';
import { usePermissions } from '../session/SessionContext';
import { AdjustDialog } from '../stock/AdjustDialog';
import { CountDialog } from '../stock/CountDialog';
import type { Level } from '../stock/levels';
import { TransferDialog } from '../stock/TransferDialog';
import { Icon } from '../ui/Icon';
import type { IconName } from '../ui/Icon';
import { ArchiveItemDialog } from './ArchiveItemDialog';
import { DeleteItemDialog } from './DeleteItemDialog';
import type { EditedItem } from './itemDraft';
import { EditItemDialog } from './EditItemDialog';
import { RestoreItemDialog } from './RestoreItemDialog';
import { canBeBooked, retirement } from './retired';

interface ItemActionsProps {
  item: EditedItem;
  levels: readonly Level[];
  reload: () => Promise<readonly Level[]>;
  onDeleted: () => void;
}

type Action = 'adjust' | 'count' | 'transfer' | 'edit' | 'labels' | 'archive' | 'restore' | 'delete';

const ACTIONS: readonly { action: Action; label: string; icon: IconName }[] = [
  { action: 'adjust', label: t`Adjust`, icon: 'adjust' },
  { action: 'count', label: t`Count`, icon: 'count' },
  { action: 'transfer', label: t`Transfer`, icon: 'transfer' },
  { action: 'edit', label: t`Edit`, icon: 'edit' },
  { action: 'labels', label: t`Labels`, icon: 'labels' },
  { action: 'archive', label: t`Archive`, icon: 'archive' },
  { action: 'restore', label: t`Restore`, icon: 'back' },
  { action: 'delete', label: t`Delete`, icon: 'trash' },
];

const BOOKINGS: readonly Action[] = ['adjust', 'count', 'transfer'];

/** What makes sense of an item as it is. */
function isOffered(action: Action, item: Item): boolean {
  const state = retirement(item);
  if (BOOKINGS.includes(action)) return canBeBooked(item);
  if (action === 'restore') return state !== null;
  if (action === 'archive') return state === null;
  return state !== 'deleted';
}

export function ItemActions(props: ItemActionsProps): ReactElement | null {
  const { mayWrite } = usePermissions();
  const [open, setOpen] = useState<Action | null>(null);
  if (!mayWrite) return null;
  const offered = ACTIONS.filter(({ action }) => isOffered(action, props.item));
  return (
    <>
      {offered.map(({ action, label, icon }) => (
        <button
          key={action}
          type="button"
          className={action === 'adjust' ? 'button button--primary' : 'button'}
          disabled={action === 'transfer' && props.item.stock === 0}
          onClick={() => setOpen(action)}
        >
          <Icon name={icon} />
          {label}
        </button>
      ))}
      <ActionDialog {...props} action={open} onClose={() => setOpen(null)} />
    </>
  );
}

interface ActionDialogProps extends ItemActionsProps {
  action: Action | null;
  onClose: () => void;
}

function ActionDialog(props: ActionDialogProps): ReactElement | null {
  const { action, item, levels, reload, onDeleted, onClose } = props;
  switch (action) {
    case 'adjust':
      return <AdjustDialog item={item} onClose={onClose} />;
    case 'count':
      return <CountDialog item={item} levels={levels} reload={reload} onClose={onClose} />;
    case 'transfer':
      return <TransferDialog item={item} levels={levels} onClose={onClose} />;
    case 'edit':
      return <EditItemDialog item={item} onClose={onClose} />;
    case 'labels':
      return <LabelsDialog items={[item]} onClose={onClose} />;
    case 'archive':
      return <ArchiveItemDialog item={item} onClose={onClose} />;
    case 'restore':
      return <RestoreItemDialog item={item} onClose={onClose} onRestored={reload} />;
    case 'delete':
      return <DeleteItemDialog item={item} onClose={onClose} onDeleted={onDeleted} />;
    case null:
      return null;
  }
}
