/** What is asked before lines are left, or dropped. Outside of their form: a question is a form too,
 * and what is sent in it would be sent in both. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import { ConfirmDialog } from '../ui/ConfirmDialog';

interface LeaveDialogProps {
  count: number;
  onStay: () => void;
  onLeave: () => void;
}

export function LeaveDialog({ count, onStay, onLeave }: LeaveDialogProps): ReactElement {
  return (
    <ConfirmDialog
      title={plural(count, {
        one: 'Leave # line that is not booked?',
        other: 'Leave # lines that are not booked?',
      })}
      action={t`Leave`}
      onClose={onStay}
      onConfirm={async () => onLeave()}
    >
      <p><Trans>Nothing is lost: this browser keeps them, and they are here when you come back.</Trans></p>
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
      title={plural(props.count, { one: 'Discard # line?', other: 'Discard # lines?' })}
      action={t`Discard`}
      onClose={props.onKeep}
      onConfirm={async () => props.onDiscard()}
    >
      <p><Trans>They are not booked, and will not be here any more.</Trans></p>
    </ConfirmDialog>
  );
}
