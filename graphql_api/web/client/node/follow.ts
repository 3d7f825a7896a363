// Follows a server with the kit, on Node: a query once, then the kit keeps the cache. It is a
// test's other half (tests/clients/test_kit.py), bundled by `npm run bundle:follow`. URL (of the
// WebSocket), HTTP_URL, EMAIL, PASSWORD and END (the SKU of the last item) come from the
// environment, and TOKEN_LIFE_MS, after which the kit shall believe its first tokens to expire.
// Each line of output is JSON: {"ready": true}, {"renewed": true}, then what was heard and cached,
// then what sign-out left.
import { gql } from '@apollo/client';
import type { TypedDocumentNode } from '@apollo/client';
import WebSocket from 'ws';

import { createInventoryClient } from '../client';
import { memoryTokens } from '../tokens';
import type { TokenStore } from '../tokens';
import type { InventoryUpdate } from '../types';

globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket; // Node < 22 has none

const { URL, HTTP_URL, EMAIL, PASSWORD, END, TOKEN_LIFE_MS } = process.env as Record<
  string,
  string
>;

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

interface Items {
  items: { totalCount: number; nodes: { id: string; version: number }[] };
}

// Not the fields of the kit's own subscription: a page selects what it shows, and the version.
const ITEMS: TypedDocumentNode<Items> = gql`
  query Items {
    items(first: 100, orderBy: { by: NAME }) {
      totalCount
      nodes {
        id
        version
        sku
        name
        stock
        status
      }
    }
  }
`;
// The same items in another list, as an answer that took its time would bring them.
const LATE: TypedDocumentNode<Items> = gql`
  query Late {
    items(first: 99, orderBy: { by: NAME }) {
      totalCount
      nodes {
        id
        version
        sku
        name
        stock
        status
      }
    }
  }
`;

// The first tokens seem to expire soon, so that the session is renewed over the open socket.
let stored = 0;
const memory = memoryTokens();
const tokens: TokenStore = {
  ...memory,
  write: (next) => {
    stored += 1;
    memory.write(stored === 1 && next ? { ...next, lifetimeMs: Number(TOKEN_LIFE_MS) } : next);
    if (stored === 2) tell({ renewed: true });
  },
};

const { apollo, realtime, signIn, signOut, session } = createInventoryClient({
  url: HTTP_URL!,
  wsUrl: URL!,
  tokens,
  backoff: { firstMs: 20, factor: 1, attempts: 1_000 },
});
const itemsCached = (): Items | null => apollo.cache.readQuery({ query: ITEMS });

let connections = 0;
realtime.status.subscribe(() => {
  if (realtime.status.get().state === 'connected') connections += 1;
});
await signIn(EMAIL!, PASSWORD!);
const { data: early } = await apollo.query({ query: ITEMS });
const events: InventoryUpdate[] = [];
let renderings = 0;
const ended = new Promise<void>((resolve) => {
  realtime.inventory.listen((event) => {
    events.push(event);
    if (event.item.sku === END) resolve();
  });
});
apollo.watchQuery({ query: ITEMS }).subscribe(() => (renderings += 1));
tell({ ready: true });
await ended;

const cached = itemsCached();
apollo.cache.writeQuery({ query: LATE, data: early! });
const afterLate = itemsCached();
const { data: fresh } = await apollo.query({ query: ITEMS, fetchPolicy: 'no-cache' });
tell({ events, cached, afterLate, fresh, renderings, connections });
await signOut();
tell({ session: session.get(), status: realtime.status.get(), cache: apollo.cache.extract() });
