/** An administrator tells everyone, or one role, something. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import { SendNotificationDocument } from '../../../client/generated/graphql';
import type { NotificationType, Role } from '../../../client/generated/graphql';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Segments } from '../ui/Segments';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';

const TYPES: readonly { value: NotificationType; label: string }[] = [
  { value: 'INFO', label: t`Information` },
  { value: 'WARNING', label: t`Warning` },
  { value: 'SUCCESS', label: t`Success` },
];

const AUDIENCES: readonly { value: Role | 'ALL'; label: string }[] = [
  { value: 'ALL', label: t`Everyone` },
  { value: 'ADMIN', label: t`Administrators` },
  { value: 'USER', label: t`Users` },
  { value: 'VIEWER', label: t`Viewers` },
];

export function AnnounceDialog({ onClose }: { onClose: () => void }): ReactElement {
  const [type, setType] = useState<NotificationType>('INFO');
  const [audience, setAudience] = useState<Role | 'ALL'>('ALL');
  const [title, setTitle] = useState('');
  const [message, setMessage] = useState('');
  const [send] = useMutation(SendNotificationDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const role = audience === 'ALL' ? {} : { role: audience };
    const { data } = await send({ variables: { input: { type, title, message, ...role } } });
    throwIfRefused(data?.sendNotification.userErrors ?? []);
    onClose();
    tell({ tone: 'good', title: t`Sent` });
  });
  return (
    <Dialog title={t`Announce something`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Segments label={t`Kind`} choices={TYPES} value={type} onChange={setType} />
        <Segments label={t`To`} choices={AUDIENCES} value={audience} onChange={setAudience} />
        <Field label={t`Title`}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              required
              maxLength={200}
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
          )}
        </Field>
        <Field label={t`Message`}>
          {(ids) => (
            <textarea
              {...ids}
              className="input"
              required
              maxLength={2_000}
              value={message}
              onChange={(event) => setMessage(event.target.value)}
            />
          )}
        </Field>
        <FormError error={error} />
        <FormActions submit={t`Send`} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
