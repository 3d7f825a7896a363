/**
 * Books a draft: under one key, which is stored with what is sent before it leaves. From the draft it
 * goes to the bookings that are kept on this device, where it stays until the server has answered. So
 * whatever becomes of the answer, the page or the connection, nothing is lost and nothing booked twice.
 */
import { plural, t } from '@lingui/core/macro';
import { useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from 'react';

import { newIdempotencyKey, useInventoryClient } from '../../../client';
import { refusalOf } from '../offline/booking';
import type { Answer, Request } from '../offline/booking';
import { useBookingQueue } from '../offline/BookingQueueProvider';
import { sent as sentNow } from '../offline/send';
import { useViewer } from '../session/SessionContext';
import { filledIn, NO_REASON } from '../stock/ReasonFields';
import { useUndo } from '../stock/useUndo';
import { useToast } from '../ui/Toasts';
import { useLoadAgain } from '../ui/useLoadAgain';
import { useSubmit } from '../ui/useSubmit';
import { countOf, receiptOf, refusedOf, returned } from './draft';
import type { Draft, Sent } from './draft';
import { DraftStore } from './draftStore';
import type { BatchKind } from './draftStore';

export interface Batch {
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
  /** As `change`, from what is there at that moment: scans come faster than screens. */
  update: (step: (draft: Draft) => Partial<Draft>) => void;
  /** expected: by line, what a count replaces; null: no count. */
  book: (expected: readonly number[] | null) => void;
  /** Asks again for the answer of what was sent. */
  sendAgain: () => void;
  busy: boolean;
  /** Why there is no answer yet. */
  error: unknown;
}

const BOOKED: Readonly<Record<BatchKind, (lines: number) => string>> = {
  receive: (lines) => plural(lines, { one: '# line received', other: '# lines received' }),
  count: (lines) => plural(lines, { one: '# line counted', other: '# lines counted' }),
};

export function useBatch(kind: BatchKind): Batch {
  const { id } = useViewer();
  const [store] = useState(() => new DraftStore(kind, id));
  const draft = useSyncExternalStore(store.subscribe, store.get);
  const { apollo } = useInventoryClient();
  const queue = useBookingQueue();
  const answered = useAnswered(kind, store);
  const handOver = useHandOver(kind, store, answered);
  const deliver = useSubmit(async () => {
    const { sent } = store.get();
    if (sent === null || (await handOver(sent))) return;
    try {
      answered(sent, await sentNow(apollo, requestOf(sent), id));
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === null) throw error;
      answered(sent, refused);
    }
  });
  // What this page sends, or found when it was opened; what another tab sends is that tab's.
  const own = useRef(draft.sent?.key ?? null);
  const deliverOwn = useEffectEvent((key: string) => {
    if (key === own.current) void deliver.run();
  });
  const sentKey = queue === null ? null : (draft.sent?.key ?? null);
  useEffect(() => {
    if (sentKey !== null) deliverOwn(sentKey);
  }, [sentKey]);
  const sendAgain = useLoadAgain(deliver.error, deliver.run);
  const update: Batch['update'] = (step) =>
    store.update((before) => ({ ...before, ...step(before) }));
  return {
    draft,
    update,
    change: (changes) => update(() => changes),
    book: (expected) => {
      const key = newIdempotencyKey();
      own.current = key;
      update(({ lines, location, reason }) => ({
        lines: [],
        sent: { key, location, reason, lines, expected },
      }));
    },
    sendAgain,
    busy: deliver.busy,
    error: deliver.error,
  };
}

/** Resolves to whether it is kept, and answered for, from here on; false: the browser keeps nothing. */
function useHandOver(
  kind: BatchKind,
  store: DraftStore,
  answered: (sent: Sent, answer: Answer) => void,
): (sent: Sent) => Promise<boolean> {
  const queue = useBookingQueue();
  const tell = useToast();
  return async (sent) => {
    if (queue === null) return false;
    const title = BOOKED[kind](sent.lines.length);
    const words = { title, text: sent.reason.reference, lines: sent };
    let number: number;
    try {
      number = await queue.keep(requestOf(sent), words);
    } catch {
      return false;
    }
    release(store, sent);
    void queue.outcome(number).then(async (answer) => {
      if (answer === null) {
        const text = t`${title}. It is sent when the server answers again.`;
        return tell({ tone: 'info', title: t`Kept on this device`, text });
      }
      answered(sent, answer);
      return queue.read(number); // what was refused is in the form again
    });
    return true;
  };
}

/** From here on it is kept elsewhere. */
function release(store: DraftStore, { key }: Sent): void {
  store.update((draft) => ({ ...draft, sent: draft.sent?.key === key ? null : draft.sent }));
}

function requestOf({ key, location, reason, lines, expected }: Sent): Request {
  const shared = { location, ...filledIn(reason) };
  const policy = { idempotencyKey: key, onError: 'SKIP_FAILED' as const };
  if (expected === null) {
    const given = lines.map((line) => ({
      item: { id: line.item.id },
      actionType: 'RECEIPT' as const,
      ...receiptOf(line),
      ...shared,
    }));
    return { kind: 'RECEIVE_LINES', input: { ...policy, lines: given } };
  }
  const given = lines.map((line, at) => ({
    item: { id: line.item.id },
    expectedStock: expected[at] ?? 0,
    ...countOf(line),
    ...shared,
  }));
  return { kind: 'COUNT_LINES', input: { ...policy, lines: given } };
}

/** Takes out what was booked, brings back what was not, and tells of both. */
function useAnswered(kind: BatchKind, store: DraftStore): (sent: Sent, answer: Answer) => void {
  const tell = useToast();
  const undo = useUndo();
  return (sent, { movements, applied, userErrors }) => {
    const refused = refusedOf(sent, applied, userErrors);
    store.update((before) => ({
      ...before,
      lines: returned(before.lines, refused),
      reason: refused.length === 0 && before.lines.length === 0 ? NO_REASON : before.reason,
      sent: before.sent?.key === sent.key ? null : before.sent,
    }));
    if (applied > 0) {
      const title = BOOKED[kind](applied);
      tell({ tone: 'good', title, ...undo(movements, title) });
    }
    if (refused.length === 0) return;
    const text = t`They are still here, each with the reason.`;
    const title = plural(refused.length, { one: '# line not booked', other: '# lines not booked' });
    tell({ tone: 'warning', title, text });
  };
}
