/**
 * Books what a form says: kept on this device first, then sent under its key until it is answered, so
 * that neither a lost answer nor a closed page loses it or books it twice.
 */
import { t } from '@lingui/core/macro';
import { useCallback } from 'react';

import { newIdempotencyKey, throwIfRefused, useInventoryClient } from '../../../client';
import { useViewer } from '../session/SessionContext';
import { useSubmitKey } from '../stock/useSubmitKey';
import { useToast } from '../ui/Toasts';
import type { Answer, Request } from './booking';
import { TooManyWaiting } from './BookingStore';
import type { Words } from './BookingQueue';
import { useBookingQueue } from './BookingQueueProvider';
import { sent } from './send';

const SHOWN_MS = 1_000;

/** Resolves to the answer, refusals included; null: none yet, and the person has been told. */
export type Book = (requestOf: (key: string) => Request, words: Words) => Promise<Answer | null>;

export function useBook(): Book {
  const queue = useBookingQueue();
  const direct = useDirect();
  const tell = useToast();
  return useCallback(
    async (requestOf, words) => {
      if (queue === null) return direct(requestOf);
      let number: number;
      try {
        number = await queue.keep(requestOf(newIdempotencyKey()), words);
      } catch (error) {
        if (error instanceof TooManyWaiting) throw error;
        return direct(requestOf); // the browser keeps nothing: the key lives as long as the form
      }
      const answer = await queue.outcome(number);
      // When the form has shown it: a page that dies before finds it among what waits.
      if (answer !== null && answer.userErrors.length > 0) {
        setTimeout(() => void queue.read(number), SHOWN_MS);
      }
      if (answer === null) {
        const text = t`${words.title}: ${words.text}. It is sent when the server answers again.`;
        tell({ tone: 'info', title: t`Kept on this device`, text });
      }
      return answer;
    },
    [queue, direct, tell],
  );
}

function useDirect(): (requestOf: (key: string) => Request) => Promise<Answer> {
  const { apollo } = useInventoryClient();
  const { id } = useViewer();
  const withKey = useSubmitKey();
  return useCallback(
    (requestOf) =>
      withKey(async (key) => {
        const answer = await sent(apollo, requestOf(key), id);
        const isReused = answer.userErrors[0]?.code === 'IDEMPOTENCY_KEY_REUSED';
        if (isReused) throwIfRefused(answer.userErrors); // so that the key is kept
        return answer;
      }),
    [apollo, id, withKey],
  );
}
