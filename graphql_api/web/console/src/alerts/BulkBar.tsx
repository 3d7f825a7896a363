/** What can be done with the selected alerts, and what was refused of the last time. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { Alert } from '../../../client';
import { describe } from '../ui/describe';
import { number } from '../ui/format';
import { Icon } from '../ui/Icon';
import { useToast } from '../ui/Toasts';
import { useSubmit } from '../ui/useSubmit';
import type { Refused } from './manyAlerts';
import { SnoozeDialog } from './SnoozeDialog';
import { useManyAlerts } from './useManyAlerts';
import type { Done } from './useManyAlerts';

interface BulkBarProps {
  /** Those that are shown. */
  alerts: readonly Alert[];
  selected: ReadonlySet<string>;
  select: (ids: Iterable<string>) => void;
}

export function BulkBar({ alerts, selected, select }: BulkBarProps): ReactElement {
  const many = useManyAlerts();
  const [isSnoozing, setSnoozing] = useState(false);
  const tell = useToast();
  const chosen = alerts.filter(({ id }) => selected.has(id));
  const isAll = chosen.length === alerts.length;
  const done = async (what: string, work: Promise<Done>): Promise<void> => {
    const { applied, refused } = await work;
    select(refused.map(({ alert }) => alert.id)); // what is left to be looked at
    if (applied > 0) tell({ tone: 'good', title: `${what}: ${number(applied)}` });
  };
  const { run, busy } = useSubmit(
    (work: () => Promise<void>) => work(),
    (error) => tell({ tone: 'bad', title: t`Not all was done`, text: describe(error) }),
  );
  const cannot = busy || chosen.length === 0;
  return (
    <>
      <div className="bulk-bar" role="group" aria-label={t`Selected alerts`}>
        <label className="check">
          <input
            type="checkbox"
            checked={isAll}
            ref={(box) => {
              if (box) box.indeterminate = !isAll && chosen.length > 0;
            }}
            onChange={() => select(isAll ? [] : alerts.map(({ id }) => id))}
          />
          <span aria-live="polite">
            {chosen.length === 0 ? t`Select all` : t`${number(chosen.length)} selected`}
          </span>
        </label>
        <div className="alert__actions">
          <button
            type="button"
            className="button button--small"
            disabled={cannot}
            onClick={() => void run(() => done(t`Acknowledged`, many.acknowledge(chosen)))}
          >
            <Icon name="check" />
            <Trans>Acknowledge<span className="visually-hidden"> the selected</span></Trans>
          </button>
          <button
            type="button"
            className="button button--small"
            disabled={cannot}
            onClick={() => setSnoozing(true)}
          >
            <Icon name="clock" />
            <Trans>Snooze<span className="visually-hidden"> the selected</span></Trans>
          </button>
          <button
            type="button"
            className="button button--small"
            disabled={cannot}
            onClick={() => void run(() => done(t`Resolved`, many.resolve(chosen)))}
          >
            <Trans>Resolve<span className="visually-hidden"> the selected</span></Trans>
          </button>
        </div>
      </div>
      <Refusals refused={many.refused} forget={many.forget} />
      {isSnoozing && (
        <SnoozeDialog
          about={plural(chosen.length, { one: '# alert', other: '# alerts' })}
          onClose={() => setSnoozing(false)}
          snooze={(until) => done(t`Snoozed`, many.snooze(chosen, until))}
        />
      )}
    </>
  );
}

interface RefusalsProps {
  refused: readonly Refused[];
  forget: () => void;
}

function Refusals({ refused, forget }: RefusalsProps): ReactElement | null {
  if (refused.length === 0) return null;
  return (
    <div className="refusals" role="alert">
      <div>
        <strong><Trans>{number(refused.length)} could not be done</Trans></strong>
        <ul>
          {refused.map(({ alert, why }) => (
            <li key={alert.id}>
              {alert.itemId === null ? (
                alert.title
              ) : (
                <Link href={`/items/${alert.itemId}`}>{alert.itemName ?? alert.title}</Link>
              )}
              : {why}
            </li>
          ))}
        </ul>
      </div>
      <button type="button" className="button button--small" onClick={forget}>
        <Trans>Dismiss<span className="visually-hidden"> what could not be done</span></Trans>
      </button>
    </div>
  );
}
