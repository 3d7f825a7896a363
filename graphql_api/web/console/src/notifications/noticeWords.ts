/**
 * What a notification says: by its kind and the values that it carries, in the page's language.
 * English is as the server tells it; so is what people announced, and what is not known here. Pure.
 */
import { plural, t } from '@lingui/core/macro';

import type { Notification } from '../../../client';
import { ALERT_TYPE, SEVERITIES, SEVERITY, stockSentence, titled } from '../alerts/alertWords';
import { COUNT_WORDS } from '../imports/countWords';
import { LANGUAGE } from '../language/active';
import { number, short } from '../ui/format';

export interface NoticeWords {
  title: string;
  sentence: string;
}

type Data = Readonly<Record<string, unknown>>;

export function noticeWords({ title, message, data }: Notification): NoticeWords {
  const told = LANGUAGE === 'en' ? null : translated(data);
  return told ?? { title, sentence: message };
}

/** null: of no kind that is known here, or without its values, as older servers stored it. */
export function translated(data: unknown): NoticeWords | null {
  if (!isData(data) || typeof data.kind !== 'string') return null;
  return KINDS[data.kind]?.(data) ?? null;
}

const KINDS: Readonly<Record<string, (data: Data) => NoticeWords | null>> = {
  ALERT: alert,
  ALERTS: alerts,
  IMPORT: importEnded,
  JOB: ({ job, ok }) =>
    typeof job !== 'string'
      ? null
      : ok === true
        ? { title: t`Scheduled job works again: ${job}`, sentence: t`Its last run went well.` }
        : {
            title: t`Scheduled job failed: ${job}`,
            sentence: t`The server’s log tells more. It runs again when next due.`,
          },
  UNCLEAN_STOP: ({ host, seenAt }) =>
    typeof host !== 'string' || typeof seenAt !== 'string'
      ? null
      : {
          title: t`A server did not stop in good order`,
          sentence: t`The one on ${host} was last seen at ${short(seenAt)}. Nothing that it had answered is lost.`,
        },
};

function alert({ type, itemName, location, stock, minStock }: Data): NoticeWords | null {
  if (typeof itemName !== 'string' || typeof stock !== 'number') return null;
  const what = (ALERT_TYPE as Readonly<Record<string, string>>)[String(type)];
  if (what === undefined) return null;
  return {
    title: titled(what, itemName, typeof location === 'string' ? location : null),
    sentence: stockSentence(itemName, stock, countOf(minStock)),
  };
}

function alerts(data: Data): NoticeWords | null {
  const { count, named, more, bySeverity } = data;
  if (typeof count !== 'number' || !Array.isArray(named) || !isData(bySeverity)) return null;
  const counts = SEVERITIES.filter((severity) => countOf(bySeverity[severity]) > 0).map(
    (severity) => `${SEVERITY[severity].label}: ${number(countOf(bySeverity[severity]))}`,
  );
  const names = named.join(', ');
  const others = countOf(more);
  return {
    title: plural(count, { one: '# alert was raised', other: '# alerts were raised' }),
    sentence:
      others === 0
        ? `${counts.join(', ')}. ${names}`
        : `${counts.join(', ')}. ${t`${names} and ${number(others)} more`}`,
  };
}

function importEnded(data: Data): NoticeWords | null {
  const { name, outcome } = data;
  if (typeof name !== 'string' || !isData(outcome)) return null;
  const counts = COUNT_WORDS.filter(([field]) => countOf(data[field]) > 0).map(
    ([field, label]) => `${label}: ${number(countOf(data[field]))}`,
  );
  const raised = isData(data.alerts) ? alerts(data.alerts)?.title : undefined;
  return {
    title: (TITLES[String(outcome.how)] ?? ENDED)(name),
    sentence: [...counts, ...(raised === undefined ? [] : [raised])].join(', '),
  };
}

const ENDED = (name: string): string => t`Import ended: ${name}`;

const TITLES: Readonly<Record<string, ((name: string) => string) | undefined>> = {
  STOPPED: (name) => t`Import stopped: ${name}`,
  GIVEN_UP: (name) => t`Import given up: ${name}`,
  REFUSED: (name) => t`Import refused: ${name}`,
};

function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null;
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
