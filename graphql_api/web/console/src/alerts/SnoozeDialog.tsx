/** For how long one alert, or many, shall be silent. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { spanOf } from '../ui/spans';
import { useSubmit } from '../ui/useSubmit';

const HOUR_MS = 3_600_000;

const SPANS = [
  { value: '1', label: spanOf(1, 'hour') },
  { value: '4', label: spanOf(4, 'hour') },
  { value: '24', label: spanOf(1, 'day') },
  { value: '72', label: spanOf(3, 'day') },
  { value: '168', label: spanOf(1, 'week') },
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
    <Dialog title={t`Snooze ${about}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p className="muted"><Trans>Silent until then, or until it gets worse.</Trans></p>
        <Segments label={t`For how long`} choices={SPANS} value={hours} onChange={setHours} />
        <FormError error={error} />
        <FormActions submit={t`Snooze`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
