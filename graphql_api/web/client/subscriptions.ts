/**
 * The link for subscriptions: each goes on over all connections, after the last event it had.
 *
 * A subscription whose document passes a variable as its root field's `after` has a cursor. It
 * moves with each event, and with each of the server's pings, which say that everything up to
 * theirs was delivered. When the socket comes back the variables are made anew with it, so
 * nothing is missed and nothing comes twice.
 */
import { ApolloLink, Observable } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import type { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import type { DocumentNode, FieldNode, OperationDefinitionNode } from 'graphql';
import type { Subscription as RxSubscription } from 'rxjs';

import type { NewestCursor } from './atLeast';
import { Waits } from './backoff';
import type { BackoffPolicy } from './backoff';
import type { Connection, ConnectionUser } from './connection';
import { cursorCode, errorCode, passingOf } from './errors';
import type { CursorCode } from './errors';

/** A place for a subscription's cursor that outlives it: see feed.ts. Given as the operation's
 * context `{ keeper }`. */
export interface CursorKeeper {
  cursor: string | null;
}

type Sink = {
  next(result: ApolloLink.Result): void;
  error(error: unknown): void;
  complete(): void;
};

export interface SubscriptionsOptions {
  /** A cursor was refused. Resolves with a fresh one, once everything was queried anew. */
  reset: (code: CursorCode) => Promise<string>;
  /** The server says that the session is over. */
  unauthenticated: () => void;
  /** For what the server cannot do just now. */
  backoff: BackoffPolicy;
  /** Hears of each place that the server tells. */
  newest: NewestCursor;
}

/** All subscriptions of a client. The connection tells it what becomes of the socket. */
export class Subscriptions extends ApolloLink implements ConnectionUser {
  readonly #options: SubscriptionsOptions;
  readonly #all = new Set<Live>();
  #connection: Connection | null = null;
  #link: GraphQLWsLink | null = null;
  #newest: string | null = null; // what a subscription that begins now surely does not miss
  #barriers = 0;

  constructor(options: SubscriptionsOptions) {
    super();
    this.#options = options;
  }

  /** Must be called before the connection starts. */
  over(connection: Connection): void {
    this.#connection = connection;
  }

  /** How many there are, for tests of leaks. */
  get size(): number {
    return this.#all.size;
  }

  override request(operation: ApolloLink.Operation): Observable<ApolloLink.Result> {
    return new Observable((sink) => {
      const live = new Live(operation, sink, {
        refused: (code) => this.#resetFor(live, code),
        unauthenticated: () => this.#options.unauthenticated(),
        retry: () => this.#attach(live),
        waits: new Waits(this.#options.backoff),
        newest: this.#options.newest,
      });
      this.#all.add(live);
      this.#attach(live);
      return () => {
        this.#all.delete(live);
        live.end();
      };
    });
  }

  /** Complete every subscription: the session is over. */
  completeAll(): void {
    for (const live of [...this.#all]) live.complete();
  }

  // What the connection tells

  connected(link: GraphQLWsLink, cursor: string | null): void {
    this.#link = link;
    this.#newest = cursor;
    this.#options.newest.heard(cursor);
    for (const live of [...this.#all]) this.#attach(live);
  }

  disconnected(): void {
    this.#link = null;
    for (const live of this.#all) live.detach();
  }

  delivered(cursor: string): void {
    this.#newest = cursor;
    this.#options.newest.heard(cursor);
    for (const live of this.#all) live.delivered(cursor);
  }

  confirmed(number: number): void {
    for (const live of this.#all) live.confirmed(number);
  }

  #attach(live: Live): void {
    if (this.#link === null || !this.#all.has(live)) return;
    const barrier = ++this.#barriers;
    live.attach(this.#link, this.#newest, barrier);
    this.#connection?.barrier(barrier);
  }

  async #resetFor(live: Live, code: CursorCode): Promise<void> {
    try {
      live.moveTo(await this.#options.reset(code));
      this.#attach(live);
    } catch (error) {
      live.fail(error);
    }
  }
}

interface LiveUser {
  refused(code: CursorCode): void;
  unauthenticated(): void;
  /** Try again now. */
  retry(): void;
  /** Before it is tried again. */
  readonly waits: Waits;
  readonly newest: NewestCursor;
}

/** One subscription, over as many connections as it takes. */
class Live {
  readonly #operation: ApolloLink.Operation;
  readonly #sink: Sink;
  readonly #user: LiveUser;
  readonly #resumable: Resumable | null;
  readonly #keeper: CursorKeeper;
  #barrier = 0; // of the attachment; 0: not attached
  #isConfirmed = false; // the server has read the subscribe: its pings speak of this one too
  #running: RxSubscription | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(operation: ApolloLink.Operation, sink: Sink, user: LiveUser) {
    this.#operation = operation;
    this.#sink = sink;
    this.#user = user;
    this.#resumable = resumableOf(operation.query);
    this.#keeper = (operation.getContext().keeper as CursorKeeper | undefined) ?? { cursor: null };
    this.#keeper.cursor ??= this.#given;
  }

  get #given(): string | null {
    const after: unknown = this.#resumable && this.#operation.variables[this.#resumable.variable];
    return typeof after === 'string' ? after : null;
  }

  /** Subscribe on `link`. newest: where the log was at the latest news of this connection. */
  attach(link: GraphQLWsLink, newest: string | null, barrier: number): void {
    this.detach();
    this.#barrier = barrier;
    const variables = this.#variables();
    // One that begins from now must not begin later when the socket is lost before its first event.
    if (this.#resumable) this.#keeper.cursor ??= newest;
    const request = {
      query: this.#operation.query,
      ...(this.#operation.operationName && { operationName: this.#operation.operationName }),
      variables,
      extensions: this.#operation.extensions,
    };
    this.#running = ApolloLink.execute(link, request, {
      client: this.#operation.client,
    }).subscribe({
      next: (result) => this.#barrier === barrier && this.#next(result),
      error: (error: unknown) => this.#barrier === barrier && this.#failed(error),
      complete: () => this.#barrier === barrier && this.complete(),
    });
  }

  detach(): void {
    this.#barrier = 0;
    this.#isConfirmed = false;
    clearTimeout(this.#retry);
    this.#running?.unsubscribe();
    this.#running = undefined;
  }

  confirmed(barrier: number): void {
    if (this.#barrier !== 0 && this.#barrier <= barrier) this.#isConfirmed = true;
  }

  delivered(cursor: string): void {
    if (this.#isConfirmed && this.#resumable) this.#keeper.cursor = cursor;
  }

  moveTo(cursor: string): void {
    this.#keeper.cursor = cursor;
  }

  /** The subscriber is gone. */
  end(): void {
    this.detach();
  }

  complete(): void {
    this.detach();
    this.#sink.complete();
  }

  fail(error: unknown): void {
    this.detach();
    this.#sink.error(error);
  }

  #variables(): Record<string, unknown> {
    const given = this.#operation.variables;
    const cursor = this.#keeper.cursor;
    return this.#resumable && cursor ? { ...given, [this.#resumable.variable]: cursor } : given;
  }

  #next(result: ApolloLink.Result): void {
    this.#isConfirmed = true;
    this.#user.waits.reset();
    const event = this.#resumable && (result.data?.[this.#resumable.field] as Cursored | undefined);
    if (typeof event?.cursor === 'string') this.#keeper.cursor = event.cursor;
    this.#user.newest.heard(event?.cursor);
    this.#sink.next(result);
  }

  #failed(error: unknown): void {
    this.detach();
    const code = cursorCode(error);
    const passing = CombinedGraphQLErrors.is(error) ? passingOf(error.errors) : undefined;
    if (code) this.#user.refused(code);
    else if (errorCode(error) === 'UNAUTHENTICATED') this.#user.unauthenticated();
    else if (passing) this.#retryLater(this.#user.waits.next(passing.retryAfterMs));
    else if (errorCode(error) !== undefined) this.#sink.error(error);
    // Anything else is the socket's end, which the connection sees too: `attach` comes again.
  }

  #retryLater(ms: number): void {
    this.#retry = setTimeout(() => this.#user.retry(), ms);
  }
}

interface Cursored {
  cursor?: unknown;
}

interface Resumable {
  /** The variable that takes the cursor. */
  variable: string;
  /** The key of the event in the result. */
  field: string;
}

/** How to resume a subscription's document; null: it has no `after`, or a fixed one. */
export function resumableOf(document: DocumentNode): Resumable | null {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === 'OperationDefinition',
  );
  const root = operation?.selectionSet.selections.find(
    (selection): selection is FieldNode =>
      selection.kind === 'Field' && selection.name.value !== '__typename',
  );
  const after = root?.arguments?.find(({ name }) => name.value === 'after')?.value;
  if (root === undefined || after?.kind !== 'Variable') return null;
  return { variable: after.name.value, field: root.alias?.value ?? root.name.value };
}
