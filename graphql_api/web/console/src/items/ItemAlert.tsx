/** The item's live alert, with what can be done about it. */
import type { ReactElement } from 'react';

import type { Alert } from '../../../client';
import { AlertCard } from '../alerts/AlertCard';

export function ItemAlert({ alert }: { alert: Alert | undefined }): ReactElement | null {
  if (alert === undefined || alert.status === 'RESOLVED') return null;
  return (
    <div className="card">
      <AlertCard alert={alert} isOnItsItem />
    </div>
  );
}
