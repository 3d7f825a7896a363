/** A new account. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { CreateUserDocument } from '../../../client/generated/graphql';
import type { Role } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { ROLE_CHOICES, ROLES } from './roles';

interface CreateUserDialogProps {
  onClose: () => void;
  onCreated: () => void;
}

export function CreateUserDialog({ onClose, onCreated }: CreateUserDialogProps): ReactElement {
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('USER');
  const [create] = useMutation(CreateUserDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const input = { email: email.trim(), name: name.trim(), password, role };
    const { data } = await create({ variables: { input } });
    throwIfRefused(data?.createUser.userErrors ?? []);
    onCreated();
    onClose();
    tell({ tone: 'good', title: t`User created`, text: name });
  });
  return (
    <Dialog title={t`New user`} onClose={onClose}>
      <form
        className="form"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <TextField label={t`Name`} value={name} onText={setName} required maxLength={200} />
        <TextField
          label={t`Email`}
          value={email}
          onText={setEmail}
          type="email"
          required
          maxLength={254}
        />
        <TextField
          label={t`Password`}
          hint={t`At least 8 characters`}
          value={password}
          onText={setPassword}
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          maxLength={256}
        />
        <Segments label={t`Role`} choices={ROLE_CHOICES} value={role} onChange={setRole} />
        <p className="muted">{ROLES[role].may}</p>
        <FormError error={error} />
        <FormActions submit={t`Create user`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
