/** Live streams of events, shared by all who listen. */
import type { ApolloClient } from '@apollo/client';
import type { DocumentNode } from 'graphql';

import type { CursorKeeper } from './subscriptions';

export interface Feed<Event> {
  /** Calls `listener` for each event, after the cache has it. The first listener begins the
   * stream, the last one to leave ends it; the next goes on where it ended. */
  listen(listener: (event: Event) => void): () => void;
}

const BATCH_MS = 16; // a frame: a burst of events is one change of the cache, one rendering
const BATCH_MAX = 500; // events; timers of a hidden page may be a minute late

/** What a feed is made of: one subscription. */
export interface Source<Event> {
  document: DocumentNode;
  /** The event in a result's data. */
  eventOf: (data: Record<string, unknown>) => Event;
}

export interface FeedOptions<Event> {
  apollo: ApolloClient;
  sources: Source<Event>[];
  /** Bring a batch into the cache. */
  apply: (events: readonly Event[]) => void;
  /** A subscription was refused for good; it stays ended until the feed begins anew. */
  failed: (error: unknown) => void;
}

export class SharedFeed<Event> implements Feed<Event> {
  readonly #options: FeedOptions<Event>;
  readonly #keepers: CursorKeeper[];
  readonly #listeners = new Set<(event: Event) => void>();
  #running: Array<{ unsubscribe(): void }> = [];
  #batch: Event[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAllowed = false;

  constructor(options: FeedOptions<Event>) {
    this.#options = options;
    this.#keepers = options.sources.map(() => ({ cursor: null }));
  }

  readonly listen = (listener: (event: Event) => void): (() => void) => {
    const own = (event: Event): void => listener(event); // the same function may listen twice
    this.#listeners.add(own);
    this.#adjust();
    return () => {
      this.#listeners.delete(own);
      this.#adjust();
    };
  };

  /** A session has begun: events count from `cursor` on. */
  begin(cursor: string): void {
    for (const keeper of this.#keepers) keeper.cursor = cursor;
    this.#isAllowed = true;
    this.#adjust();
  }

  /** The session is over; listeners stay for the next one. */
  end(): void {
    this.#isAllowed = false;
    this.#batch = [];
    this.#adjust();
  }

  #adjust(): void {
    const isWanted = this.#isAllowed && this.#listeners.size > 0;
    if (isWanted && this.#running.length === 0) this.#start();
    if (!isWanted && this.#running.length > 0) this.#stop();
  }

  #start(): void {
    this.#running = this.#options.sources.map(({ document, eventOf }, number) =>
      this.#options.apollo
        .subscribe<Record<string, unknown>>({
          query: document,
          fetchPolicy: 'no-cache', // `apply` brings it there
          context: { keeper: this.#keepers[number] },
        })
        .subscribe({
          next: ({ data, error }) => {
            if (data) this.#take(eventOf(data));
            else if (error) this.#options.failed(error);
          },
        }),
    );
  }

  #stop(): void {
    for (const subscription of this.#running) subscription.unsubscribe();
    this.#running = [];
    this.#flush(); // their cursors are passed: they would not come again
  }

  #take(event: Event): void {
    this.#batch.push(event);
    if (this.#batch.length >= BATCH_MAX) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#batch;
    if (events.length === 0) return;
    this.#batch = [];
    this.#options.apply(events);
    for (const event of events) {
      for (const listener of [...this.#listeners]) listener(event);
    }
  }
}
