/**
 * The link that asks again over HTTP when the server says "not now": RATE_LIMITED (its door for
 * sign-ins is full, or there was too much at once) and UNAVAILABLE (its database is away).
 *
 * What changes something is sent again only where twice is the same as once: a mutation with an
 * idempotencyKey, a sign-in, a renewal. RATE_LIMITED has done nothing, so all may come again.
 */
import { ApolloLink } from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import { defer, mergeMap, of, timer } from 'rxjs';
import type { Observable } from 'rxjs';

import { Waits } from './backoff';
import type { BackoffPolicy } from './backoff';
import { passingOf } from './errors';

const PATIENCE_MS = 60_000; // then whoever asked is told why

/** policy: its attempts bound how often UNAVAILABLE is tried again. */
export function patient(policy: BackoffPolicy): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const waits = new Waits(policy);
    const canRepeat = isRepeatable(operation);
    let waitedMs = 0;
    let attempts = 0;
    const send = (): Observable<ApolloLink.Result> =>
      forward(operation).pipe(
        mergeMap((result) => {
          const passing = result.data == null ? passingOf(result.errors) : undefined;
          if (passing === undefined) return of(result);
          const mayRepeat =
            passing.code === 'RATE_LIMITED' || (canRepeat && attempts < policy.attempts);
          const wait = waits.next(passing.retryAfterMs);
          if (!mayRepeat || waitedMs + wait > PATIENCE_MS) return of(result);
          waitedMs += wait;
          attempts += 1;
          return timer(wait).pipe(mergeMap(send));
        }),
      );
    return defer(send);
  });
}

function isRepeatable({ operationType, variables, getContext }: ApolloLink.Operation): boolean {
  if (operationType === OperationTypeNode.QUERY) return true;
  return getContext().auth === 'open' || JSON.stringify(variables).includes('"idempotencyKey":');
}
