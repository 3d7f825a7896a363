/** What a list or a page shows when it has nothing to show: not yet, none, or not possible. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement, ReactNode } from 'react';

import { useSeen } from '../offline/SeenContext';
import { describe } from './describe';
import { Icon } from './Icon';
import type { IconName } from './Icon';

/** rows: about as many as will come. */
export function Loading({ rows = 6, label }: { rows?: number; label: string }): ReactElement {
  if (useSeen() !== null) {
    return (
      <Empty icon="clock" title={t`Not kept on this device`}>
        <p><Trans>It comes when the server can be reached.</Trans></p>
      </Empty>
    );
  }
  return (
    <div className="skeleton-rows" role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="skeleton" />
      ))}
    </div>
  );
}

interface EmptyProps {
  icon?: IconName;
  title: string;
  children?: ReactNode;
}

export function Empty({ icon = 'items', title, children }: EmptyProps): ReactElement {
  return (
    <div className="state">
      <Icon name={icon} />
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** retry: asks again. */
export function Failed({ error, retry }: { error: unknown; retry: () => void }): ReactElement {
  return (
    <div className="state state--bad" role="alert">
      <Icon name="alerts" />
      <strong><Trans>This could not be loaded</Trans></strong>
      <span>{describe(error)}</span>
      <button type="button" className="button" onClick={retry}>
        <Trans>Try again</Trans>
      </button>
    </div>
  );
}

/** Above what was loaded earlier and could not be asked for again. Nothing without an error. */
export function Outdated({
  error,
  retry,
}: {
  error: unknown;
  retry: () => void;
}): ReactElement | null {
  if (error === null || error === undefined) return null;
  return (
    <div className="outdated" role="alert">
      <span><Trans>This may be out of date. {describe(error)}</Trans></span>
      <button type="button" className="button button--small" onClick={retry}>
        <Trans>Try again</Trans>
      </button>
    </div>
  );
}
