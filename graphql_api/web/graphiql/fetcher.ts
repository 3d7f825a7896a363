/** How GraphiQL talks to the server: queries and mutations over HTTP, subscriptions over a socket. */
import { createGraphiQLFetcher, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { type DocumentNode, parse } from 'graphql';
import { createClient } from 'graphql-ws';

import type { Session } from './session';

const PATH = '/graphql';
const RETRIES = 10;

/** Every request carries the session's token, unless the headers editor has another. */
export function createFetcher(session: Session): Fetcher {
  const socket = createClient({
    url: new URL(PATH, location.href).href.replace(/^http/, 'ws'),
    connectionParams: async () => {
      const authorization = await session.authorization();
      return authorization === null ? {} : { authorization };
    },
    retryAttempts: RETRIES,
    shouldRetry: () => true,
  });
  // What runs goes on, or ends with a word, as the one who is signed in now.
  session.watch(() => socket.terminate());
  const fetcher = createGraphiQLFetcher({
    url: PATH,
    wsClient: socket,
    fetch: (input, init) => fetchAs(session, input, init),
    enableIncrementalDelivery: false,
  });
  return (params, options) => {
    const documentAST = parsed(params.query);
    if (documentAST === null) return fetcher(params, options); // the server tells what is wrong
    return fetcher(meant(params, documentAST), { ...options, documentAST });
  };
}

function parsed(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}

/**
 * GraphiQL looks a moment later than it runs which operations its editor has: right after a change
 * of tabs it still names the other tab's. Where there is but one operation, that one is meant.
 */
function meant(params: FetcherParams, { definitions }: DocumentNode): FetcherParams {
  const operations = definitions.filter((definition) => definition.kind === 'OperationDefinition');
  return operations.length === 1
    ? { ...params, operationName: operations[0]?.name?.value ?? null }
    : params;
}

async function fetchAs(
  session: Session,
  input: RequestInfo | URL,
  init?: RequestInit,
): Promise<Response> {
  const headers = new Headers(init?.headers);
  const authorization = await session.authorization();
  if (authorization !== null && !headers.has('authorization')) {
    headers.set('authorization', authorization);
  }
  return fetch(input, { ...init, headers });
}
