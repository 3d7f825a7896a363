/** Puts the parts together: Apollo Client, the session, the connection and the live feeds. */
import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import type { TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { lastValueFrom, tap, throwError, timeout } from 'rxjs';
import type { Observable } from 'rxjs';

import { NewestCursor, atLeast, hear } from './atLeast';
import { authorised } from './authorised';
import type { Auth } from './authorised';
import { BACKOFF, Waits } from './backoff';
import type { BackoffPolicy } from './backoff';
import { watchBrowser } from './browser';
import { InventoryCache } from './cache';
import { Connection } from './connection';
import { SignedOutError } from './errors';
import type { CursorCode } from './errors';
import { SharedFeed } from './feed';
import type { Feed } from './feed';
import {
  AlertsChangedDocument,
  AlertsRaisedDocument,
  InventoryUpdatesDocument,
  NotificationsReadDocument,
  NotificationsReceivedDocument,
  RefreshSessionDocument,
  SignInDocument,
  SignOutDocument,
  StartDocument,
  SyncCursorDocument,
} from './generated/graphql';
import type {
  AlertsChangedSubscription,
  AlertsRaisedSubscription,
  InventoryUpdatesSubscription,
  NotificationsReadSubscription,
  NotificationsReceivedSubscription,
  RefreshSessionMutation,
} from './generated/graphql';
import { patient } from './patient';
import { Polling } from './polling';
import { Session } from './session';
import type { AuthResult } from './session';
import type { Store } from './store';
import { Subscriptions } from './subscriptions';
import { browserTokens, memoryTokens } from './tokens';
import type { TokenStore } from './tokens';
import type {
  AlertEvent,
  ConnectionStatus,
  InventoryUpdate,
  NotificationEvent,
  NotificationReadEvent,
  Reset,
  SessionState,
  SignedOutReason,
  Viewer,
} from './types';
import {
  applyAlert,
  applyInventoryUpdate,
  applyNotification,
  applyNotificationRead,
} from './updates';

export interface InventoryClientOptions {
  /** Of the GraphQL endpoint over HTTP; may be relative in a browser: `/graphql`. */
  url: string;
  /** Of the same over WebSocket; from `url` if absent. */
  wsUrl?: string;
  /** Where tokens are kept; in localStorage for all tabs, or in memory where there is none. */
  tokens?: TokenStore;
  /** The session ended: by signOut, by the server, or in another tab. */
  onSignedOut?: (reason: SignedOutReason) => void;
  /** Live updates had to begin anew; the cache is fresh again when this is called. */
  onReset?: (reset: Reset) => void;
  /** A live feed was refused for good (FORBIDDEN, a limit); told on the console if absent. */
  onError?: (error: unknown) => void;
  backoff?: Partial<BackoffPolicy>;
  /** From the attempt to the server's acknowledgement; 10,000 if absent. */
  connectionTimeoutMs?: number;
  /** The global WebSocket if absent. Node has one from version 22 on: before, set
   * `globalThis.WebSocket` to that of the package ws. */
  webSocketImpl?: typeof WebSocket;
}

export interface Realtime {
  readonly status: Store<ConnectionStatus>;
  /** Each goes on from its cursor through reconnects; the cache is updated before listeners. */
  readonly inventory: Feed<InventoryUpdate>;
  readonly alerts: Feed<AlertEvent>;
  readonly notifications: Feed<NotificationEvent>;
  /** What the viewer has read, in any tab or program. */
  readonly notificationsRead: Feed<NotificationReadEvent>;
  /** Ask for alerts and notifications again now and then, until what this returns is called. */
  pollAlerts(): () => void;
  /** Ask for the alerts and notifications of the page again now. */
  poll(): Promise<void>;
  /** Try to connect at once. */
  reconnect(): void;
  /** Close, and stay offline until `reconnect`. */
  disconnect(): void;
}

export interface InventoryClient {
  /** useQuery, useMutation and useSubscription work with it. Subscriptions whose document passes a
   * variable as `after` resume from their cursor by themselves; others are just begun again. A
   * mutation with the context `{ overSocket: true }` runs on the open socket, and fails while
   * there is none: for presence, which ends with the socket that said it. */
  readonly apollo: ApolloClient;
  readonly realtime: Realtime;
  readonly session: Store<SessionState>;
  /** Raises RefusedError (INVALID_CREDENTIALS with the server's words), or a network error. */
  signIn(email: string, password: string): Promise<Viewer>;
  /** Ends the session on the server if it can be reached, and here for sure. */
  signOut(): Promise<void>;
  /** An access token that is good for a while, for what is asked beside GraphQL: files. Raises
   * SignedOutError. */
  accessToken(): Promise<string>;
  /** Ends all timers, sockets and subscriptions; the stored session stays for the next page. */
  dispose(): void;
}

const CONNECTION_TIMEOUT_MS = 10_000;
const REFRESH_TIMEOUT_MS = 10_000; // over the socket; then HTTP is tried

export function createInventoryClient(options: InventoryClientOptions): InventoryClient {
  const cache = new InventoryCache();
  const backoff = { ...BACKOFF, ...options.backoff };
  const newest = new NewestCursor();
  const subscriptions: Subscriptions = new Subscriptions({
    newest,
    reset: (code) => resetOnce(code),
    unauthenticated: () => connection.sessionOver(),
    backoff,
  });
  const http = ApolloLink.from([
    authorised(() => session),
    patient(backoff),
    atLeast(newest),
    new HttpLink({ uri: options.url }),
  ]);
  const apollo = new ApolloClient({
    cache,
    link: ApolloLink.split(
      ({ operationType }) => operationType === 'subscription',
      subscriptions,
      ApolloLink.split(
        (operation) => operation.getContext().overSocket === true,
        new ApolloLink((operation) => overSocket(connection.link, operation, newest)),
        http,
      ),
    ),
  });
  const ask: Ask = (query, variables, auth) => answer(apollo, http, query, variables, auth);
  const feeds = feedsOf(apollo, cache, options.onError ?? console.error);
  let beginning = ''; // the cursor from which updates count

  const session: Session = new Session(
    options.tokens ?? defaultTokens(),
    {
      login: async (email, password) =>
        (await ask(SignInDocument, { input: { email, password } }, 'open')).login,
      refresh: async (refreshToken) =>
        (await renewedOver(connection.link, apollo, refreshToken)) ??
        (await ask(RefreshSessionDocument, { refreshToken }, 'open')).refreshSession,
      start: async () => {
        const { syncCursor, viewer } = await ask(StartDocument, {}, 'early');
        beginning = syncCursor;
        return viewer;
      },
      logout: () => ask(SignOutDocument, {}, 'early'),
      isSocketOpen: () => connection.isOpen,
    },
    {
      starting: (error) => connection.expectStart(error),
      signedIn: () => {
        for (const feed of Object.values(feeds)) feed.begin(beginning);
        connection.start();
      },
      signedOut: (reason) => {
        connection.stop();
        for (const feed of Object.values(feeds)) feed.end();
        subscriptions.completeAll();
        void apollo.clearStore().catch(() => undefined);
        if (reason !== 'disposed') options.onSignedOut?.(reason);
      },
      roleChanged: () => void apollo.resetStore().catch(() => undefined),
    },
    new Waits(backoff),
  );
  const connection: Connection = new Connection(
    {
      url: options.wsUrl ?? webSocketUrl(options.url),
      accessToken: () => session.socketToken(),
      tokenRefused: () => session.refuse(),
      backoff,
      timeoutMs: options.connectionTimeoutMs ?? CONNECTION_TIMEOUT_MS,
      webSocketImpl: options.webSocketImpl ?? WebSocket,
    },
    subscriptions,
  );
  subscriptions.over(connection);
  const resetOnce = once((code: CursorCode) =>
    reset(ask, apollo, code, options.onReset, new Waits(backoff)),
  );
  const polling = new Polling(apollo, connection);
  const stopWatching = watchBrowser({
    online: () => {
      session.hurry();
      connection.hurry(true);
    },
    offline: () => connection.networkLost(),
    visible: () => {
      session.hurry();
      connection.hurry();
    },
  });
  session.resume();

  return {
    apollo,
    realtime: {
      status: connection.status,
      ...feeds,
      pollAlerts: () => polling.use(),
      poll: () => polling.poll(),
      reconnect: () => {
        if (session.state.get().state !== 'signedIn') return;
        connection.start();
        connection.hurry(true);
      },
      disconnect: () => connection.stop('You went offline.'),
    },
    session: session.state,
    signIn: (email, password) => session.signIn(email, password),
    signOut: () => session.signOut(),
    accessToken: () => session.accessToken(),
    dispose: () => {
      stopWatching();
      polling.dispose();
      session.dispose();
      connection.stop();
      apollo.stop();
    },
  };
}

interface Feeds {
  inventory: SharedFeed<InventoryUpdate>;
  alerts: SharedFeed<AlertEvent>;
  notifications: SharedFeed<NotificationEvent>;
  notificationsRead: SharedFeed<NotificationReadEvent>;
}

function feedsOf(
  apollo: ApolloClient,
  cache: InventoryCache,
  failed: (error: unknown) => void,
): Feeds {
  /** A batch is one change of the cache: pages are rendered once. */
  const each =
    <Event>(apply: (cache: InventoryCache, event: Event) => void) =>
    (events: readonly Event[]): void => {
      cache.batch({ update: () => events.forEach((event) => apply(cache, event)) });
    };
  return {
    inventory: new SharedFeed<InventoryUpdate>({
      apollo,
      failed,
      apply: each(applyInventoryUpdate),
      sources: [
        {
          document: InventoryUpdatesDocument,
          eventOf: (data) => (data as InventoryUpdatesSubscription).inventoryUpdated,
        },
      ],
    }),
    alerts: new SharedFeed<AlertEvent>({
      apollo,
      failed,
      apply: each(applyAlert),
      sources: [
        {
          document: AlertsRaisedDocument,
          eventOf: (data) => ({
            kind: 'RAISED',
            ...(data as AlertsRaisedSubscription).alertRaised,
          }),
        },
        {
          document: AlertsChangedDocument,
          eventOf: (data) => ({
            kind: 'CHANGED',
            ...(data as AlertsChangedSubscription).alertChanged,
          }),
        },
      ],
    }),
    notifications: new SharedFeed<NotificationEvent>({
      apollo,
      failed,
      apply: each(applyNotification),
      sources: [
        {
          document: NotificationsReceivedDocument,
          eventOf: (data) => (data as NotificationsReceivedSubscription).notificationReceived,
        },
      ],
    }),
    notificationsRead: new SharedFeed<NotificationReadEvent>({
      apollo,
      failed,
      apply: each(applyNotificationRead),
      sources: [
        {
          document: NotificationsReadDocument,
          eventOf: (data) => (data as NotificationsReadSubscription).notificationRead,
        },
      ],
    }),
  };
}

type Ask = <Data, Variables extends Record<string, unknown>>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  auth: Auth,
) => Promise<Data>;

