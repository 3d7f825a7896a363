/**
 * Keeps one graphql-transport-ws socket open for as long as it is wanted.
 *
 * One graphql-ws client serves one connection and never retries: when and with which variables to
 * come back is decided here and in subscriptions.ts, because graphql-ws would subscribe again with
 * the variables that it was first given.
 */
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';

import { waitMs } from './backoff';
import type { BackoffPolicy } from './backoff';
import { errorMessage } from './errors';
import { WritableStore } from './store';
import type { ConnectionStatus } from './types';

const FORBIDDEN = 4403; // the session has ended, or the user has too many sockets
const SILENT_BEATS = 2; // heartbeats that may be missed before the socket counts as dead
const STEADY_MS = 10_000; // a socket that lived so long was no failed attempt
const PROBE_MS = 5_000; // for a sign of life when a page comes back to the front

/** How often alerts are asked for; from the server's acknowledgement. */
export interface Polling {
  alertsMinutes: number;
  disconnectedAlertsMinutes: number;
}

export const POLLING: Polling = { alertsMinutes: 10, disconnectedAlertsMinutes: 5 };

/** What a connection tells those who use it; see subscriptions.ts. */
export interface ConnectionUser {
  /** A socket is ready. cursor: the log's head when it was acknowledged. */
  connected(link: GraphQLWsLink, cursor: string | null): void;
  /** The socket is gone. */
  disconnected(): void;
  /** Everything up to `cursor` was delivered on this socket. */
  delivered(cursor: string): void;
  /** The server has read everything that was sent before `barrier(number)`. */
  confirmed(number: number): void;
}

export interface ConnectionOptions {
  url: string;
  /** A valid access token; rejects when there is none to be had now. */
  accessToken: () => Promise<string>;
  /** The server refused the token that it was given: the next one must be another. */
  tokenRefused: () => void;
  backoff: BackoffPolicy;
  /** From an attempt to the acknowledgement. */
  timeoutMs: number;
  webSocketImpl: typeof WebSocket;
}

type Phase = 'stopped' | 'waiting' | 'opening' | 'open';

export class Connection {
  readonly status = new WritableStore<ConnectionStatus>(STOPPED);
  polling: Polling = POLLING;
  readonly #options: ConnectionOptions;
  readonly #user: ConnectionUser;
  #phase: Phase = 'stopped';
  #failures = 0;
  #hasty = 0; // sockets in a row that were acknowledged, and lost before they were steady
  #openedAtMs = 0;
  #refusals = 0; // 4403 in a row
  #socket: Socket | null = null;
  #retry: Timer | undefined;

