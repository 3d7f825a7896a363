/**
 * Who is signed in, and a token that is valid now.
 *
 * The access token is renewed before it expires: over the open socket, which renews that socket's
 * session too, or over HTTP. One renewal runs at a time, in this client and over all tabs.
 */
import type { Waits } from './backoff';
import { errorMessage, refusedBy, RefusedError, SignedOutError } from './errors';
import type { SignInMutation } from './generated/graphql';
import { WritableStore } from './store';
import { lifetimeMs, renewalDueMs, subjectOf } from './tokens';
import type { Tokens, TokenStore } from './tokens';
import type { SessionState, SignedOutReason, Viewer } from './types';

export type AuthResult = SignInMutation['login'];

/** What a session asks the server; each rejects when that cannot be reached. */
export interface SessionApi {
  login(email: string, password: string): Promise<AuthResult>;
  /** Over the socket when one is open, which renews its session too. */
  refresh(refreshToken: string): Promise<AuthResult>;
  /** Who the tokens stand for; takes the place in the log from which updates count. */
  start(): Promise<Viewer>;
  logout(): Promise<unknown>;
  /** Whether a socket is open, whose session must be renewed as well. */
  isSocketOpen(): boolean;
}

/** What becomes of the session, told to the client around it. */
export interface SessionUser {
  /** error: why the start has not worked yet. */
  starting(error: string | null): void;
  signedIn(): void;
  signedOut(reason: SignedOutReason): void;
  /** The viewer may see other things than before. */
  roleChanged(): void;
}

const CODE_OVER = 'INVALID_CREDENTIALS';

export class Session {
  readonly state: WritableStore<SessionState>;
  readonly #store: TokenStore;
  readonly #api: SessionApi;
  readonly #user: SessionUser;
  readonly #waits: Waits;
  #adopted: Tokens | null;
  #refused: string | null = null; // an access token that the server no longer takes
  #renewing: Promise<Tokens> | null = null;
  #socketTokens: Tokens | null = null; // those that the open socket's session stands on
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters: Array<() => void> = [];
  #startAgain: (() => void) | null = null; // ends the wait for the next attempt to start
  #generation = 0; // counts sessions, so that what an old one began changes nothing in the next
  readonly #stopListening: () => void;

  /** waits: after a renewal or a start that did not reach the server. */
  constructor(store: TokenStore, api: SessionApi, user: SessionUser, waits: Waits) {
    this.#waits = waits;
    this.#store = store;
    this.#api = api;
    this.#user = user;
    this.#adopted = store.read();
    this.state = new WritableStore<SessionState>(
      this.#adopted ? { state: 'starting', error: null } : { state: 'signedOut', reason: 'never' },
    );
    this.#stopListening = store.listen(() => this.#storeChanged());
  }

