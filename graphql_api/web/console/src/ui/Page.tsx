/** A screen's frame: its title (also of the document), its actions, its content. */
import { t } from '@lingui/core/macro';
import { useEffect } from 'react';
import type { ReactElement, ReactNode } from 'react';

interface PageProps {
  title: string;
  /** Beside the title. */
  status?: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, status, subtitle, actions, children }: PageProps): ReactElement {
  useEffect(() => {
    document.title = t`${title} · Inventory`;
  }, [title]);
  return (
    <div className="page">
      <div className="page__head">
        <div className="page__title">
          <h1>
            <bdi>{title}</bdi> {status}
          </h1>
          {subtitle && <p>{subtitle}</p>}
        </div>
        {actions && <div className="page__actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
