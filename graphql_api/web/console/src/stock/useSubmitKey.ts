/**
 * The idempotency key of a form: the same over retries, so that nothing is recorded twice.
 *
 * After a definite answer (done, or refused) the next submit is a new one. While the outcome is
 * unknown the key stays, even when the person changes the values: if the first try was recorded,
 * the server says IDEMPOTENCY_KEY_REUSED instead of recording a second change.
 */
import { useCallback, useRef } from 'react';

import { newIdempotencyKey } from '../../../client';
import { isOutcomeUnknown } from '../ui/describe';

/** Runs `work` with the key of now. */
export function useSubmitKey(): <T>(work: (idempotencyKey: string) => Promise<T>) => Promise<T> {
  const key = useRef<string | null>(null);
  return useCallback(async (work) => {
    key.current ??= newIdempotencyKey();
    try {
      const result = await work(key.current);
      key.current = null;
      return result;
    } catch (error) {
      if (!isOutcomeUnknown(error)) key.current = null;
      throw error;
    }
  }, []);
}
