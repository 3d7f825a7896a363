/** The stock in figures, and how it is spread over the statuses. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement, ReactNode } from 'react';
import { Link } from 'wouter';

import { SummaryDocument } from '../../../client/generated/graphql';
import type { StockStatus, SummaryQuery } from '../../../client/generated/graphql';
import { STATUS } from '../items/status';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';
import { money, number, roundMoney } from '../ui/format';
import { LargeFigure } from '../ui/LargeFigure';
import { Failed, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';

type Summary = SummaryQuery['inventorySummary'];

export function Figures(): ReactElement {
  const { data, error, refetch } = useQuery(SummaryDocument, { fetchPolicy: 'cache-and-network' });
  useRefreshOnEvents(refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const summary = data?.inventorySummary;
  if (error && !summary) {
    return (
      <div className="card">
        <Failed error={error} retry={loadAgain} />
      </div>
    );
  }
  return (
    <section aria-label={t`Figures`} className="figures">
      {error && (
        <div className="card figures__outdated">
          <Outdated error={error} retry={loadAgain} />
        </div>
      )}
      <Figure label={t`Items`} href="/items" value={summary?.items} />
      <Figure label={t`Units on hand`} value={summary?.units} />
      <Figure label={t`Stock value`} value={summary?.stockValue} />
      <Figure label={t`Live alerts`} href="/alerts" value={summary?.liveAlerts} />
      <ByStatus summary={summary} />
    </section>
  );
}

interface FigureProps {
  label: string;
  /** A number, or a sum of money as a decimal string; undefined: not known yet. */
  value: number | string | undefined;
  href?: string;
}

function Figure({ label, value, href }: FigureProps): ReactElement {
  const content: ReactNode = (
    <>
      <span className="figure__label">{label}</span>
      {value === undefined ? (
        <span className="skeleton figure__skeleton" />
      ) : (
        <LargeFigure
          className="figure__value"
          value={value}
          {...(typeof value === 'string'
            ? { whole: roundMoney(value), exact: money(value) }
            : { whole: number(value) })}
        />
      )}
    </>
  );
  return href ? (
    <Link href={href} className="card figure fitted__place">
      {content}
    </Link>
  ) : (
    <div className="card figure fitted__place">{content}</div>
  );
}

const ORDER: readonly StockStatus[] = ['IN_STOCK', 'LOW_STOCK', 'OUT_OF_STOCK'];

function ByStatus({ summary }: { summary: Summary | undefined }): ReactElement {
  const counts = ORDER.map((status) => ({
    status,
    items: summary?.byStatus.find((count) => count.status === status)?.items ?? 0,
  }));
  return (
    <div className="card figure by-status">
      <h2 className="figure__label"><Trans>Stock by status</Trans></h2>
      <div className="by-status__bar" aria-hidden="true">
        {counts.map(({ status, items }) => (
          <span
            key={status}
            className={`by-status__part by-status__part--${STATUS[status].tone}`}
            style={{ flexGrow: items }}
          />
        ))}
      </div>
      <ul className="by-status__list">
        {counts.map(({ status, items }) => (
          <li key={status}>
            <Link
              href={`/items?status=${status}`}
              className={`by-status__link by-status__link--${STATUS[status].tone}`}
            >
              {STATUS[status].label} <strong className="number">{number(items)}</strong>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
