/** The lease that says that this person edits an item, for as long as the component is there. */
import { useCallback, useEffect, useRef, useState } from 'react';

import { RefusedError, useInventoryClient } from '../../../client';
import { describe } from '../ui/describe';
import { useLoadAgain } from '../ui/useLoadAgain';
import { EditLeases } from './EditLeases';

const RENEW_MS = 15_000; // the lease lives for four times as long

export type Lease =
  | { state: 'taking' }
  | { state: 'held'; token: string | null }
  /** Somebody else has it. reason: the server's words, with the name. */
  | { state: 'refused'; reason: string }
  /** It could not be asked for, and is again by itself; saving is still guarded by the version. */
  | { state: 'failed'; error: unknown };

export interface EditLease {
  lease: Lease;
  /** Ask again. */
  retry: () => void;
}

const queues = new WeakMap<object, EditLeases>();

export function useEditLease(itemId: string): EditLease {
  const { apollo } = useInventoryClient();
  const [lease, setLease] = useState<Lease>({ state: 'taking' });
  const asking = useRef<() => void>(() => undefined);

  useEffect(() => {
    const leases = queues.get(apollo) ?? new EditLeases(apollo);
    queues.set(apollo, leases);
    let token: string | null = null;
    let isOver = false;
    const take = async (): Promise<void> => {
      try {
        token = await leases.take(itemId);
        if (!isOver) setLease({ state: 'held', token });
      } catch (error) {
        if (!isOver) setLease(leaseAfter(error));
      }
    };
    asking.current = () => void take();
    void take();
    const timer = setInterval(() => token !== null && void take(), RENEW_MS);
    const release = (): void => {
      leases.release(itemId, () => token).catch(() => undefined); // it ends by itself
    };
    addEventListener('pagehide', release);
    return () => {
      isOver = true;
      clearInterval(timer);
      asking.current = () => undefined;
      removeEventListener('pagehide', release);
      release();
    };
  }, [apollo, itemId]);

  const retry = useCallback(() => asking.current(), []);
  useLoadAgain(lease.state === 'failed' ? lease.error : null, retry);
  return { lease, retry };
}

function leaseAfter(error: unknown): Lease {
  const isHeld = error instanceof RefusedError && error.code === 'LEASE_HELD';
  return isHeld ? { state: 'refused', reason: describe(error) } : { state: 'failed', error };
}
