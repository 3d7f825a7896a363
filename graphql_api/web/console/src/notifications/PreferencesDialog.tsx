/** What this person wants to be told, and how. */
import { useMutation, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import {
  NotificationPreferencesDocument,
  UpdateNotificationPreferencesDocument,
} from '../../../client/generated/graphql';
import type {
  AlertSeverity,
  NotificationChannel,
  NotificationKind,
  PreferenceFieldsFragment,
} from '../../../client/generated/graphql';
import { atLeast, SEVERITIES } from '../alerts/alertWords';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { FormActions } from '../ui/FormActions';
import { FormError } from '../ui/FormError';
import { Failed, Loading } from '../ui/states';
import { useToast } from '../ui/Toasts';
import { useLoadAgain } from '../ui/useLoadAgain';
import { useSubmit } from '../ui/useSubmit';

type Preference = PreferenceFieldsFragment;

const KINDS: Readonly<Record<NotificationKind, { label: string; about: string }>> = {
  ALERT: { label: t`Alerts`, about: t`An item is low, or there is none of it.` },
  IMPORT: { label: t`Imports`, about: t`An import has ended.` },
  SERVER: { label: t`Server`, about: t`A scheduled job fails, or the server had an accident.` },
  MESSAGE: { label: t`Messages`, about: t`From an administrator.` },
};
const CHANNELS: Readonly<Record<NotificationChannel, string>> = {
  LIST: t`In the list`,
  PUSH: t`Pushed to my devices`,
};
const CHANNELS_OF: Readonly<Record<NotificationKind, readonly NotificationChannel[]>> = {
  ALERT: ['LIST', 'PUSH'],
  IMPORT: ['LIST'],
  SERVER: ['LIST'],
  MESSAGE: ['LIST'],
};

interface PreferencesDialogProps {
  onClose: () => void;
  /** They are others now, and so is the list. */
  onChanged: () => Promise<unknown>;
}

export function PreferencesDialog({ onClose, onChanged }: PreferencesDialogProps): ReactElement {
  const { data, error, refetch } = useQuery(NotificationPreferencesDocument, {
    fetchPolicy: 'network-only', // also chosen on another device
  });
  const loadAgain = useLoadAgain(error, refetch);
  return (
    <Dialog title={t`What I am told`} onClose={onClose}>
      {data ? (
        <PreferencesForm
          known={data.notificationPreferences}
          onClose={onClose}
          onChanged={onChanged}
        />
      ) : error ? (
        <Failed error={error} retry={loadAgain} />
      ) : (
        <Loading rows={4} label={t`Loading what you want to be told`} />
      )}
    </Dialog>
  );
}

interface PreferencesFormProps extends PreferencesDialogProps {
  known: readonly Preference[];
}

function PreferencesForm({ known, onClose, onChanged }: PreferencesFormProps): ReactElement {
  const [wanted, setWanted] = useState(known);
  const [update] = useMutation(UpdateNotificationPreferencesDocument);
  const tell = useToast();
  const { run, busy, error } = useSubmit(async () => {
    const preferences = wanted.map(({ kind, channels, minSeverity }) => ({
      kind,
      channels,
      ...(kind === 'ALERT' && { minSeverity }),
    }));
    const { data } = await update({ variables: { input: { preferences } } });
    throwIfRefused(data?.updateNotificationPreferences.userErrors ?? []);
    onClose();
    tell({ tone: 'good', title: t`Saved` });
    onChanged().catch(() => undefined); // the list's own error state tells it
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      {wanted.map((preference) => (
        <KindFields
          key={preference.kind}
          preference={preference}
          change={(changes) =>
            setWanted(
              wanted.map((other) =>
                other.kind === preference.kind ? { ...other, ...changes } : other,
              ),
            )
          }
        />
      ))}
      <p className="muted">
        <Trans>What you do not want in the list is not counted either. It comes back when you want it
        again.</Trans>
      </p>
      <FormError error={error} />
      <FormActions submit={t`Save`} busy={busy} onCancel={onClose} />
    </form>
  );
}

interface KindFieldsProps {
  preference: Preference;
  change: (changes: Partial<Preference>) => void;
}

function KindFields({ preference, change }: KindFieldsProps): ReactElement {
  const { kind, channels, minSeverity } = preference;
  const { label, about } = KINDS[kind];
  return (
    <fieldset className="fieldset told">
      <legend>{label}</legend>
      <p className="muted">{about}</p>
      <div className="told__choices">
        {CHANNELS_OF[kind].map((channel) => (
          <label key={channel} className="check">
            <input
              type="checkbox"
              checked={channels.includes(channel)}
              onChange={(event) =>
                change({
                  channels: event.target.checked
                    ? [...channels, channel]
                    : channels.filter((other) => other !== channel),
                })
              }
            />
            <span>
              <span className="visually-hidden">{label}: </span>
              {CHANNELS[channel]}
            </span>
          </label>
        ))}
      </div>
      {kind === 'ALERT' && (
        <Field label={t`From which severity on`}>
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={minSeverity ?? ''}
              onChange={(event) =>
                change({ minSeverity: (event.target.value || null) as AlertSeverity | null })
              }
            >
              <option value=""><Trans>All that are told</Trans></option>
              {SEVERITIES.map((value) => (
                <option key={value} value={value}>
                  {atLeast(value)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </fieldset>
  );
}