  constructor(options: ConnectionOptions, user: ConnectionUser) {
    this.#options = options;
    this.#user = user;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** The link of the open socket, for an operation that must run on it; null: none is open. */
  get link(): GraphQLWsLink | null {
    return this.isOpen ? (this.#socket?.link ?? null) : null;
  }

  /** The session is being started, and `start` will follow. error: why it has not yet. */
  expectStart(error: string | null): void {
    if (this.#phase !== 'stopped') return;
    this.status.set({ ...STOPPED, state: 'connecting', lastError: error });
  }

  /** Connect, and come back after each loss, until `stop`. */
  start(): void {
    if (this.#phase !== 'stopped') return;
    this.#failures = 0;
    this.#hasty = 0;
    this.#refusals = 0;
    void this.#attempt();
  }

  /** Close, and stay closed. reason: for people; null: nobody is signed in. */
  stop(reason: string | null = null): void {
    clearTimeout(this.#retry);
    this.#phase = 'stopped';
    this.#drop();
    this.status.set({ ...STOPPED, lastError: reason });
  }

  /** Do not wait any longer for the next attempt; look whether an open socket still lives.
   * anew: what failed before no longer counts. */
  hurry(anew = false): void {
    if (anew && this.#phase === 'waiting') this.#failures = this.#hasty = 0;
    if (this.#phase === 'waiting') void this.#attempt();
    else if (this.#phase === 'open') this.#socket?.probe();
  }

  /** The browser lost its network: the socket is as good as gone. */
  networkLost(): void {
    if (this.#phase === 'stopped') return;
    this.#drop();
    this.#failures = Math.max(this.#failures, this.#options.backoff.attempts);
    this.#wait('The network is gone.');
  }

  /** The server says that the socket's session is over: come back with another token. */
  sessionOver(): void {
    if (this.#phase !== 'open') return;
    this.#drop();
    this.#failures += 1;
    this.#options.tokenRefused();
    this.#wait('The session has ended.');
  }

  /** Ask for `confirmed(number)` once the server has read all that is sent by now. */
  barrier(number: number): void {
    this.#socket?.barrier(number);
  }

  async #attempt(): Promise<void> {
    clearTimeout(this.#retry);
    this.#phase = 'opening';
    this.#tell(this.status.get().lastError);
    const socket = new Socket(this.#options, {
      acknowledged: (payload) => this.#acknowledged(socket, payload),
      delivered: (cursor) => this.#user.delivered(cursor),
      confirmed: (number) => this.#user.confirmed(number),
      lost: (code, reason) => this.#lost(socket, code, reason),
    });
    this.#socket = socket;
    await socket.open();
  }

  #acknowledged(socket: Socket, payload: Acknowledgement): void {
    this.#phase = 'open';
    this.#openedAtMs = Date.now();
    this.#failures = 0;
    this.#refusals = 0;
    this.polling = { ...POLLING, ...payload.polling };
    this.status.set({ state: 'connected', attempts: 0, lastError: null, nextAttemptAtMs: null });
    this.#user.connected(socket.link, payload.cursor ?? null);
  }

  #lost(socket: Socket, code: number, reason: string): void {
    if (socket !== this.#socket) return; // dropped before
    const wasOpen = this.isOpen;
    this.#socket = null;
    this.#phase = 'waiting';
    // One that is closed again and again as soon as it is open (1013) waits longer each time too.
    const isSteady = wasOpen && Date.now() - this.#openedAtMs >= STEADY_MS;
    if (isSteady) this.#hasty = 0;
    if (wasOpen) this.#user.disconnected();
    else this.#failures += 1;
    // The first refusal blames the token; when a new one is refused too, it is something else.
    if (code === FORBIDDEN && ++this.#refusals === 1) this.#options.tokenRefused();
    this.#wait(reason);
    if (wasOpen && !isSteady) this.#hasty += 1;
  }

  #wait(reason: string): void {
    this.#phase = 'waiting';
    clearTimeout(this.#retry);
    const wait = waitMs(this.#options.backoff, Math.max(this.#failures, this.#hasty), Math.random());
    this.#retry = setTimeout(() => void this.#attempt(), wait);
    this.#tell(reason, Date.now() + wait);
  }

  #tell(lastError: string | null, nextAttemptAtMs: number | null = null): void {
    const isQuick = this.#failures < this.#options.backoff.attempts;
    this.status.set({
      state: isQuick ? 'connecting' : 'offline',
      attempts: this.#failures,
      lastError,
      nextAttemptAtMs,
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    this.#user.disconnected();
    socket.close();
  }
}

const STOPPED: ConnectionStatus = {
  state: 'offline',
  attempts: 0,
  lastError: null,
  nextAttemptAtMs: null,
};

type Timer = ReturnType<typeof setTimeout>;

interface Acknowledgement {
  cursor?: string;
  heartbeatSeconds?: number;
  polling?: Partial<Polling>;
}

interface SocketUser {
  acknowledged(payload: Acknowledgement): void;
  delivered(cursor: string): void;
  confirmed(number: number): void;
  /** Once, whatever the cause. code: of the close, 0: there was none. */
  lost(code: number, reason: string): void;
}

/** One connection from its attempt to its end. */
class Socket {
  readonly #options: ConnectionOptions;
  readonly #user: SocketUser;
  #client: Client | null = null;
  #link: GraphQLWsLink | null = null;
  #raw: WebSocket | null = null;
  #isOver = false;
  #isAcknowledged = false;
  #heardAtMs = Date.now();
  #hasAnswered = true; // since the latest probe
  #timeout: Timer | undefined;
  #watch: Timer | undefined;

  constructor(options: ConnectionOptions, user: SocketUser) {
    this.#options = options;
    this.#user = user;
  }

  get link(): GraphQLWsLink {
    if (this.#link === null) throw new Error('The socket has not been opened.');
    return this.#link;
  }

  async open(): Promise<void> {
    const { timeoutMs } = this.#options;
    this.#timeout = setTimeout(() => {
      this.#abort(`No acknowledgement within ${timeoutMs / 1_000} s.`);
    }, timeoutMs);
    try {
      const token = await this.#options.accessToken();
      if (!this.#isOver) this.#connect(token);
    } catch (error) {
      this.#end(0, errorMessage(error));
    }
  }

  #connect(token: string): void {
    this.#client = createClient({
      url: this.#options.url,
      connectionParams: { authorization: `Bearer ${token}` },
      webSocketImpl: quietly(this.#options.webSocketImpl),
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => undefined, // `closed` and `error` tell the same
      on: {
        opened: (socket) => (this.#raw = socket as WebSocket),
        connected: (_, payload) => this.#acknowledged((payload ?? {}) as Acknowledgement),
        message: () => this.#heard(),
        ping: (isReceived, payload) => isReceived && this.#pinged(payload),
        pong: (isReceived, payload) => isReceived && this.#ponged(payload),
        error: (error) => this.#end(0, error instanceof Error ? error.message : NO_SERVER),
        closed: (event) => {
          const { code, reason } = event as { code: number; reason: string };
          this.#end(code, reason || (code === 1006 ? NO_SERVER : `The socket closed (${code}).`));
        },
      },
    });
    this.#link = new GraphQLWsLink(this.#client);
  }

  /** A message of ours in the place of a subscribe: graphql-ws sends one within microtasks. */
  barrier(number: number): void {
    setTimeout(() => this.#send({ type: 'ping', payload: { barrier: number } }), 0);
  }

  /** Ask for a sign of life, and end the connection if there is none. */
  probe(): void {
    this.#hasAnswered = false;
    this.#send({ type: 'ping' });
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => {
      if (!this.#hasAnswered) this.#abort('The server does not answer.');
    }, PROBE_MS);
  }

  /** Our own end: nobody is told. */
  close(): void {
    this.#isOver = true;
    this.#clear();
    this.#dispose();
    if (!this.#isAcknowledged) this.#client?.terminate();
  }

  #acknowledged(payload: Acknowledgement): void {
    if (this.#isOver) return;
    this.#isAcknowledged = true;
    clearTimeout(this.#timeout);
    this.#listenFor((payload.heartbeatSeconds ?? 25) * 1_000);
    this.#user.acknowledged(payload);
  }

  /** A socket whose other end is gone says nothing: neither do its pings come. */
  #listenFor(beatMs: number): void {
    this.#watch = setInterval(() => {
      if (Date.now() - this.#heardAtMs > SILENT_BEATS * beatMs + PROBE_MS) {
        this.#abort('The server fell silent.');
      }
    }, beatMs);
  }

  #heard(): void {
    this.#heardAtMs = Date.now();
    this.#hasAnswered = true;
  }

  #pinged(payload: Record<string, unknown> | undefined): void {
    const cursor = payload?.cursor;
    if (typeof cursor === 'string' && !this.#isOver) this.#user.delivered(cursor);
  }

  #ponged(payload: Record<string, unknown> | undefined): void {
    const number = payload?.barrier;
    if (typeof number === 'number' && !this.#isOver) this.#user.confirmed(number);
  }

  #send(message: object): void {
    if (this.#raw?.readyState === this.#options.webSocketImpl.OPEN) {
      this.#raw.send(JSON.stringify(message));
    }
  }

  #abort(reason: string): void {
    const client = this.#client;
    this.#end(0, reason);
    client?.terminate();
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clear();
    this.#dispose();
    this.#user.lost(code, reason);
  }

  /** Even without retries graphql-ws would come back by itself after a close with 1000. */
  #dispose(): void {
    void Promise.resolve(this.#client?.dispose()).catch(() => undefined);
  }

  #clear(): void {
    clearTimeout(this.#timeout);
    clearInterval(this.#watch);
  }
}

const NO_SERVER = 'The server cannot be reached.';

/** A WebSocket whose errors nobody need handle: `ws` throws one that comes after terminate(). */
function quietly(WebSocketImpl: typeof WebSocket): typeof WebSocket {
  return class extends WebSocketImpl {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('error', () => undefined);
    }
  };
}
