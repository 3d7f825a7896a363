/**
 * Sends one person's bookings in the order of their making: one at a time, in one tab at a time. The
 * next one goes when the one before has its answer. Without an answer it waits, longer each time.
 */
import type { Waits } from '../../../client/backoff';
import { inOneTab } from '../../../client/tokens';
import { describe } from '../ui/describe';
import { refusalOf } from './booking';
import type { Answer, Booking } from './booking';
import type { BookingStore } from './BookingStore';

const LOCK = 'inventory.bookings';
const ANSWER_MS = 30_000; // then the booking counts as unanswered, and is asked for again

export interface SenderUser {
  /** Whether its person is signed in here, so that there is somebody to send for. */
  isReady(): boolean;
  /** Rejects when there is no answer, or a definite no that is no payload. */
  send(booking: Booking, signal: AbortSignal): Promise<Answer>;
  /** It has its answer, which is stored. */
  answered(booking: Booking): void;
  /** Nothing more can be sent now. */
  paused(): void;
}

export class Sender {
  readonly #store: BookingStore;
  readonly #user: SenderUser;
  readonly #waits: Waits;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(store: BookingStore, user: SenderUser, waits: Waits) {
    this.#store = store;
    this.#user = user;
    this.#waits = waits;
  }

  /** Send what waits, now. Resolves when all is sent, or no more can be. anew: what failed before
   * no longer makes it wait. */
  hurry(anew = false): Promise<void> {
    if (anew) this.#waits.reset();
    if (this.#running === null) return this.#run();
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.#running ?? this.#run();
    });
    return this.#next;
  }

  /** Takes one away that has no answer, while nothing is under way. False: it has one by now. */
  discard(number: number): Promise<boolean> {
    return inOneTab(LOCK, () => this.#store.drop(number, 'WAITING'));
  }

  dispose(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running = inOneTab(LOCK, () => this.#sendAll())
      .catch(() => false) // the storage failed
      .then((isDone) => {
        this.#running = null;
        if (this.#isOver) return;
        this.#user.paused();
        if (isDone) this.#waits.reset();
        else if (this.#user.isReady()) {
          this.#timer = setTimeout(() => void this.hurry(), this.#waits.next());
        }
      });
    return this.#running;
  }

  /** Whether nothing waits any more. */
  async #sendAll(): Promise<boolean> {
    for (;;) {
      const booking = await this.#store.next();
      if (booking === undefined) return true;
      if (this.#isOver || !this.#user.isReady()) return false;
      const answer = await this.#answerOf(booking);
      if (answer === null) return false;
      const stored = await this.#store.answered(booking.number, answer);
      if (stored !== undefined) this.#user.answered(stored);
    }
  }

  async #answerOf(booking: Booking): Promise<Answer | null> {
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), ANSWER_MS);
    try {
      return await Promise.race([this.#user.send(booking, ended.signal), whenAborted(ended.signal)]);
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === null) await this.#store.unanswered(booking.number, describe(error));
      return refused;
    } finally {
      clearTimeout(timer);
    }
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The server does not answer.')));
  });
}
