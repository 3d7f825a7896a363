/** For development: sends test events to everyone who listens, and shows what arrives here. */
import { useMutation, useQuery } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';

import { throwIfRefused, useConnectionStatus, useInventoryClient } from '../../../client';
import { RealtimeStatusDocument, TestBroadcastDocument } from '../../../client/generated/graphql';
import type { RealtimeStatusQuery, TestBroadcastKind } from '../../../client/generated/graphql';
import { ROLES } from '../accounts/roles';
import { LOCALE } from '../language/active';
import { kitWords, STATE_WORDS } from '../language/kitWords';
import { Card } from '../ui/Card';
import { number } from '../ui/format';
import { FormError } from '../ui/FormError';
import { Page } from '../ui/Page';
import { Empty, Failed, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { useSubmit } from '../ui/useSubmit';
import './testpanel.css';

const TESTS: readonly { kind: TestBroadcastKind; label: string }[] = [
  { kind: 'NOTIFICATION', label: t`Test Notification` },
  { kind: 'INVENTORY_UPDATE', label: t`Test Inventory Update` },
  { kind: 'ALERT', label: t`Test Alert` },
];

export default function TestPanel(): ReactElement {
  const { lines, add } = useLines();
  const [broadcast] = useMutation(TestBroadcastDocument);
  const { run, busy, error } = useSubmit(async (kind: TestBroadcastKind) => {
    const { data } = await broadcast({ variables: { kind } });
    throwIfRefused(data?.testBroadcast.userErrors ?? []);
    add(t`sent ${kind}: delivered to ${number(data?.testBroadcast.delivered ?? 0)} subscriptions`);
  });
  return (
    <Page title={t`Test panel`} subtitle={t`In development only. What is sent leaves no trace in stock.`}>
      <Card title={t`Send`}>
        <div className="test-panel__buttons">
          {TESTS.map(({ kind, label }) => (
            <button
              key={kind}
              type="button"
              className="button"
              disabled={busy}
              onClick={() => void run(kind)}
            >
              {label}
            </button>
          ))}
        </div>
        <FormError error={error} />
      </Card>
      <StatusCard />
      <Card title={t`What happened here`} flush>
        {lines.length === 0 ? (
          <Empty icon="clock" title={t`Nothing yet`} />
        ) : (
          <ol className="list test-panel__lines code" aria-live="polite">
            {lines.map(({ id, text }) => (
              <li key={id}>{text}</li>
            ))}
          </ol>
        )}
      </Card>
    </Page>
  );
}

const LINES_MAX = 50;

interface Line {
  id: number;
  text: string;
}

/** What was sent and what came, newest first. */
function useLines(): { lines: readonly Line[]; add: (text: string) => void } {
  const { realtime } = useInventoryClient();
  const [lines, setLines] = useState<readonly Line[]>([]);
  const add = (text: string): void => {
    const at = new Date().toLocaleTimeString(LOCALE);
    setLines((before) =>
      [{ id: (before[0]?.id ?? 0) + 1, text: `${at} ${text}` }, ...before].slice(0, LINES_MAX),
    );
  };
  useEffect(() => {
    const stops = [
      realtime.notifications.listen(({ notification }) =>
        add(t`received notification: ${notification.title}`),
      ),
      realtime.inventory.listen(({ type, item }) =>
        add(t`received inventory update: ${type} ${item.name}`),
      ),
      realtime.alerts.listen(({ kind, alert }) => add(t`received alert: ${kind} ${alert.title}`)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [realtime]);
  return { lines, add };
}

function StatusCard(): ReactElement {
  const connection = useConnectionStatus();
  const [isAsked, setAsked] = useState(false);
  const { data, error, loading, refetch } = useQuery(RealtimeStatusDocument, {
    skip: !isAsked,
    fetchPolicy: 'network-only',
  });
  const askAgain = useLoadAgain(error, refetch);
  const check = (): void => (isAsked ? askAgain() : setAsked(true));
  return (
    <Card
      title={t`Status`}
      actions={
        <button type="button" className="button" disabled={loading} onClick={check}>
          <Trans>Check Status</Trans>
        </button>
      }
    >
      {data && <Outdated error={error} retry={askAgain} />}
      <dl className="facts">
        <Fact name={t`This page`} value={STATE_WORDS[connection.state]} />
        <Fact name={t`Failed attempts`} value={number(connection.attempts)} />
        <Fact name={t`Last error`} value={connection.lastError === null ? t`none` : kitWords(connection.lastError)} />
        {data && factsOf(data.realtimeStatus).map((fact) => <Fact key={fact.name} {...fact} />)}
      </dl>
      {error && !data && <Failed error={error} retry={askAgain} />}
    </Card>
  );
}

function Fact({ name, value }: { name: string; value: string }): ReactElement {
  return (
    <div className="facts__row">
      <dt>{name}</dt>
      <dd className="number">{value}</dd>
    </div>
  );
}

function factsOf(status: RealtimeStatusQuery['realtimeStatus']): { name: string; value: string }[] {
  const roles = status.connectionsByRole.map(({ role, count }) => `${ROLES[role].label} ${number(count)}`).join(', ');
  return [
    { name: t`Connections`, value: number(status.connections) },
    { name: t`By role`, value: roles || t`none` },
    { name: t`Subscriptions`, value: number(status.subscriptions) },
    { name: t`Execution groups`, value: number(status.executionGroups) },
    { name: t`Behind the log`, value: plural(status.lag, { one: '# event', other: '# events' }) },
    { name: t`Deliveries`, value: number(status.deliveries) },
    { name: t`Slow sockets`, value: number(status.slowSockets) },
    { name: t`Up for`, value: t`${number(status.uptimeSeconds)} s` },
  ];
}