/** Ask beside Apollo's store: what empties it must not end the session's own questions. */
async function answer<Data, Variables extends Record<string, unknown>>(
  client: ApolloClient,
  link: ApolloLink,
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  auth: Auth,
): Promise<Data> {
  const request = { query, variables, context: { auth } };
  const result = await lastValueFrom(ApolloLink.execute(link, request, { client }));
  if (result.errors?.length) throw new CombinedGraphQLErrors(result);
  if (!result.data) throw new Error('The server answered without data.');
  return result.data as Data;
}

/** On the open socket, so that what the operation says ends with it; an error while there is none. */
function overSocket(
  link: ApolloLink | null,
  operation: ApolloLink.Operation,
  newest: NewestCursor,
): Observable<ApolloLink.Result> {
  if (link === null) return throwError(() => new Error('The socket is not open.'));
  const { query, variables, client } = operation;
  const sent = ApolloLink.execute(link, { query, variables }, { client });
  return sent.pipe(tap((result) => hear(newest, result)));
}

/** Over the open socket, which renews its session as well; null: it did not answer. */
async function renewedOver(
  link: ApolloLink | null,
  client: ApolloClient,
  refreshToken: string,
): Promise<AuthResult | null> {
  if (link === null) return null;
  const request = { query: RefreshSessionDocument, variables: { refreshToken } };
  const sent = ApolloLink.execute(link, request, { client });
  const result = await lastValueFrom(sent.pipe(timeout(REFRESH_TIMEOUT_MS))).catch(() => null);
  return (result?.data as RefreshSessionMutation | null | undefined)?.refreshSession ?? null;
}

