/** What a list or a page shows when it has nothing to show: not yet, none, or not possible. */
import type { ReactElement, ReactNode } from 'react';

import { describe } from './describe';
import { Icon } from './Icon';
import type { IconName } from './Icon';

/** rows: about as many as will come. */
export function Loading({ rows = 6, label }: { rows?: number; label: string }): ReactElement {
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
      <strong>This could not be loaded</strong>
      <span>{describe(error)}</span>
      <button type="button" className="button" onClick={retry}>
        Try again
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
      <span>This may be out of date. {describe(error)}</span>
      <button type="button" className="button button--small" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
