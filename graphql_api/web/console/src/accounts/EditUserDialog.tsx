/** Changing an account: what changes reaches its open sockets at once. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Viewer } from '../../../client';
import { UpdateUserDocument } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { TextField } from '../ui/TextField';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { ROLE_CHOICES, ROLES } from './roles';

interface EditUserDialogProps {
  user: Viewer;
  onClose: () => void;
}

export function EditUserDialog({ user, onClose }: EditUserDialogProps): ReactElement {
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState(user.role);
  const [active, setActive] = useState(user.active);
  const [password, setPassword] = useState('');
  const [update] = useMutation(UpdateUserDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const input = {
      id: user.id,
      ...(name.trim() !== user.name && { name: name.trim() }),
      ...(role !== user.role && { role }),
      ...(active !== user.active && { active }),
      ...(password && { password }),
    };
    const { data } = await update({ variables: { input } });
    throwIfRefused(data?.updateUser.userErrors ?? []);
    onClose();
    tell({ tone: 'good', title: t`Saved`, text: name });
  });
  return (
    <Dialog title={t`Edit ${user.name}`} onClose={onClose}>
      <form
        className="form"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p className="muted">{user.email}</p>
        <TextField label={t`Name`} value={name} onText={setName} required maxLength={200} />
        <Segments label={t`Role`} choices={ROLE_CHOICES} value={role} onChange={setRole} />
        <p className="muted">{ROLES[role].may}</p>
        <label className="check">
          <input
            type="checkbox"
            checked={active}
            onChange={(event) => setActive(event.target.checked)}
          />
          <Trans>Active: may sign in</Trans>
        </label>
        <TextField
          label={t`New password (optional)`}
          hint={t`At least 8 characters. Ends all sessions of this user.`}
          value={password}
          onText={setPassword}
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={256}
        />
        <FormError error={error} />
        <FormActions submit={t`Save`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
