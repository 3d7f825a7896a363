/** Alerts in words and colours. */
import { t } from '@lingui/core/macro';

import type { Alert } from '../../../client';
import type { AlertSeverity, AlertStatus, AlertType } from '../../../client/generated/graphql';
import { LANGUAGE } from '../language/active';
import { number } from '../ui/format';
import type { Tone } from '../ui/Pill';

export const SEVERITY: Readonly<Record<AlertSeverity, { label: string; tone: Tone }>> = {
  CRITICAL: { label: t`Critical`, tone: 'bad' },
  HIGH: { label: t`High`, tone: 'bad' },
  MEDIUM: { label: t`Medium`, tone: 'warning' },
  LOW: { label: t`Low`, tone: 'info' },
};

/** A choice of this severity and the graver ones. */
export function atLeast(severity: AlertSeverity): string {
  const { label } = SEVERITY[severity];
  return severity === 'CRITICAL' ? label : t`${label} or worse`;
}

export const SEVERITIES = Object.keys(SEVERITY) as AlertSeverity[];

type Told = Pick<
  Alert,
  'type' | 'title' | 'message' | 'itemName' | 'location' | 'currentStock' | 'minStock'
>;

/** What the alert says; English as the server tells it. */
export function titleOf({ type, title, itemName, location }: Told): string {
  if (LANGUAGE === 'en' || itemName === null) return title;
  return titled(ALERT_TYPE[type], itemName, location?.code ?? null);
}

/** location: the code of the one that it is about; null: of none. */
export function titled(what: string, itemName: string, location: string | null): string {
  return location === null ? t`${what}: ${itemName}` : t`${what} at ${location}: ${itemName}`;
}

/** The same in a sentence. */
export function sentenceOf({ message, itemName, currentStock, minStock }: Told): string {
  if (LANGUAGE === 'en' || itemName === null || currentStock === null) return message;
  return stockSentence(itemName, currentStock, minStock ?? 0);
}

export function stockSentence(name: string, stock: number, minimum: number): string {
  if (stock === 0 && minimum === 0) return t`${name} is out of stock.`;
  if (stock === 0) return t`${name} is out of stock; its minimum is ${number(minimum)}.`;
  return t`${name} has ${number(stock)}; its minimum is ${number(minimum)}.`;
}

/** Not over yet. */
export const LIVE: AlertStatus[] = ['OPEN', 'ACKNOWLEDGED', 'SNOOZED'];

export const ALERT_STATUS: Readonly<Record<AlertStatus, string>> = {
  OPEN: t`Open`,
  ACKNOWLEDGED: t`Acknowledged`,
  SNOOZED: t`Snoozed`,
  RESOLVED: t`Resolved`,
};

export const ALERT_TYPE: Readonly<Record<AlertType, string>> = {
  LOW_STOCK: t`Low stock`,
  OUT_OF_STOCK: t`Out of stock`,
};
