/** Above each screen: that it is old, what waits on this device, and that there is a newer page. */
import { LOCALE } from '#language';
import { plural } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { short } from '../ui/format';
import type { Booking } from './booking';
import { useNewVersion } from './newVersion';
import { useBookings } from './BookingQueueProvider';
import { WAITING } from './places';
import { useOldSince } from './SeenContext';
import './offline.css';

export function OfflineNote(): ReactElement {
  const oldSince = useOldSince();
  const bookings = useBookings();
  const isNewer = useNewVersion();
  const waiting = wordsOf(bookings);
  return (
    <div className="offline-note" role="status">
      {oldSince !== null && (
        <p>
          <Trans>
            <strong>Offline.</strong> What you see is as of {whenOf(oldSince)}.
          </Trans>
        </p>
      )}
      {waiting !== null && (
        <p>
          {waiting} <Link href={WAITING}><Trans>Look</Trans></Link>
        </p>
      )}
      {isNewer && (
        <p>
          <Trans>There is a new version of this page.</Trans>{' '}
          <button type="button" className="button button--small" onClick={() => location.reload()}>
            <Trans>Load it</Trans>
          </button>
        </p>
      )}
    </div>
  );
}

const NEW_MS = 2_000; // a booking that is being sent right now is no news

/** null: nothing waits, and nothing was refused. */
function wordsOf(bookings: readonly Booking[]): string | null {
  const isStuck = ({ state, attempts, madeAtMs }: Booking): boolean =>
    state === 'WAITING' && (attempts > 0 || Date.now() - madeAtMs > NEW_MS);
  const waiting = bookings.filter(isStuck).length;
  const refused = bookings.filter(({ state }) => state === 'REFUSED').length;
  const parts = [
    waiting > 0 && plural(waiting, { one: '# booking not sent yet.', other: '# bookings not sent yet.' }),
    refused > 0 && plural(refused, { one: '# booking refused.', other: '# bookings refused.' }),
  ];
  return parts.filter(Boolean).join(' ') || null;
}

const TIME = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short' });

/** "14:32", or with its day when that is not today. */
function whenOf(atMs: number): string {
  const at = new Date(atMs);
  return at.toDateString() === new Date().toDateString() ? TIME.format(at) : short(at.toISOString());
}
