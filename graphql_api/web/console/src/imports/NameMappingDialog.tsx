/** Asks for the name of a saved mapping, new or as it is to be called. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { TextField } from '../ui/TextField';
import { useSubmit } from '../ui/useSubmit';

const NAME_MAX = 100;

interface NameMappingDialogProps {
  title: string;
  initial: string;
  /** Names whose mapping gives way to this one. */
  replaceable?: readonly string[];
  onClose: () => void;
  /** Rejects when it was not done. */
  onNamed: (name: string, replace: boolean) => Promise<void>;
}

export function NameMappingDialog(props: NameMappingDialogProps): ReactElement {
  const { title, initial, replaceable = [], onClose, onNamed } = props;
  const [name, setName] = useState(initial);
  const wanted = name.trim().toLowerCase();
  const isThere = replaceable.some((one) => one.toLowerCase() === wanted);
  const { run, busy, error } = useSubmit(async () => {
    await onNamed(name.trim(), isThere);
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <TextField
          label={t`Name`}
          hint={isThere ? t`There is one with this name: this one takes its place.` : undefined}
          value={name}
          onText={setName}
          maxLength={NAME_MAX}
          required
        />
        <FormError error={error} />
        <FormActions
          submit={isThere ? t`Replace it` : t`Save`}
          busy={busy}
          disabled={wanted === ''}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
