/** Alerts in words and colours. */
import type { AlertSeverity, AlertStatus, AlertType } from '../../../client/generated/graphql';
import type { Tone } from '../ui/Pill';

export const SEVERITY: Readonly<Record<AlertSeverity, { label: string; tone: Tone }>> = {
  CRITICAL: { label: 'Critical', tone: 'bad' },
  HIGH: { label: 'High', tone: 'bad' },
  MEDIUM: { label: 'Medium', tone: 'warning' },
  LOW: { label: 'Low', tone: 'info' },
};

export const SEVERITIES = Object.keys(SEVERITY) as AlertSeverity[];

/** Not over yet. */
export const LIVE: AlertStatus[] = ['OPEN', 'ACKNOWLEDGED', 'SNOOZED'];

export const ALERT_STATUS: Readonly<Record<AlertStatus, string>> = {
  OPEN: 'Open',
  ACKNOWLEDGED: 'Acknowledged',
  SNOOZED: 'Snoozed',
  RESOLVED: 'Resolved',
};

export const ALERT_TYPE: Readonly<Record<AlertType, string>> = {
  LOW_STOCK: 'Low stock',
  OUT_OF_STOCK: 'Out of stock',
};
