/**
 * The bookings of one person on this device, for the console: keeps them, sends them, and collects
 * what became of those that no form waits for any more.
 */
import type { ApolloClient } from '@apollo/client';

import { BACKOFF, newIdempotencyKey } from '../../../client';
import type { InventoryClient, Store } from '../../../client';
import { Waits } from '../../../client/backoff';
import { stamped } from './booking';
import type { Answer, Booking, NewBooking, Request } from './booking';
import { BookingStore } from './BookingStore';
import { Sender } from './Sender';
import { sent } from './send';

const FORM_WAITS_MS = 10_000; // for an answer; then the form closes, and the booking is kept

/** In words for people, and the lines of a batch. */
export type Words = Pick<NewBooking, 'title' | 'text' | 'lines'>;

export class BookingQueue {
  readonly #userId: string;
  readonly #client: InventoryClient;
  readonly #store: BookingStore;
  readonly #sender: Sender;
  readonly #awaited = new Set<string>(); // keys of those whose form tells the answer
  #news: Booking[] = [];
  /** Told of what was answered while no form waited for it, once nothing more can be sent. */
  told: ((news: readonly Booking[]) => void) | null = null;

  constructor(client: InventoryClient, userId: string) {
    this.#client = client;
    this.#userId = userId;
    this.#store = new BookingStore(userId);
    const user = {
      isReady: () => this.#isSignedIn(),
      send: ({ request }: Booking, signal: AbortSignal) => this.#send(request, signal),
      answered: (booking: Booking) => {
        const { idempotencyKey } = booking.request.input;
        if (!this.#awaited.has(idempotencyKey)) this.#news.push(booking);
      },
      paused: () => this.#tell(),
    };
    this.#sender = new Sender(this.#store, user, new Waits(BACKOFF));
  }

  get all(): Store<readonly Booking[]> {
    return this.#store.all;
  }

  /** Send what waits; the connection, the session or the page has just come back. */
  hurry(): void {
    void this.#sender.hurry(true);
  }

  dispose(): void {
    this.#sender.dispose();
    this.#store.close();
  }

  /** Keeps a booking, with the time when it was made if it cannot be sent at once; its number.
   * Rejects when nothing of it was kept. */
  async keep(request: Request, words: Words): Promise<number> {
    const isOffline = this.#client.realtime.status.get().state !== 'connected';
    const now = new Date();
    const asked = isOffline ? stamped(request, now.toISOString()) : request;
    const made = { userId: this.#userId, request: asked, ...words, madeAtMs: now.getTime() };
    const { idempotencyKey } = request.input;
    this.#awaited.add(idempotencyKey);
    try {
      return (await this.#store.put(made)).number;
    } catch (error) {
      this.#awaited.delete(idempotencyKey);
      throw error;
    }
  }

  /**
   * Sends what was kept under this number, after what was made before it. Resolves to its answer, or
   * to null when there is none yet: then it goes on by itself. A refusal is told by who asked.
   */
  async outcome(number: number): Promise<Answer | null> {
    await Promise.race([this.#sender.hurry(), pause(FORM_WAITS_MS)]);
    const booking = await this.#store.find(number).catch(() => undefined);
    const answer = booking?.answer ?? null;
    if (booking !== undefined) this.#awaited.delete(booking.request.input.idempotencyKey);
    // Or a full disk may take what waits.
    if (answer === null) void navigator.storage?.persist?.().catch(() => false);
    return answer;
  }

  /** Its refusal was shown to who made it. */
  async read(number: number): Promise<void> {
    await this.#store.drop(number, 'REFUSED');
  }

  /** A refused one once more. expectedStock: what a count replaces now; null: it is no count. */
  async again({ number }: Booking, expectedStock: number | null): Promise<void> {
    await this.#store.again(number, newIdempotencyKey(), expectedStock);
    this.hurry();
  }

  /** Takes one away. False: it has been answered meanwhile, and stays to be looked at. */
  discard({ number, state }: Booking): Promise<boolean> {
    if (state === 'WAITING') return this.#sender.discard(number);
    return this.#store.drop(number, state);
  }

  #send(request: Request, signal: AbortSignal): Promise<Answer> {
    const { apollo }: { apollo: ApolloClient } = this.#client;
    return sent(apollo, request, this.#userId, signal);
  }

  #isSignedIn(): boolean {
    const session = this.#client.session.get();
    return session.state === 'signedIn' && session.viewer.id === this.#userId;
  }

  #tell(): void {
    const news = this.#news;
    this.#news = [];
    if (news.length > 0) this.told?.(news);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
