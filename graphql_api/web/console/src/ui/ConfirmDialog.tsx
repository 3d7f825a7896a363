/** Asks before what cannot be taken back, or is to be looked at first. */
import type { ReactElement, ReactNode } from 'react';

import { Dialog } from './Dialog';
import { FormActions } from './FormActions';
import { FormError } from './FormError';
import { useSubmit } from './useSubmit';

interface ConfirmDialogProps {
  title: string;
  action: string;
  onClose: () => void;
  /** Rejects when it was not done; the dialog stays and tells why. */
  onConfirm: () => Promise<void>;
  /** False: nothing is lost by it. */
  danger?: boolean;
  children: ReactNode;
}

export function ConfirmDialog(props: ConfirmDialogProps): ReactElement {
  const { danger = true } = props;
  const { run, busy, error } = useSubmit(props.onConfirm);
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        {props.children}
        <FormError error={error} />
        <FormActions submit={props.action} busy={busy} onCancel={props.onClose} danger={danger} />
      </form>
    </Dialog>
  );
}
