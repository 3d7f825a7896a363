/** A place that is new, or one that gets another code, name or parent. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { CreateLocationDocument, UpdateLocationDocument } from '../../../client/generated/graphql';
import type { KeptLocationFragment } from '../../../client/generated/graphql';
import { LocationSelect } from '../stock/LocationSelect';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';

export type KeptLocation = KeptLocationFragment;

interface LocationDialogProps {
  /** null: it is new. */
  location: KeptLocation | null;
  onClose: () => void;
  onSaved: () => void;
}

export function LocationDialog({ location, onClose, onSaved }: LocationDialogProps): ReactElement {
  const [code, setCode] = useState(location?.code ?? '');
  const [name, setName] = useState(location?.name ?? '');
  const [parent, setParent] = useState(location?.parent?.id ?? '');
  const [create] = useMutation(CreateLocationDocument);
  const [update] = useMutation(UpdateLocationDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const input = { code: code.trim(), name: name.trim(), parentId: parent || null };
    if (location === null) {
      const { data } = await create({ variables: { input } });
      throwIfRefused(data?.createLocation.userErrors ?? []);
    } else {
      const { data } = await update({ variables: { input: { id: location.id, ...input } } });
      throwIfRefused(data?.updateLocation.userErrors ?? []);
    }
    onSaved();
    onClose();
    tell({ tone: 'good', title: location ? t`Saved` : t`Location created`, text: name });
  });
  return (
    <Dialog title={location ? t`Edit ${location.name}` : t`New location`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <TextField label={t`Code`} value={code} onText={setCode} required maxLength={32} />
        <TextField label={t`Name`} value={name} onText={setName} required maxLength={200} />
        <LocationSelect
          label={t`Lies in`}
          empty={t`No other location`}
          value={parent}
          onChange={setParent}
          {...(location && { except: location.id })}
        />
        <FormError error={error} />
        <FormActions
          submit={location ? t`Save` : t`Create location`}
          busy={busy}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
