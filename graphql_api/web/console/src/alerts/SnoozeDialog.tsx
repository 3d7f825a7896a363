/** For how long one alert, or many, shall be silent. */
import { useState } from 'react';
import type { ReactElement } from 'react';

import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
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
  /** What is snoozed, in a few words. */
  about: string;
  onClose: () => void;
  /** until: a moment in the future. Rejects when it was not done; the dialog stays and tells why. */
  snooze: (until: string) => Promise<void>;
}

export function SnoozeDialog({ about, onClose, snooze }: SnoozeDialogProps): ReactElement {
  const [hours, setHours] = useState<Span>('4');
  const { run, busy, error } = useSubmit(async () => {
    await snooze(new Date(Date.now() + Number(hours) * HOUR_MS).toISOString());
    onClose();
  });
  return (
    <Dialog title={`Snooze ${about}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p className="muted">Silent until then, or until it gets worse.</p>
        <Segments label="For how long" choices={SPANS} value={hours} onChange={setHours} />
        <FormError error={error} />
        <FormActions submit="Snooze" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
