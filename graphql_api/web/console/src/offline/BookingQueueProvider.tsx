/** One BookingQueue for who is signed in; it sends whenever that may work again. */
import { plural, t } from '@lingui/core/macro';
import { createContext, useContext, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { useLocation } from 'wouter';

import { useConnectionStatus, useInventoryClient, useSession } from '../../../client';
import { useViewer } from '../session/SessionContext';
import { useToast } from '../ui/Toasts';
import { WAITING } from './places';
import type { Booking } from './booking';
import { BookingQueue } from './BookingQueue';

const Current = createContext<BookingQueue | null>(null);
const NONE: readonly Booking[] = [];

export function BookingQueueProvider({ children }: { children: ReactNode }): ReactElement {
  const client = useInventoryClient();
  const { id } = useViewer();
  const [queue, setQueue] = useState<BookingQueue | null>(null);
  useEffect(() => {
    const made = new BookingQueue(client, id);
    setQueue(made);
    return () => made.dispose();
  }, [client, id]);
  useSending(queue);
  useNews(queue);
  return <Current value={queue}>{children}</Current>;
}

/** null: not made yet. */
export function useBookingQueue(): BookingQueue | null {
  return useContext(Current);
}

/** All that are kept on this device for who is signed in, in the order of their making. */
export function useBookings(): readonly Booking[] {
  const all = useBookingQueue()?.all;
  return useSyncExternalStore(all?.subscribe ?? never, all?.get ?? none);
}

/** At the start, and when the session or the connection is back. */
function useSending(queue: BookingQueue | null): void {
  const session = useSession();
  const { state } = useConnectionStatus();
  const isSignedIn = session.state === 'signedIn';
  const isConnected = state === 'connected';
  useEffect(() => queue?.hurry(), [queue, isSignedIn, isConnected]);
  useEffect(() => {
    if (queue === null) return undefined;
    const hurry = (): void => queue.hurry();
    addEventListener('online', hurry);
    return () => removeEventListener('online', hurry);
  }, [queue]);
}

/** Tells what became of bookings whose form has closed, several at once. */
function useNews(queue: BookingQueue | null): void {
  const tell = useToast();
  const [, goTo] = useLocation();
  const told = useEffectEvent((news: readonly Booking[]) => {
    const booked = news.filter(({ state }) => state === 'BOOKED');
    const refused = news.filter(({ state }) => state === 'REFUSED');
    if (booked.length > 0) {
      const title = plural(booked.length, {
        one: '# kept booking was booked',
        other: '# kept bookings were booked',
      });
      tell({ tone: 'good', title, text: textOf(booked) });
    }
    if (refused.length === 0) return;
    const title = plural(refused.length, {
      one: '# kept booking was refused',
      other: '# kept bookings were refused',
    });
    const action = { label: t`See why`, act: () => goTo(WAITING) };
    tell({ tone: 'bad', title, text: textOf(refused), action });
  });
  useEffect(() => {
    if (queue !== null) queue.told = (news) => told(news);
  }, [queue]);
}

function textOf(bookings: readonly Booking[]): string {
  const [first] = bookings;
  return bookings.length === 1 && first ? t`${first.title}: ${first.text}` : '';
}

const never = (): (() => void) => () => undefined;
const none = (): readonly Booking[] => NONE;
