/**
 * One person's bookings in IndexedDB. What is put here is on the disk before it is sent, and its
 * answer before it counts as answered; other tabs are told of each change.
 */
import { t } from '@lingui/core/macro';
import { WritableStore } from '../../../client/store';
import type { Store } from '../../../client';
import { answered, begun, FORM, tried, unanswered } from './booking';
import type { Answer, Booking, NewBooking } from './booking';
import { kept, ON_DISK } from './database';

const UNBOOKED_MAX = 1_000; // waiting or refused: some days of work without a connection
const BOOKED_KEPT = 30; // to look back at; older ones go
const CHANNEL = 'inventory.bookings';

export class TooManyWaiting extends Error {
  constructor() {
    super(t`${UNBOOKED_MAX} bookings wait on this device: send them before you make more.`);
  }
}

export class BookingStore {
  readonly #userId: string;
  readonly #all = new WritableStore<readonly Booking[]>([]);
  readonly #channel: BroadcastChannel;

  constructor(userId: string) {
    this.#userId = userId;
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = () => void this.reload();
  }

  /** In the order of their making; as they were last read. */
  get all(): Store<readonly Booking[]> {
    return this.#all;
  }

  close(): void {
    this.#channel.close();
  }

  async reload(): Promise<void> {
    const database = await kept();
    const found = await database.getAllFromIndex('bookings', 'userId', this.#userId);
    this.#all.set(found.filter(isOfThisForm));
  }

  /** The same again is that one. Raises TooManyWaiting, or what the browser says when it cannot keep
   * it: then it keeps nothing of it. */
  async put(made: NewBooking): Promise<Booking> {
    const database = await kept();
    const transaction = database.transaction('bookings', 'readwrite', ON_DISK);
    const found = await transaction.store.index('userId').getAll(this.#userId);
    const before = found.filter(isOfThisForm);
    const known = before.find((booking) => keyOf(booking) === keyOf(made));
    if (known !== undefined) return known;
    if (before.filter(({ state }) => state !== 'BOOKED').length >= UNBOOKED_MAX) {
      throw new TooManyWaiting();
    }
    const old = before.filter(({ state }) => state === 'BOOKED').slice(0, -BOOKED_KEPT);
    for (const { number } of old) void transaction.store.delete(number);
    const given = begun(made) as Booking; // the store numbers it
    const number = await transaction.store.add(given);
    await transaction.done;
    await this.#changed();
    return { ...given, number };
  }

  /** The first that has no answer; read anew, since another tab may have sent it. */
  async next(): Promise<Booking | undefined> {
    await this.reload();
    return this.#all.get().find(({ state }) => state === 'WAITING');
  }

  async find(number: number): Promise<Booking | undefined> {
    return (await kept()).get('bookings', number);
  }

  unanswered(number: number, problem: string): Promise<Booking | undefined> {
    return this.#change(number, 'WAITING', (booking) => unanswered(booking, problem));
  }

  answered(number: number, answer: Answer): Promise<Booking | undefined> {
    return this.#change(number, 'WAITING', (booking) => answered(booking, answer));
  }

  /** expectedStock: what a count replaces now; null: it is no count. */
  again(number: number, key: string, expectedStock: number | null): Promise<Booking | undefined> {
    return this.#change(number, 'REFUSED', (booking) => tried(booking, key, expectedStock));
  }

  /** Takes it away, if it is still in that state; resolves to whether it was. */
  async drop(number: number, state: Booking['state']): Promise<boolean> {
    return (await this.#change(number, state, () => null)) !== undefined;
  }

  /** undefined: it is gone, or in another state by now, and nothing was changed. */
  async #change(
    number: number,
    from: Booking['state'],
    change: (booking: Booking) => Booking | null,
  ): Promise<Booking | undefined> {
    const database = await kept();
    const { store, done } = database.transaction('bookings', 'readwrite', ON_DISK);
    const booking = await store.get(number);
    const isOurs = booking?.userId === this.#userId && isOfThisForm(booking);
    const next = isOurs && booking.state === from ? change(booking) : undefined;
    if (next === null) await store.delete(number);
    else if (next !== undefined) await store.put(next);
    await done;
    await this.#changed();
    return next === null ? booking : next;
  }

  /** What was changed is stored: that nobody can be told of it undoes nothing. */
  async #changed(): Promise<void> {
    try {
      this.#channel.postMessage(null);
      await this.reload();
    } catch {
      // The page is closing.
    }
  }
}

/** Another version's is kept, and not touched. */
function isOfThisForm({ form }: Booking): boolean {
  return form === FORM;
}

function keyOf({ request }: NewBooking): string {
  return request.input.idempotencyKey;
}

/** Who signs out leaves what nobody has booked yet, and nothing else. */
export async function forgetBooked(): Promise<void> {
  const database = await kept();
  const { store, done } = database.transaction('bookings', 'readwrite');
  for (const booking of await store.getAll()) {
    if (isOfThisForm(booking) && booking.state === 'BOOKED') void store.delete(booking.number);
  }
  await done;
}
