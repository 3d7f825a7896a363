/** All alerts, live. */
import { useQuery } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link, useSearchParams } from 'wouter';

import { useInventoryNotifications } from '../../../client';
import { AlertListDocument } from '../../../client/generated/graphql';
import type {
  AlertFilter,
  AlertSeverity,
  AlertSort,
  AlertStatus,
} from '../../../client/generated/graphql';
import { useListPolicy } from '../app/useListPolicy';
import { usePermissions } from '../session/SessionContext';
import { Icon } from '../ui/Icon';
import { describe } from '../ui/describe';
import { number } from '../ui/format';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Segments } from '../ui/Segments';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import { useLoadAgain } from '../ui/useLoadAgain';
import { AlertCard } from './AlertCard';
import type { ShownAlert } from './AlertCard';
import { atLeast, LIVE, SEVERITIES } from './alertWords';
import './alerts.css';
import { BulkBar } from './BulkBar';
import { useSuggestions } from './useSuggestions';

type View = 'LIVE' | AlertStatus;

const VIEWS: readonly { value: View; label: string }[] = [
  { value: 'LIVE', label: t`Live` },
  { value: 'OPEN', label: t`Open` },
  { value: 'ACKNOWLEDGED', label: t`Acknowledged` },
  { value: 'SNOOZED', label: t`Snoozed` },
  { value: 'RESOLVED', label: t`Resolved` },
];
const ORDERS: readonly { value: AlertSort; label: string }[] = [
  { value: 'GRAVEST', label: t`Gravest first` },
  { value: 'NEWEST', label: t`Newest first` },
];
const PAGE = 50;
const USUAL = ['', 'LIVE', 'GRAVEST']; // not in the address
const SAMPLE_ID = '0'; // of the test broadcast's alert, which does not exist

export function AlertsPage(): ReactElement {
  const [params, setParams] = useSearchParams();
  const view = VIEWS.find(({ value }) => value === params.get('status'))?.value ?? 'LIVE';
  const severity = SEVERITIES.find((known) => known === params.get('severity')) ?? null;
  const orderBy = ORDERS.find(({ value }) => value === params.get('order'))?.value ?? 'GRAVEST';
  useSuggestions();
  const variables = { where: filterOf(view, severity), orderBy, first: PAGE };
  const { data, previousData, error, refetch, fetchMore } = useQuery(AlertListDocument, {
    variables,
    fetchPolicy: useListPolicy(JSON.stringify(variables)),
  });
  const loadAgain = useLoadAgain(error, refetch);
  // Those of another view only while those of this one are on their way, and then inert.
  const page = (data ?? (error ? undefined : previousData))?.alerts;
  const alerts = page?.nodes.filter(({ id }) => id !== SAMPLE_ID);
  const show = (name: 'status' | 'severity' | 'order', value: string): void => {
    const next = new URLSearchParams(params);
    if (USUAL.includes(value)) next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  return (
    <Page title={t`Alerts`} actions={<CheckButton />}>
      <div className="filter-bar">
        <Segments
          label={t`State`}
          choices={VIEWS}
          value={view}
          onChange={(value) => show('status', value)}
        />
        <label className="filter-bar__category">
          <span className="visually-hidden"><Trans>Severity</Trans></span>
          <select
            className="input"
            value={severity ?? ''}
            onChange={(event) => show('severity', event.target.value)}
          >
            <option value=""><Trans>Any severity</Trans></option>
            {SEVERITIES.map((value) => (
              <option key={value} value={value}>
                {atLeast(value)}
              </option>
            ))}
          </select>
        </label>
        <label className="filter-bar__category">
          <span className="visually-hidden"><Trans context="of a list">Order</Trans></span>
          <select
            className="input"
            value={orderBy}
            onChange={(event) => show('order', event.target.value)}
          >
            {ORDERS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div className="card" aria-busy={data === undefined}>
        {data && <Outdated error={error} retry={loadAgain} />}
        {alerts && alerts.length > 0 && (
          <AlertList
            key={`${view} ${severity}`} // a selection is of what is in view
            alerts={alerts}
            isInert={data === undefined}
            isOver={view === 'RESOLVED'}
          />
        )}
        {!alerts && !error && <Loading label={t`Loading alerts`} />}
        {error && !data && <Failed error={error} retry={loadAgain} />}
        {alerts?.length === 0 && data && (
          <Empty icon="check" title={t`No alerts here`}>
            {view === 'LIVE' && severity === null ? (
              <>
                <p><Trans>Every item has more than its minimum. An item without one tells when it is out.</Trans></p>
                <Link href="/reorder" className="button">
                  <Trans>See what to order soon</Trans>
                </Link>
              </>
            ) : (
              <Link href="/alerts" replace>
                <Trans>Show the live ones</Trans>
              </Link>
            )}
          </Empty>
        )}
        {page && data && (
          <LoadMore
            key={`${view} ${severity} ${orderBy}`} // an error of another view is not this one's
            hasMore={page.pageInfo.hasNextPage}
            load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
          />
        )}
      </div>
    </Page>
  );
}

interface AlertListProps {
  alerts: readonly ShownAlert[];
  /** Those of another view: nothing can be done with them. */
  isInert: boolean;
  /** Nothing is left to be done with any. */
  isOver: boolean;
}

function AlertList({ alerts, isInert, isOver }: AlertListProps): ReactElement {
  const { mayWrite } = usePermissions();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const canSelect = mayWrite && !isOver;
  return (
    <div inert={isInert}>
      {canSelect && (
        <BulkBar
          alerts={alerts}
          selected={selected}
          select={(ids) => setSelected(new Set(ids))}
        />
      )}
      <ul className="list" aria-label={t`Alerts`}>
        {alerts.map((alert) => (
          <li key={alert.id}>
            <AlertCard
              alert={alert}
              {...(canSelect && {
                selection: {
                  isSelected: selected.has(alert.id),
                  toggle: () => toggle(alert.id),
                },
              })}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

function filterOf(view: View, minSeverity: AlertSeverity | null): AlertFilter {
  return { statuses: view === 'LIVE' ? LIVE : [view], ...(minSeverity && { minSeverity }) };
}

/** Compares all items with their alerts, as the server does by itself every two minutes. */
function CheckButton(): ReactElement | null {
  const { mayWrite } = usePermissions();
  const { checkAlerts } = useInventoryNotifications();
  const tell = useToast();
  const { run, busy } = useSubmit(
    async () => {
      const { checked, raised, resolved } = await checkAlerts();
      tell({
        tone: 'info',
        title: t`${plural(checked, { one: '# item', other: '# items' })} checked`,
        text: t`${plural(raised, { one: '# alert', other: '# alerts' })} raised, ${number(resolved)} resolved`,
      });
    },
    (error) => tell({ tone: 'bad', title: t`The check was not done`, text: describe(error) }),
  );
  if (!mayWrite) return null;
  return (
    <button type="button" className="button" disabled={busy} onClick={() => void run()}>
      <Icon name="check" />
      {busy ? t`Checking…` : t`Check now`}
    </button>
  );
}
