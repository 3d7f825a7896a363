/** What can be done with a booking that was refused, and the question before one is discarded. */
import { useApolloClient } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { useLocation } from 'wouter';

import type { ApolloClient } from '@apollo/client';

import { GoodsNowDocument } from '../../../client/generated/graphql';
import type { SetStockInput } from '../../../client/generated/graphql';
import { refusedOf, returned } from '../batches/draft';
import { DraftStore } from '../batches/draftStore';
import { levelAt } from '../stock/levels';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { FormError } from '../ui/FormError';
import { number, signed } from '../ui/format';
import { useSubmit } from '../ui/useSubmit';
import type { Booking } from './booking';
import { useBookingQueue } from './BookingQueueProvider';

export function TryAgain({ booking }: { booking: Booking }): ReactElement {
  if (booking.lines !== null) return <BackToForm booking={booking} />;
  const isMoved = booking.answer?.userErrors[0]?.code === 'STOCK_CONFLICT';
  return isMoved ? <CountAgain booking={booking} /> : <SendAgain booking={booking} />;
}

function SendAgain({ booking }: { booking: Booking }): ReactElement {
  const queue = useBookingQueue();
  const { run, busy } = useSubmit(async () => queue?.again(booking, null));
  return <Action label={t`Try again`} booking={booking} busy={busy} act={() => void run()} />;
}

/** Lines that were not booked, each with why, where they can be mended. */
function BackToForm({ booking }: { booking: Booking }): ReactElement {
  const queue = useBookingQueue();
  const [, goTo] = useLocation();
  const { run, busy } = useSubmit(async () => {
    const { lines: sent, answer, userId } = booking;
    if (sent === null || answer === null) return;
    const kind = booking.request.kind === 'COUNT_LINES' ? 'count' : 'receive';
    const refused = refusedOf(sent, answer.applied, answer.userErrors);
    new DraftStore(kind, userId).update((draft) => ({
      ...draft,
      location: draft.lines.length === 0 ? sent.location : draft.location,
      reason: draft.lines.length === 0 ? sent.reason : draft.reason,
      lines: returned(draft.lines, refused),
    }));
    await queue?.discard(booking);
    goTo(`/${kind}`);
  });
  return <Action label={t`Mend the lines`} booking={booking} busy={busy} act={() => void run()} />;
}

/** A count against a level that has moved: with both figures, and booked against the new one. */
function CountAgain({ booking }: { booking: Booking }): ReactElement | null {
  const queue = useBookingQueue();
  const apollo = useApolloClient();
  const [level, setLevel] = useState<number | null>(null);
  const { run, busy, error } = useSubmit(async () => setLevel(await levelNow(apollo, booking)));
  if (booking.request.kind !== 'COUNT') return null;
  return (
    <>
      <Action label={t`Compare`} booking={booking} busy={busy} act={() => void run()} />
      <FormError error={error} />
      {level !== null && (
        <ConfirmDialog
          title={t`Count ${booking.text}`}
          action={t`Book the count`}
          danger={false}
          onClose={() => setLevel(null)}
          onConfirm={async () => {
            await queue?.again(booking, level);
            setLevel(null);
          }}
        >
          <p>
            <Figures input={booking.request.input} level={level} />
          </p>
          <p>
            <Trans>Is that still what lies there? What moved since may have been counted already.</Trans>
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** level: what lies there now, by the system. */
function Figures({ input, level }: { input: SetStockInput; level: number }): ReactElement {
  const { expectedStock, stock, amount, unit } = input;
  if (amount !== null && amount !== undefined) {
    return (
      <Trans>
        You counted <strong>{amount} {unit}</strong>. The system said {number(expectedStock)} then, and
        says <strong>{number(level)}</strong> now.
      </Trans>
    );
  }
  const counted = stock ?? 0;
  return (
    <Trans>
      You counted <strong>{number(counted)}</strong>. The system said {number(expectedStock)} then, and
      says <strong>{number(level)}</strong> now (difference {signed(counted - level)}).
    </Trans>
  );
}

async function levelNow(apollo: ApolloClient, { request }: Booking): Promise<number | null> {
  if (request.kind !== 'COUNT') return null;
  const { item, location } = request.input;
  const { data } = await apollo.query({
    query: GoodsNowDocument,
    variables: { ids: [String(item.id ?? '')] },
    fetchPolicy: 'network-only', // it is compared with the shelf as it is now
  });
  const [node] = data?.nodes ?? [];
  return node && 'levels' in node ? levelAt(node.levels, String(location ?? '')) : null;
}

interface ActionProps {
  label: string;
  booking: Booking;
  busy: boolean;
  act: () => void;
}

function Action({ label, booking, busy, act }: ActionProps): ReactElement {
  return (
    <button type="button" className="button button--small" disabled={busy} onClick={act}>
      {label}
      <span className="visually-hidden">
        : {booking.title}, {booking.text}
      </span>
    </button>
  );
}

interface DiscardDialogProps {
  booking: Booking;
  onClose: () => void;
  onConfirm: () => Promise<void>;
}

export function DiscardDialog({ booking, onClose, onConfirm }: DiscardDialogProps): ReactElement {
  const mayBeBooked = booking.state === 'WAITING' && booking.attempts > 0;
  return (
    <ConfirmDialog title={t`Discard this booking?`} action={t`Discard`} onClose={onClose} onConfirm={onConfirm}>
      <p>
        <strong>{booking.title}</strong> <bdi>{booking.text}</bdi>
      </p>
      <p>
        {mayBeBooked
          ? t`It was sent, and its answer was lost: it may be booked all the same. The history tells.`
          : t`It is not booked, and will not be sent again.`}
      </p>
    </ConfirmDialog>
  );
}
