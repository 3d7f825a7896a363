/** The item's live alerts, its own and its places', with what can be done about them. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { AlertListDocument } from '../../../client/generated/graphql';
import { AlertCard } from '../alerts/AlertCard';
import { LIVE } from '../alerts/alertWords';
import { useSuggestions } from '../alerts/useSuggestions';
import { useLoadAgain } from '../ui/useLoadAgain';

const SHOWN_MAX = 10; // the gravest: one of the item's, the others of places

export function ItemAlerts({ id }: { id: string }): ReactElement | null {
  useSuggestions();
  const { data, error, refetch } = useQuery(AlertListDocument, {
    variables: {
      where: { itemIds: [id], statuses: LIVE },
      orderBy: 'GRAVEST',
      first: SHOWN_MAX,
    },
    fetchPolicy: 'cache-and-network',
  });
  useLoadAgain(error, refetch);
  const alerts = data?.alerts.nodes ?? [];
  if (alerts.length === 0) return null;
  return (
    <div className="card">
      <ul className="list" aria-label={t`Alerts of this item`}>
        {alerts.map((alert) => (
          <li key={alert.id}>
            <AlertCard alert={alert} isOnItsItem />
          </li>
        ))}
      </ul>
    </div>
  );
}