  /** Take up the stored session, if there is one. */
  resume(): void {
    if (this.#adopted) void this.#start();
  }

  /** Do not wait any longer for the next attempt to start: the network is back. */
  hurry(): void {
    if (this.#startAgain === null) return;
    this.#waits.reset();
    this.#startAgain();
  }

  async signIn(email: string, password: string): Promise<Viewer> {
    const result = await this.#api.login(email, password);
    const tokens = tokensOf(result);
    this.end('signOut'); // whoever was signed in before
    this.#leave();
    this.#adopt(tokens);
    await this.#start();
    const state = this.state.get();
    if (state.state !== 'signedIn') throw new SignedOutError();
    return state.viewer;
  }

  async signOut(): Promise<void> {
    if (this.#adopted) await this.#api.logout().catch(() => undefined); // here it ends for sure
    this.end('signOut');
  }

  /** Forget the session. */
  end(reason: SignedOutReason): void {
    if (this.state.get().state === 'signedOut') return;
    this.#leave();
    if (reason !== 'elsewhere' && reason !== 'disposed') this.#store.write(null);
    this.state.set({ state: 'signedOut', reason });
    this.#wake();
    this.#user.signedOut(reason);
  }

  dispose(): void {
    this.end('disposed');
    this.#stopListening();
  }

  /** Resolves once the start's place in the log is known. Raises SignedOutError. */
  async started(): Promise<void> {
    while (this.state.get().state === 'starting') {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    if (this.state.get().state === 'signedOut') throw new SignedOutError();
  }

  /** An access token that is good for a while; renewed if need be. Raises SignedOutError. */
  async accessToken(): Promise<string> {
    const tokens = this.#adopted;
    if (tokens === null) throw new SignedOutError();
    return (this.#isGood(tokens) ? tokens : await this.#renew()).accessToken;
  }

  /** For a new socket, which will need its own renewals. */
  async socketToken(): Promise<string> {
    const token = await this.accessToken();
    this.#socketTokens = this.#adopted;
    this.#schedule();
    return token;
  }

  /** The server did not take `accessToken` (the newest one if absent): do not offer it again. */
  refuse(accessToken: string | undefined = this.#adopted?.accessToken): void {
    this.#refused = accessToken ?? null;
  }

  async #start(): Promise<void> {
    const generation = this.#generation;
    this.#tellStarting(null);
    for (;;) {
      try {
        const viewer = await this.#api.start();
        if (generation !== this.#generation) return;
        this.#waits.reset();
        this.state.set({ state: 'signedIn', viewer });
        this.#schedule();
        this.#wake();
        this.#user.signedIn();
        return;
      } catch (error) {
        if (generation !== this.#generation || error instanceof SignedOutError) return;
        this.#tellStarting(errorMessage(error));
        await this.#waitToStart();
        if (generation !== this.#generation) return;
      }
    }
  }

  async #waitToStart(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#startAgain = resolve;
      this.#timer = setTimeout(resolve, this.#waits.next());
    });
    this.#startAgain = null;
    clearTimeout(this.#timer);
  }

  #tellStarting(error: string | null): void {
    this.state.set({ state: 'starting', error });
    this.#user.starting(error);
  }

  /** One renewal at a time; who asks meanwhile gets its result. */
  #renew(): Promise<Tokens> {
    this.#renewing ??= this.#renewExclusively().finally(() => {
      this.#renewing = null;
      this.#schedule();
    });
    return this.#renewing;
  }

  async #renewExclusively(): Promise<Tokens> {
    const generation = this.#generation;
    const renewed = await this.#store.exclusively(async () => {
      const stored = this.#store.read();
      if (generation !== this.#generation || stored === null) throw new SignedOutError();
      // Another tab has renewed meanwhile. That serves HTTP; an open socket has its own session.
      if (this.#isGood(stored) && !this.#api.isSocketOpen()) return stored;
      const result = await this.#api.refresh(stored.refreshToken);
      const tokens = this.#tokensUnlessOver(result);
      if (generation !== this.#generation) throw new SignedOutError();
      const kept = this.#adopt(tokens);
      if (this.#api.isSocketOpen()) this.#socketTokens = kept;
      this.#heed(result.user);
      return kept;
    });
    this.#adopted = renewed;
    return renewed;
  }

  #isGood(tokens: Tokens): boolean {
    return Date.now() < renewalDueMs(tokens) && tokens.accessToken !== this.#refused;
  }

  /** Ends the session when the server says that it is over. */
  #tokensUnlessOver(result: AuthResult): Tokens {
    try {
      return tokensOf(result);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== CODE_OVER) throw error;
      this.end('expired');
      throw new SignedOutError(error.message);
    }
  }

  #heed(viewer: Viewer | null): void {
    const state = this.state.get();
    if (viewer === null || state.state !== 'signedIn') return;
    const isOther = viewer.role !== state.viewer.role;
    if (isOther || viewer.name !== state.viewer.name) this.state.set({ state: 'signedIn', viewer });
    if (isOther) this.#user.roleChanged();
  }

  /** What the store keeps of them is what counts. */
  #adopt(tokens: Tokens): Tokens {
    this.#store.write(tokens);
    this.#adopted = this.#store.read() ?? tokens;
    return this.#adopted;
  }

  /** Renew in time, also while nothing is asked. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.state.get().state !== 'signedIn' || this.#adopted === null) return;
    const standing = (this.#api.isSocketOpen() && this.#socketTokens) || this.#adopted;
    const wait = renewalDueMs(standing) - Date.now();
    this.#timer = setTimeout(() => void this.#renewInTime(), Math.max(wait, 0));
  }

  async #renewInTime(): Promise<void> {
    const generation = this.#generation;
    try {
      await this.#renew();
      this.#waits.reset();
    } catch {
      if (generation !== this.#generation) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#renewInTime(), this.#waits.next());
    }
  }

  /** Another tab signed out, signed in, or renewed. */
  #storeChanged(): void {
    const stored = this.#store.read();
    if (stored === null) {
      this.end('elsewhere');
    } else if (this.#adopted === null || subjectOf(stored) !== subjectOf(this.#adopted)) {
      this.end('elsewhere'); // somebody else, or a session after none: begin with it
      this.#adopted = stored;
      void this.#start();
    } else {
      this.#adopted = stored;
      this.#schedule();
    }
  }

  #leave(): void {
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#startAgain = null;
    this.#adopted = null;
    this.#socketTokens = null;
    this.#refused = null;
    this.#renewing = null;
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

/** Raises RefusedError. */
function tokensOf(result: AuthResult): Tokens {
  const { accessToken, refreshToken, userErrors } = result;
  if (accessToken === null || refreshToken === null) {
    throw refusedBy(userErrors[0] ?? { code: CODE_OVER, message: 'The server gave no tokens.' });
  }
  return {
    accessToken,
    refreshToken,
    receivedAtMs: Date.now(),
    lifetimeMs: lifetimeMs(accessToken),
  };
}