/** Everything anew: an empty cache, the page's queries once more, and a cursor from before them. */
async function reset(
  ask: Ask,
  apollo: ApolloClient,
  code: CursorCode,
  onReset: InventoryClientOptions['onReset'],
  waits: Waits,
): Promise<string> {
  for (;;) {
    try {
      const { syncCursor } = await ask(SyncCursorDocument, {}, 'early');
      await apollo.resetStore().catch(() => undefined); // each query tells of its own failure
      onReset?.({ code });
      return syncCursor;
    } catch (error) {
      if (error instanceof SignedOutError) throw error;
      await new Promise((resolve) => setTimeout(resolve, waits.next()));
    }
  }
}

/** Who asks while one is running gets that one's result. */
function once<Argument, T>(work: (given: Argument) => Promise<T>): (given: Argument) => Promise<T> {
  let running: Promise<T> | null = null;
  return (given) =>
    (running ??= work(given).finally(() => {
      running = null;
    }));
}

function defaultTokens(): TokenStore {
  return typeof localStorage === 'undefined' ? memoryTokens() : browserTokens();
}

/** The WebSocket's address beside an HTTP one, which may be relative to the page. */
export function webSocketUrl(url: string): string {
  const whole = new URL(url, typeof location === 'undefined' ? undefined : location.href);
  whole.protocol = whole.protocol.replace('http', 'ws');
  return whole.href;
}
