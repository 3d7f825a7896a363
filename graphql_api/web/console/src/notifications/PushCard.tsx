/** Alerts pushed to this device, even when the console is closed. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import type { AlertSeverity } from '../../../client/generated/graphql';
import { atLeast, SEVERITIES } from '../alerts/alertWords';
import { Card } from '../ui/Card';
import { Field } from '../ui/Field';
import { FormError } from '../ui/FormError';
import { Failed, Loading } from '../ui/states';
import { useSubmit } from '../ui/useSubmit';
import { usePush } from './usePush';
import type { Push, PushState } from './usePush';

export function PushCard(): ReactElement {
  const push = usePush();
  return (
    <Card title={t`Alerts on this device`}>
      <PushContent {...push} />
    </Card>
  );
}

function PushContent(props: Push): ReactElement {
  const { push, retry } = props;
  switch (push.state) {
    case 'loading':
      return <Loading rows={2} label={t`Loading the settings of this device`} />;
    case 'failed':
      return <Failed error={push.error} retry={retry} />;
    case 'unavailable':
      return <p className="muted">{push.reason}</p>;
    case 'off':
    case 'on':
      return <PushForm {...props} push={push} />;
  }
}

interface PushFormProps extends Push {
  push: Extract<PushState, { state: 'on' | 'off' }>;
}

function PushForm({ push, turnOn, turnOff }: PushFormProps): ReactElement {
  const isOn = push.state === 'on';
  const [severity, setSeverity] = useState<AlertSeverity>(isOn ? push.minSeverity : 'HIGH');
  const { run, busy, error } = useSubmit((work: () => Promise<void>) => work());
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void run(() => turnOn(severity));
      }}
    >
      <p className="muted">
        {isOn
          ? t`This device is told of alerts, even when the console is closed.`
          : t`Be told of alerts on this device, even when the console is closed.`}
        {push.others > 0 &&
          plural(push.others, {
            one: ' # of your other devices is told too.',
            other: ' # of your other devices are told too.',
          })}
      </p>
      <div className="push-form">
        <Field label={t`From which severity on`}>
          {(ids) => (
            <select
              {...ids}
              className="input"
              value={severity}
              onChange={(event) => setSeverity(event.target.value as AlertSeverity)}
            >
              {SEVERITIES.map((value) => (
                <option key={value} value={value}>
                  {atLeast(value)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <button
          type="submit"
          className="button button--primary"
          disabled={busy || (isOn && push.minSeverity === severity)}
        >
          {isOn ? t({ message: 'Change', context: 'button' }) : t`Turn on`}
        </button>
        {isOn && (
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() => void run(turnOff)}
          >
            <Trans>Turn off</Trans>
          </button>
        )}
      </div>
      <FormError error={error} />
    </form>
  );
}
