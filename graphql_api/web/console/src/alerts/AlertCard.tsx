/** One alert, and what this person may do about it. */
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { Alert } from '../../../client';
import { usePermissions } from '../session/SessionContext';
import { number, short } from '../ui/format';
import { Pill } from '../ui/Pill';
import { Time } from '../ui/Time';
import { AlertActions } from './AlertActions';
import './alerts.css';
import { ALERT_STATUS, ALERT_TYPE, SEVERITY } from './alertWords';

/** suggestedQuantity: how much to order; null or absent: nothing says how much. */
export type ShownAlert = Alert & { suggestedQuantity?: number | null };

interface AlertCardProps {
  alert: ShownAlert;
  /** Shown on the page of the item that it is about. */
  isOnItsItem?: boolean;
  /** Whether it is selected, and what a press on its box does; absent: it has none. */
  selection?: { isSelected: boolean; toggle: () => void };
}

export function AlertCard(props: AlertCardProps): ReactElement {
  const { alert, isOnItsItem = false, selection } = props;
  const { mayWrite } = usePermissions();
  const severity = SEVERITY[alert.severity];
  return (
    <article className={`alert alert--${severity.tone}`} data-alert={alert.id}>
      {selection && (
        <label className="alert__select">
          <input type="checkbox" checked={selection.isSelected} onChange={selection.toggle} />
          <span className="visually-hidden">
            <Trans>Select the alert of {alert.itemName ?? alert.title}</Trans>
          </span>
        </label>
      )}
      <div className="alert__what">
        <h2>
          {isOnItsItem || alert.itemId === null ? (
            ALERT_TYPE[alert.type]
          ) : (
            <Link href={`/items/${alert.itemId}`} className="plain-link">
              {alert.itemName ?? alert.title}
            </Link>
          )}
        </h2>
        <p className="alert__marks">
          <Pill tone={severity.tone}><Trans>{severity.label} severity</Trans></Pill>
          {!isOnItsItem && <span>{ALERT_TYPE[alert.type]}</span>}
          {alert.location && (
            <span title={alert.location.name}>
              <Trans>at <span className="code">{alert.location.code}</span></Trans>
            </span>
          )}
          <span className="muted"><Trans>State: {ALERT_STATUS[alert.status]}</Trans></span>
          {alert.currentStock !== null && alert.minStock !== null && (
            <span className="number muted">
              <Trans>{number(alert.currentStock)} of at least {number(alert.minStock)}</Trans>
            </span>
          )}
          <Suggestion alert={alert} />
        </p>
        <p className="muted alert__story">
          <Trans>
            Raised <Time at={alert.timestamp} />
          </Trans>
          <Story alert={alert} />
        </p>
      </div>
      {mayWrite && alert.status !== 'RESOLVED' && <AlertActions alert={alert} />}
    </article>
  );
}

function Suggestion({ alert }: { alert: ShownAlert }): ReactElement | null {
  const { suggestedQuantity = null, status } = alert;
  if (status === 'RESOLVED' || suggestedQuantity === null || suggestedQuantity === 0) return null;
  return <strong className="number"><Trans>Order {number(suggestedQuantity)}</Trans></strong>;
}

function Story({ alert }: { alert: Alert }): ReactElement {
  return (
    <>
      {alert.acknowledgedBy && <Trans>, taken care of by {alert.acknowledgedBy.name}</Trans>}
      {alert.status === 'SNOOZED' && alert.snoozedUntil && (
        <Trans>, silent until {short(alert.snoozedUntil)}</Trans>
      )}
      {alert.resolvedAt && (
        <Trans>
          , resolved <Time at={alert.resolvedAt} />
        </Trans>
      )}
    </>
  );
}
