/** For how long an alert shall be silent. */
import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Alert } from '../../../client';
import { SnoozeAlertDocument } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';

const HOUR_MS = 3_600_000;

const SPANS = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
] as const;
type Span = (typeof SPANS)[number]['value'];

interface SnoozeDialogProps {
  alert: Alert;
  onClose: () => void;
}

export function SnoozeDialog({ alert, onClose }: SnoozeDialogProps): ReactElement {
  const [hours, setHours] = useState<Span>('4');
  const [snooze] = useMutation(SnoozeAlertDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const until = new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
    const { data } = await snooze({ variables: { input: { id: alert.id, until } } });
    throwIfRefused(data?.snoozeAlert.userErrors ?? []);
    onClose();
    tell({ tone: 'good', title: 'Snoozed', text: alert.itemName ?? alert.title });
  });
  return (
    <Dialog title={`Snooze ${alert.itemName ?? alert.title}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p className="muted">It stays silent until then, or until it gets worse.</p>
        <Segments label="For how long" choices={SPANS} value={hours} onChange={setHours} />
        <FormError error={error} />
        <FormActions submit="Snooze" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
