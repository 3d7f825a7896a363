/**
 * Asks for alerts and notifications again from time to time: seldom while they come live, more
 * often while they do not. The server says how often.
 */
import type { ApolloClient } from '@apollo/client';
import type { DocumentNode } from 'graphql';

import type { Connection } from './connection';

const MINUTE_MS = 60_000;
const POLLED = new Set(['alerts', 'notifications', 'unreadNotificationCount']);

export class Polling {
  readonly #apollo: ApolloClient;
  readonly #connection: Connection;
  readonly #stopListening: () => void;
  #users = 0;
  #intervalMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(apollo: ApolloClient, connection: Connection) {
    this.#apollo = apollo;
    this.#connection = connection;
    this.#stopListening = connection.status.subscribe(() => this.#adjust());
  }

  /** Poll until what this returns is called. */
  use(): () => void {
    let isUsed = true;
    this.#users += 1;
    this.#adjust();
    return () => {
      if (isUsed) this.#users -= 1;
      isUsed = false;
      this.#adjust();
    };
  }

  dispose(): void {
    this.#stopListening();
    this.#users = 0;
    this.#adjust();
  }

  /** Ask again now, for those queries that are on a page. */
  async poll(): Promise<void> {
    const active = [...this.#apollo.getObservableQueries('active')];
    const polled = active.filter(({ query }) => asksFor(query, POLLED));
    await Promise.allSettled(polled.map((query) => query.refetch()));
  }

  #adjust(): void {
    const interval = this.#users > 0 ? this.#wantedMs() : 0;
    if (interval === this.#intervalMs) return;
    this.#intervalMs = interval;
    clearInterval(this.#timer);
    if (interval > 0) this.#timer = setInterval(() => void this.poll(), interval);
  }

  #wantedMs(): number {
    const { alertsMinutes, disconnectedAlertsMinutes } = this.#connection.polling;
    const minutes = this.#connection.isOpen ? alertsMinutes : disconnectedAlertsMinutes;
    return minutes * MINUTE_MS;
  }
}

/** Whether a document asks for any of these root fields. */
export function asksFor(document: DocumentNode, fields: ReadonlySet<string>): boolean {
  return document.definitions.some(
    (definition) =>
      definition.kind === 'OperationDefinition' &&
      definition.selectionSet.selections.some(
        (selection) => selection.kind === 'Field' && fields.has(selection.name.value),
      ),
  );
}
