// Follows the shop with Apollo Client: a query once, then events into its cache for ever.
// URL, HTTP_URL and TOKEN come from the environment; output as of graphql_ws.js, with the cache.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket; // Apollo's link asks for it; Node has one from version 22 on

const { URL, HTTP_URL, TOKEN, QUERY, END } = process.env;
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const authorization = `Bearer ${TOKEN}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let connections = 0;
const socket = createClient({
  url: URL,
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: 0, // who subscribes again says where to go on: see `follow`
  on: { connected: () => (connections += 1) },
});
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === 'subscription',
    new GraphQLWsLink(socket),
    new HttpLink({ uri: HTTP_URL, headers: { authorization } }),
  ),
});

const ITEM = gql`
  fragment Item on InventoryItem {
    id
    sku
    name
    stock
    version
    status
  }
`;
const ITEMS = gql`
  query Items {
    syncCursor
    items(first: 100) {
      nodes {
        ...Item
      }
    }
  }
  ${ITEM}
`;

// The one way into the cache: the version decides, so what comes late or again changes nothing.
let stale = 0;
function apply(item) {
  const id = client.cache.identify(item);
  const known = client.cache.readFragment({ id, fragment: ITEM });
  if (known && known.version >= item.version) {
    stale += 1;
    return;
  }
  client.cache.writeFragment({ id, fragment: ITEM, data: item });
  if (!known) {
    client.cache.updateQuery({ query: ITEMS }, (list) => ({
      ...list,
      items: { ...list.items, nodes: [...list.items.nodes, item] },
    }));
  }
}

const events = [];
function follow(after) {
  return new Promise((resolve, reject) => {
    client
      .subscribe({ query: gql(QUERY), variables: { after }, fetchPolicy: 'no-cache' })
      .subscribe({
        next: ({ data, error }) => {
          if (error) return reject(error);
          const event = data.inventoryUpdated;
          events.push(event);
          apply(event.item);
          if (event.item.sku === END) resolve();
        },
        error: reject,
      });
  });
}

const { data } = await client.query({ query: ITEMS });
tell({ ready: true });
for (;;) {
  try {
    await follow(events.at(-1)?.cursor ?? data.syncCursor);
    break;
  } catch (error) {
    if (error.extensions || error.errors) throw error; // the server refused: not the network
    await pause(20);
  }
}

// The first state of all once more, as a slow answer would bring it: it must change nothing.
const before = JSON.stringify(client.cache.extract());
for (const item of data.items.nodes) apply(item);
const untouched = before === JSON.stringify(client.cache.extract());

const cached = client.cache.readQuery({ query: ITEMS }).items.nodes;
const fresh = (await client.query({ query: ITEMS, fetchPolicy: 'no-cache' })).data.items.nodes;
tell({ events, connections, cached, fresh, stale, untouched });
client.stop();
await socket.dispose();
