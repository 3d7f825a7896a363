/**
 * Keeps what was last seen, and shows it when the page opens and the server does not answer. When it
 * answers again, all that is on the screen is asked for anew, and the rest is forgotten: what was
 * kept is never taken for what is.
 */
import type { ApolloClient } from '@apollo/client';

import type { InventoryClient, Store } from '../../../client';
import { InventoryCache } from '../../../client/cache';
import { WritableStore } from '../../../client/store';
import { browserTokens, subjectOf } from '../../../client/tokens';
import { isTransient } from '../ui/useLoadAgain';
import { forgetBooked } from './BookingStore';
import { kept } from './database';
import { partOf, SEEN_FORM, usable } from './seen';
import type { Seen } from './seen';

const LATE_MS = 4_000; // without an answer; then what was last seen is shown meanwhile
const AGAIN_MS = 15_000;
const SETTLE_MS = 1_000; // after the first of several answers; a busy shop never has a last one

export class SeenKeeper {
  /** What is shown of an earlier time; null: nothing. */
  readonly #shown = new WritableStore<Seen | null>(null);
  readonly #client: InventoryClient;
  readonly #cache: InventoryCache;
  #late: ReturnType<typeof setTimeout> | undefined;
  #unsaved: ReturnType<typeof setTimeout> | undefined; // runs while something is
  #isFreshening = false;

  /** client: with an InventoryCache, as createInventoryClient makes it. */
  constructor(client: InventoryClient) {
    this.#client = client;
    this.#cache = client.apollo.cache as InventoryCache;
  }

  get shown(): Store<Seen | null> {
    return this.#shown;
  }

  /** Called once, with the page. */
  start(): void {
    const { session, realtime } = this.#client;
    session.subscribe(() => this.#sessionChanged());
    realtime.status.subscribe(() => {
      this.#freshen();
      this.#written(); // what came before the connection was not kept
    });
    this.#cache.written = () => this.#written();
    document.addEventListener('visibilitychange', () => {
      const isHidden = document.visibilityState === 'hidden';
      if (isHidden && this.#unsaved !== undefined) void this.#save();
    });
    this.#late = setTimeout(() => void this.#show(), LATE_MS);
    this.#sessionChanged();
  }

  #sessionChanged(): void {
    const state = this.#client.session.get();
    if (state.state !== 'starting') clearTimeout(this.#late);
    switch (state.state) {
      case 'starting':
        if (state.error !== null) void this.#show();
        break;
      case 'signedIn':
        this.#freshen();
        break;
      case 'signedOut':
        this.#shown.set(null);
        clearTimeout(this.#unsaved);
        this.#unsaved = undefined;
        if (state.reason !== 'disposed') void forget();
    }
  }

  /** Of the person whose tokens are stored; nothing when the server has answered meanwhile. */
  async #show(): Promise<void> {
    const tokens = browserTokens().read();
    const userId = tokens === null ? undefined : subjectOf(tokens);
    if (userId === undefined || this.#shown.get() !== null) return;
    const seen = await read(userId);
    const isAwaited = this.#client.session.get().state === 'starting';
    if (seen === null || !isAwaited || this.#shown.get() !== null) return;
    this.#cache.restore(seen.cache);
    this.#shown.set(seen);
  }

  #freshen(): void {
    const isSignedIn = this.#client.session.get().state === 'signedIn';
    if (this.#shown.get() === null || !isSignedIn || this.#isFreshening) return;
    this.#isFreshening = true;
    refreshed(this.#client.apollo)
      .then(() => {
        this.#shown.set(null);
        this.#written();
      })
      .catch(() => setTimeout(() => this.#freshen(), AGAIN_MS)) // or when the connection is back
      .finally(() => (this.#isFreshening = false));
  }

  #written(): void {
    this.#unsaved ??= setTimeout(() => void this.#save(), SETTLE_MS);
  }

  /** Only what is as the server has it. */
  async #save(): Promise<void> {
    clearTimeout(this.#unsaved);
    this.#unsaved = undefined;
    const { session, realtime } = this.#client;
    const state = session.get();
    if (state.state !== 'signedIn' || realtime.status.get().state !== 'connected') return;
    if (this.#shown.get() !== null) return;
    if (isAwaited(this.#client.apollo)) {
      this.#written(); // a part would take the place of the whole that was kept before
      return;
    }
    const { viewer } = state;
    const cache = partOf(this.#cache.extract());
    const seen = { form: SEEN_FORM, userId: viewer.id, viewer, atMs: Date.now(), cache } as const;
    await write(seen).catch(() => undefined); // without storage nothing is kept
    if (this.#client.session.get().state === 'signedOut') await forget();
  }
}

async function read(userId: string): Promise<Seen | null> {
  try {
    return usable(await (await kept()).get('seen', userId), Date.now());
  } catch {
    return null;
  }
}

async function write(seen: Seen): Promise<void> {
  const { store, done } = (await kept()).transaction('seen', 'readwrite');
  await store.clear(); // one person's at a time
  await store.put(seen);
  await done;
}

/** Whoever signs out leaves nothing here but bookings that are not booked yet. */
async function forget(): Promise<void> {
  try {
    await (await kept()).clear('seen');
    await forgetBooked();
  } catch {
    // Without storage nothing was kept.
  }
}

/** Whether something on the screen has no answer yet, or none for want of the server. */
function isAwaited(apollo: ApolloClient): boolean {
  return [...apollo.getObservableQueries('active')].some((asked) => {
    const { data, loading, error } = asked.getCurrentResult();
    const isKept = asked.options.fetchPolicy !== 'no-cache';
    return isKept && data === undefined && (loading || (error !== undefined && isTransient(error)));
  });
}

/** Asks for all that is on the screen, and forgets whatever else the cache has. Rejects when the server
 * could not be asked; what it refuses is gone. */
async function refreshed(apollo: ApolloClient): Promise<void> {
  const refetched = apollo.refetchQueries({ include: 'active' });
  refetched.catch(() => undefined);
  for (const one of await Promise.allSettled(refetched.results ?? [])) {
    if (one.status === 'rejected' && isTransient(one.reason)) throw one.reason;
  }
  const fresh = new InventoryCache();
  for (const asked of apollo.getObservableQueries('active')) {
    const { data, error } = asked.getCurrentResult();
    if (data !== undefined && error === undefined && asked.options.fetchPolicy !== 'no-cache') {
      fresh.writeQuery({ query: asked.query, variables: asked.variables, data });
    }
  }
  (apollo.cache as InventoryCache).restore(fresh.extract());
}
