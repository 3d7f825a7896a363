/** Bookings of this device: what was refused, until it has been read; what waits; what was booked. */
import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { serverWords } from '../language/serverWords';
import { Card } from '../ui/Card';
import { Page } from '../ui/Page';
import { Empty } from '../ui/states';
import { Time } from '../ui/Time';
import { useToast } from '../ui/Toasts';
import type { Booking } from './booking';
import { useBookings, useBookingQueue } from './BookingQueueProvider';
import { DiscardDialog, TryAgain } from './RefusedActions';
import './offline.css';

const BOOKED_SHOWN = 20;

export default function WaitingPage(): ReactElement {
  const bookings = useBookings();
  const of = (state: Booking['state']): Booking[] => bookings.filter((one) => one.state === state);
  const [refused, waiting, booked] = [of('REFUSED'), of('WAITING'), of('BOOKED').reverse()];
  const queue = useBookingQueue();
  const send = (
    <button type="button" className="button button--small" onClick={() => queue?.hurry()}>
      <Trans>Send now</Trans>
    </button>
  );
  return (
    <Page
      title={t`Waiting`}
      subtitle={t`Bookings are kept on this device until the server has answered.`}
    >
      {bookings.length === 0 && (
        <div className="card">
          <Empty icon="check" title={t`Nothing waits`}>
            <p>
              <Trans>What you book without a connection is kept here, and sent in its order.</Trans>
            </p>
          </Empty>
        </div>
      )}
      <Part title={t`Refused`} bookings={refused}>
        {(booking) => <TryAgain booking={booking} />}
      </Part>
      <Part title={t`Not sent yet`} bookings={waiting} actions={send} />
      <Part title={t`Booked`} bookings={booked.slice(0, BOOKED_SHOWN)} isOver />
    </Page>
  );
}

interface PartProps {
  title: string;
  bookings: readonly Booking[];
  actions?: ReactNode;
  /** Nothing is to be done with them. */
  isOver?: boolean;
  children?: (booking: Booking) => ReactNode;
}

function Part({ title, bookings, actions, isOver, children }: PartProps): ReactElement | null {
  if (bookings.length === 0) return null;
  return (
    <Card title={title} actions={actions} flush>
      <ul className="list" aria-label={title}>
        {bookings.map((booking) => (
          <Line key={booking.number} booking={booking}>
            {isOver ? null : (
              <>
                {children?.(booking)}
                <Discard booking={booking} />
              </>
            )}
          </Line>
        ))}
      </ul>
    </Card>
  );
}

function Line({ booking, children }: { booking: Booking; children: ReactNode }): ReactElement {
  const { title, text, attempts } = booking;
  const madeAt = new Date(booking.madeAtMs).toISOString();
  return (
    <li className="waiting__line">
      <div className="waiting__text">
        <strong>{title}</strong> <bdi>{text}</bdi>
        <p className="muted">
          {attempts === 0 ? (
            <Trans>Made <Time at={madeAt} /></Trans>
          ) : (
            <Trans>
              Made <Time at={madeAt} />, tried <Plural value={attempts} one="# time" other="# times" />
            </Trans>
          )}
        </p>
        {whyOf(booking).map((why) => (
          <p key={why} className="waiting__why">
            {why}
          </p>
        ))}
      </div>
      {children !== null && <div className="waiting__actions">{children}</div>}
    </li>
  );
}

const REASONS_MAX = 5; // of a batch's lines; its form shows each beside its line

function whyOf({ answer, problem, lines, request }: Booking): string[] {
  if (problem !== null) return [problem];
  const errors = answer?.userErrors ?? [];
  const reasons = [...new Set(errors.map(serverWords))].slice(0, REASONS_MAX);
  if (errors.length === 0) return [];
  if (lines !== null) {
    reasons.unshift(t`${answer?.applied ?? 0} of ${lines.lines.length} lines booked.`);
  }
  if (request.kind === 'COUNT' && errors[0]?.code === 'STOCK_CONFLICT') {
    const counted = request.input.amount ?? request.input.stock ?? 0;
    reasons.push(t`You counted ${counted} against ${request.input.expectedStock}.`);
  }
  return reasons;
}

function Discard({ booking }: { booking: Booking }): ReactElement {
  const [isAsked, setAsked] = useState(false);
  const queue = useBookingQueue();
  const tell = useToast();
  return (
    <>
      <button type="button" className="button button--small" onClick={() => setAsked(true)}>
        <Trans>
          Discard<span className="visually-hidden">: {booking.title}, {booking.text}</span>
        </Trans>
      </button>
      {isAsked && (
        <DiscardDialog
          booking={booking}
          onClose={() => setAsked(false)}
          onConfirm={async () => {
            const isGone = await queue?.discard(booking);
            setAsked(false);
            if (isGone === false) {
              const text = t`It has been answered meanwhile.`;
              tell({ tone: 'warning', title: t`Not discarded`, text });
            }
          }}
        />
      )}
    </>
  );
}
