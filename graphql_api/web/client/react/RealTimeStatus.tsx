import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';

import type { ConnectionStatus } from '../types';
import { useInventoryClient } from './InventoryProvider';
import { useConnectionStatus } from './useConnectionStatus';

/**
 * The connection in words, told to screen readers when it changes. Style it by its classes:
 * `real-time-status` and `real-time-status--connected`, `--connecting` or `--offline`; inside,
 * `real-time-status__dot` (decoration), `__text`, `__detail` and `__retry`.
 */
export function RealTimeStatus({ className = '' }: { className?: string }): ReactElement {
  const status = useConnectionStatus();
  const { realtime } = useInventoryClient();
  return (
    <div className={`real-time-status real-time-status--${status.state} ${className}`.trim()}>
      <span className="real-time-status__dot" aria-hidden="true" />
      <span role="status" className="real-time-status__text" title={status.lastError ?? undefined}>
        {TEXT[status.state]}
      </span>
      <Detail status={status} />
      {status.state === 'offline' && (
        <button type="button" className="real-time-status__retry" onClick={realtime.reconnect}>
          Reconnect
        </button>
      )}
    </div>
  );
}

const TEXT: Record<ConnectionStatus['state'], string> = {
  connected: 'Live',
  connecting: 'Connecting…',
  offline: 'Offline',
};

/** How it goes on: beside the status, not in it, so that no screen reader counts seconds aloud. */
function Detail({ status }: { status: ConnectionStatus }): ReactElement | null {
  const seconds = useSecondsUntil(status.nextAttemptAtMs);
  if (status.attempts === 0 || seconds === null) return null;
  return (
    <span className="real-time-status__detail">
      attempt {status.attempts + 1} in {seconds} s
    </span>
  );
}

/** Whole seconds from now, counting down; null: there is nothing to wait for. */
function useSecondsUntil(atMs: number | null): number | null {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (atMs === null) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [atMs]);
  return atMs === null ? null : Math.max(Math.ceil((atMs - nowMs) / 1_000), 0);
}
