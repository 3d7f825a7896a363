/** The link that gives each HTTP request its token, and a second chance with a new one. */
import { ApolloLink } from '@apollo/client';
import { defer, from, mergeMap, of } from 'rxjs';
import type { Observable } from 'rxjs';

import { SignedOutError } from './errors';
import type { Session } from './session';
import { subjectOf } from './tokens';

/**
 * How an operation is let through, in its context as `auth`. open: without a token. early: with
 * one, before the session has started; all others wait until the place in the log is known from
 * which updates count, so that no change falls between a query and the live feed.
 */
export type Auth = 'open' | 'early';

/**
 * session: asked for with each operation, since it is made after the links. An operation whose
 * context has `onlyAs`, a user's id, is never sent under somebody else's token: SignedOutError.
 */
export function authorised(session: () => Session): ApolloLink {
  return new ApolloLink((operation, forward) => {
    const auth = operation.getContext().auth as Auth | undefined;
    if (auth === 'open') return forward(operation);

    const onlyAs = operation.getContext().onlyAs as string | undefined;
    const send = (token: string): Observable<ApolloLink.Result> => {
      if (onlyAs !== undefined && subjectOf({ accessToken: token }) !== onlyAs) {
        throw new SignedOutError('Somebody else is signed in.');
      }
      operation.setContext({ headers: { authorization: `Bearer ${token}` } });
      return forward(operation);
    };
    const token = async (): Promise<string> => {
      if (auth !== 'early') await session().started();
      return session().accessToken();
    };
    return defer(() => from(token())).pipe(
      mergeMap((first) =>
        send(first).pipe(
          mergeMap((result) => {
            if (!isUnauthenticated(result)) return of(result);
            session().refuse(first);
            return from(session().accessToken()).pipe(mergeMap(send));
          }),
        ),
      ),
    );
  });
}

function isUnauthenticated({ errors }: ApolloLink.Result): boolean {
  return errors?.[0]?.extensions?.code === 'UNAUTHENTICATED';
}
