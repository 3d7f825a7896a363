/**
 * Asks again for what could not be loaded: by a button, and by itself when the connection is back.
 * To be used by every query of a screen, also by those that still have something older to show.
 */
import { useCallback, useEffect, useEffectEvent } from 'react';

import { errorCode, useConnectionStatus } from '../../../client';

const AGAIN_MS = 15_000; // while connected: the server may have been busy for a moment

/** error: the query's; retry: asks again, may reject. Returns what a button calls. */
export function useLoadAgain(error: unknown, retry: () => unknown): () => void {
  const { state } = useConnectionStatus();
  const ask = useEffectEvent(() => run(retry));
  const mayPass = error !== undefined && error !== null && isTransient(error);
  const isConnected = state === 'connected';
  useEffect(() => {
    if (mayPass && isConnected) ask();
    // At the moment of connecting only: what fails while connected waits for the timer.
  }, [isConnected]);
  useEffect(() => {
    if (!mayPass || !isConnected) return undefined;
    const timer = setInterval(() => ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [mayPass, isConnected]);
  return useCallback(() => run(retry), [retry]);
}

/** The query's own error state tells how it ended. */
function run(retry: () => unknown): void {
  Promise.resolve(retry()).catch(() => undefined);
}

const LASTING = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND', 'BAD_USER_INPUT']);

/** Whether the same question may have another answer later. */
export function isTransient(error: unknown): boolean {
  return !LASTING.has(errorCode(error) ?? '');
}
