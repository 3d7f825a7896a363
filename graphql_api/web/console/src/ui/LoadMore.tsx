/** The end of a list that goes on: its next page, by a button. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { describe } from './describe';
import { useLoadAgain } from './useLoadAgain';

interface LoadMoreProps {
  hasMore: boolean;
  load: () => Promise<unknown>;
}

export function LoadMore({ hasMore, load }: LoadMoreProps): ReactElement | null {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const next = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await load();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };

  useLoadAgain(error, next);
  if (!hasMore) return null;
  return (
    <div className="more">
      {error !== null && <span role="alert">{describe(error)}&nbsp;</span>}
      <button type="button" className="button" disabled={busy} onClick={() => void next()}>
        {busy ? t`Loading…` : t`Load more`}
      </button>
    </div>
  );
}
