/**
 * Books a draft: under one key, which is stored with what is sent before it leaves, and kept until
 * the server has answered. So whatever becomes of the answer, the page or the connection, the same
 * is asked again, and nothing is booked twice.
 */
import { useMutation } from '@apollo/client/react';
import { useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from 'react';

import { newIdempotencyKey } from '../../../client';
import { AdjustStockBatchDocument, SetStockBatchDocument } from '../../../client/generated/graphql';
import type { AdjustStockBatchMutation } from '../../../client/generated/graphql';
import { useViewer } from '../session/SessionContext';
import { filledIn, NO_REASON } from '../stock/ReasonFields';
import { useUndo } from '../stock/useUndo';
import { describe, isOutcomeUnknown } from '../ui/describe';
import { plural } from '../ui/format';
import { useToast } from '../ui/Toasts';
import { useLoadAgain } from '../ui/useLoadAgain';
import { useSubmit } from '../ui/useSubmit';
import { countOf, receiptOf, refusedOf, returned } from './draft';
import type { Draft, Sent } from './draft';
import { DraftStore } from './draftStore';
import type { BatchKind } from './draftStore';

type Payload = AdjustStockBatchMutation['adjustStockBatch'];

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

const BOOKED = { receive: 'received', count: 'counted' } as const;

export function useBatch(kind: BatchKind): Batch {
  const { id } = useViewer();
  const [store] = useState(() => new DraftStore(kind, id));
  const draft = useSyncExternalStore(store.subscribe, store.get);
  const send = useSend();
  const answered = useAnswered(kind, store);
  const deliver = useSubmit(async () => {
    const { sent } = store.get();
    if (sent === null) return;
    try {
      answered(sent, await send(sent));
    } catch (error) {
      if (isOutcomeUnknown(error)) throw error;
      answered(sent, { movements: [], applied: 0, userErrors: [refusedAll(error)] });
    }
  });
  // What this page sends, or found when it was opened; what another tab sends is that tab's.
  const own = useRef(draft.sent?.key ?? null);
  const deliverOwn = useEffectEvent((key: string) => {
    if (key === own.current) void deliver.run();
  });
  const sentKey = draft.sent?.key ?? null;
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

function useSend(): (sent: Sent) => Promise<Answer> {
  const [adjust] = useMutation(AdjustStockBatchDocument);
  const [count] = useMutation(SetStockBatchDocument);
  return async ({ key, location, reason, lines, expected }) => {
    const shared = { location, ...filledIn(reason) };
    const policy = { idempotencyKey: key, onError: 'SKIP_FAILED' as const };
    if (expected === null) {
      const given = lines.map((line) => ({
        item: { id: line.item.id },
        actionType: 'RECEIPT' as const,
        ...receiptOf(line),
        ...shared,
      }));
      const { data } = await adjust({ variables: { input: { ...policy, lines: given } } });
      return required(data?.adjustStockBatch);
    }
    const given = lines.map((line, at) => ({
      item: { id: line.item.id },
      expectedStock: expected[at] ?? 0,
      ...countOf(line),
      ...shared,
    }));
    const { data } = await count({ variables: { input: { ...policy, lines: given } } });
    return required(data?.setStockBatch);
  };
}

type Answer = Pick<Payload, 'movements' | 'applied' | 'userErrors'>;

function required(payload: Answer | undefined): Answer {
  if (payload === undefined) throw new Error('The server sent no answer.');
  return payload;
}

function refusedAll(error: unknown): Answer['userErrors'][number] {
  return { code: 'INVALID_INPUT', message: describe(error), field: null };
}

/** Takes out what was booked, brings back what was not, and tells of both. */
function useAnswered(kind: BatchKind, store: DraftStore): (sent: Sent, answer: Answer) => void {
  const tell = useToast();
  const undo = useUndo();
  return (sent, { movements, applied, userErrors }) => {
    if (store.get().sent?.key !== sent.key) return; // another tab has had the answer, and told it
    const refused = refusedOf(sent, applied, userErrors);
    store.update((before) => ({
      ...before,
      lines: returned(before.lines, refused),
      reason: refused.length === 0 && before.lines.length === 0 ? NO_REASON : before.reason,
      sent: null,
    }));
    const told = plural(applied, 'line');
    if (applied > 0) {
      const title = `${told} ${BOOKED[kind]}`;
      tell({ tone: 'good', title, ...undo(movements, title) });
    }
    if (refused.length === 0) return;
    const text = 'They are still here, each with the reason.';
    tell({ tone: 'warning', title: `${plural(refused.length, 'line')} not booked`, text });
  };
}
