/** What is asked before lines are left, or dropped. Outside of their form: a question is a form too,
 * and what is sent in it would be sent in both. */
import type { ReactElement } from 'react';

import { ConfirmDialog } from '../ui/ConfirmDialog';
import { plural } from '../ui/format';

interface LeaveDialogProps {
  count: number;
  onStay: () => void;
  onLeave: () => void;
}

export function LeaveDialog({ count, onStay, onLeave }: LeaveDialogProps): ReactElement {
  return (
    <ConfirmDialog
      title={`Leave ${plural(count, 'line')} that ${count === 1 ? 'is' : 'are'} not booked?`}
      action="Leave"
      onClose={onStay}
      onConfirm={async () => onLeave()}
    >
      <p>Nothing is lost: this browser keeps them, and they are here when you come back.</p>
    </ConfirmDialog>
  );
}

interface DiscardLinesDialogProps {
  count: number;
  onKeep: () => void;
  onDiscard: () => void;
}

export function DiscardLinesDialog(props: DiscardLinesDialogProps): ReactElement {
  return (
    <ConfirmDialog
      title={`Discard ${plural(props.count, 'line')}?`}
      action="Discard"
      onClose={props.onKeep}
      onConfirm={async () => props.onDiscard()}
    >
      <p>They are not booked, and will not be here any more.</p>
    </ConfirmDialog>
  );
}
