import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';

import type { ConnectionStatus } from '../types';
import { useInventoryClient } from './InventoryProvider';
import { useConnectionStatus } from './useConnectionStatus';

/** What it says, for pages in other languages. */
export interface RealTimeStatusWords extends Record<ConnectionStatus['state'], string> {
  reconnect: string;
  /** Beside the status, while it is tried again. */
  attempt: (attempt: number, seconds: number) => string;
  /** An error of the connection, in the title. */
  error: (message: string) => string;
}

const ENGLISH: RealTimeStatusWords = {
  connected: 'Live',
  connecting: 'Connecting…',
  offline: 'Offline',
  reconnect: 'Reconnect',
  attempt: (attempt, seconds) => `attempt ${attempt} in ${seconds} s`,
  error: (message) => message,
};

interface RealTimeStatusProps {
  className?: string;
  words?: RealTimeStatusWords;
}

/**
 * The connection in words, told to screen readers when it changes. Style it by its classes:
 * `real-time-status` and `real-time-status--connected`, `--connecting` or `--offline`; inside,
 * `real-time-status__dot` (decoration), `__text`, `__detail` and `__retry`.
 */
export function RealTimeStatus(props: RealTimeStatusProps): ReactElement {
  const { className = '', words = ENGLISH } = props;
  const status = useConnectionStatus();
  const { realtime } = useInventoryClient();
  return (
    <div className={`real-time-status real-time-status--${status.state} ${className}`.trim()}>
      <span className="real-time-status__dot" aria-hidden="true" />
      <span
        role="status"
        className="real-time-status__text"
        title={status.lastError === null ? undefined : words.error(status.lastError)}
      >
        {words[status.state]}
      </span>
      <Detail status={status} words={words} />
      {status.state === 'offline' && (
        <button type="button" className="real-time-status__retry" onClick={realtime.reconnect}>
          {words.reconnect}
        </button>
      )}
    </div>
  );
}

interface DetailProps {
  status: ConnectionStatus;
  words: RealTimeStatusWords;
}

/** How it goes on: beside the status, not in it, so that no screen reader counts seconds aloud. */
function Detail({ status, words }: DetailProps): ReactElement | null {
  const seconds = useSecondsUntil(status.nextAttemptAtMs);
  if (status.attempts === 0 || seconds === null) return null;
  return (
    <span className="real-time-status__detail">
      {words.attempt(status.attempts + 1, seconds)}
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
