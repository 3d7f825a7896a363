/**
 * Takes, renews and gives back edit leases, one request after the other: a lease that is taken
 * again right after it was given back must not be ended by the earlier request.
 */
import type { ApolloClient } from '@apollo/client';

import { throwIfRefused } from '../../../client';
import { ReleaseEditLeaseDocument, TakeEditLeaseDocument } from '../../../client/generated/graphql';
import { OUTLIVES_PAGE } from './outlivesPage';

export class EditLeases {
  readonly #apollo: ApolloClient;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(apollo: ApolloClient) {
    this.#apollo = apollo;
  }

  /** The token to save with. Raises RefusedError LEASE_HELD, which names the holder. */
  take(itemId: string): Promise<string | null> {
    return this.#inTurn(async () => {
      const { data } = await this.#apollo.mutate({
        mutation: TakeEditLeaseDocument,
        variables: { itemId },
        fetchPolicy: 'no-cache',
      });
      throwIfRefused(data?.takeEditLease.userErrors ?? []);
      return data?.takeEditLease.lease?.token ?? null;
    });
  }

  /** token: of the lease; asked for when its turn has come. null: there is none to give back. */
  release(itemId: string, token: () => string | null): Promise<void> {
    return this.#inTurn(async () => {
      const held = token();
      if (held === null) return;
      await this.#apollo.mutate({
        mutation: ReleaseEditLeaseDocument,
        variables: { itemId, token: held },
        fetchPolicy: 'no-cache',
        context: OUTLIVES_PAGE,
      });
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
