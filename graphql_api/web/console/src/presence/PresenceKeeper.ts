/**
 * Tells the server what this page looks at: one thing at a time, told again as a heartbeat.
 *
 * Whoever shows an item claims it; the newest claim counts, so a dialog over a page wins and gives
 * the page its place back. One request runs at a time and the next tells the state of then, so two
 * of them cannot overtake each other.
 */
import type { PresenceActivity } from '../../../client/generated/graphql';

export interface Presence {
  /** null: looking at nothing. */
  itemId: string | null;
  activity: PresenceActivity;
  typing: boolean;
}

const HEARTBEAT_MS = 15_000; // the server forgets after three of them
export const TYPING_EVERY_MS = 3_000; // at most one signal in this time

interface Claim {
  itemId: string;
  activity: PresenceActivity;
}

const NOTHING = { itemId: null, activity: 'VIEWING' } as const;

export class PresenceKeeper {
  readonly #send: (presence: Presence) => Promise<unknown>;
  #claims: readonly Claim[] = [];
  #told: Claim | null = null;
  #isSending = false;
  #isDue = false;
  #typedIn: Claim | null = null;
  #typedAtMs = -Infinity;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  /** send: may reject; the next heartbeat mends it. */
  constructor(send: (presence: Presence) => Promise<unknown>) {
    this.#send = send;
  }

  /** Look at an item until what is returned is called. */
  claim(itemId: string, activity: PresenceActivity): () => void {
    const claim = { itemId, activity };
    this.#claims = [...this.#claims, claim];
    this.#changed();
    return () => {
      this.#claims = this.#claims.filter((other) => other !== claim);
      this.#changed();
    };
  }

  /** A key was pressed in a form of the item that counts now. */
  typed(): void {
    if (this.#isTyping) return;
    this.#typedIn = this.#now;
    this.#typedAtMs = Date.now();
    this.#tell();
  }

  /** The page is being left: say so at once, whatever is under way. */
  pause(): void {
    void this.#send({ ...NOTHING, typing: false }).catch(() => undefined);
  }

  /** The page was taken out of the browser's history as it had been, or there is a new socket. */
  resume(): void {
    if (this.#now !== null) this.#tell();
  }

  get #isTyping(): boolean {
    const isHere = this.#now !== null && this.#typedIn === this.#now;
    return isHere && Date.now() - this.#typedAtMs < TYPING_EVERY_MS;
  }

  get #now(): Claim | null {
    return this.#claims.at(-1) ?? null;
  }

  #changed(): void {
    const isBeating = this.#heartbeat !== undefined;
    if (this.#now !== null && !isBeating) {
      this.#heartbeat = setInterval(() => this.#tell(), HEARTBEAT_MS);
    } else if (this.#now === null && isBeating) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    }
    // A screen that gives way to another releases and claims in one turn: only the end counts.
    queueMicrotask(() => {
      if (this.#told !== this.#now) this.#tell();
    });
  }

  #tell(): void {
    this.#isDue = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isDue) {
      this.#isDue = false;
      this.#told = this.#now;
      const { itemId, activity } = this.#now ?? NOTHING;
      await this.#send({ itemId, activity, typing: this.#isTyping }).catch(() => undefined);
    }
    this.#isSending = false;
  }
}
