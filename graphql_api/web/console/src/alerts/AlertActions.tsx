/** Acknowledge, snooze, resolve. */
import { useMutation } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused } from '../../../client';
import type { Alert } from '../../../client';
import {
  AcknowledgeAlertDocument,
  ResolveAlertDocument,
  SnoozeAlertDocument,
} from '../../../client/generated/graphql';
import { describe } from '../ui/describe';
import { Icon } from '../ui/Icon';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { SnoozeDialog } from './SnoozeDialog';

export function AlertActions({ alert }: { alert: Alert }): ReactElement {
  const [acknowledge] = useMutation(AcknowledgeAlertDocument);
  const [resolve] = useMutation(ResolveAlertDocument);
  const [snooze] = useMutation(SnoozeAlertDocument);
  const [isSnoozing, setSnoozing] = useState(false);
  const tell = useToast();
  const { run, busy } = useSubmit(
    (work: () => Promise<void>) => work(),
    (error) => tell({ tone: 'bad', title: alert.title, text: describe(error) }),
  );
  const variables = { id: alert.id };
  const acknowledged = async (): Promise<void> => {
    const { data } = await acknowledge({ variables });
    throwIfRefused(data?.acknowledgeAlert.userErrors ?? []);
  };
  const ended = async (): Promise<void> => {
    const { data } = await resolve({ variables });
    throwIfRefused(data?.resolveAlert.userErrors ?? []);
  };
  const snoozed = async (until: string): Promise<void> => {
    const { data } = await snooze({ variables: { input: { id: alert.id, until } } });
    throwIfRefused(data?.snoozeAlert.userErrors ?? []);
    tell({ tone: 'good', title: t`Snoozed`, text: name });
  };
  const name = alert.itemName ?? alert.title;
  return (
    <div className="alert__actions">
      {alert.status !== 'ACKNOWLEDGED' && (
        <button
          type="button"
          className="button button--small"
          disabled={busy}
          onClick={() => void run(acknowledged)}
        >
          <Icon name="check" />
          <Trans>
            Acknowledge<span className="visually-hidden"> the alert of {name}</span>
          </Trans>
        </button>
      )}
      <button
        type="button"
        className="button button--small"
        disabled={busy}
        onClick={() => setSnoozing(true)}
      >
        <Icon name="clock" />
        <Trans>
          Snooze<span className="visually-hidden"> the alert of {name}</span>
        </Trans>
      </button>
      <button
        type="button"
        className="button button--small"
        disabled={busy}
        onClick={() => void run(ended)}
      >
        <Trans>
          Resolve<span className="visually-hidden"> the alert of {name}</span>
        </Trans>
      </button>
      {isSnoozing && (
        <SnoozeDialog about={name} onClose={() => setSnoozing(false)} snooze={snoozed} />
      )}
    </div>
  );
}
