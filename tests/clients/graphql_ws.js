// Follows the shop with graphql-ws alone. URL and TOKEN come from the environment; each line of
// output is JSON: {"ready": true}, then {"events": […], "connections": n} at the end.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { URL, TOKEN, QUERY, START, END } = process.env;
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let newest = START;
let connections = 0;
const events = [];

const client = createClient({
  url: URL,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${TOKEN}` },
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  shouldRetry: () => true,
  on: {
    connected: () => {
      connections += 1;
      if (connections === 1) tell({ ready: true });
    },
  },
});

// graphql-ws sends the payload again on each connection: a getter makes it say the newest cursor.
const variables = {
  get after() {
    return newest;
  },
};

for await (const { data, errors } of client.iterate({ query: QUERY, variables })) {
  if (errors) throw new Error(JSON.stringify(errors));
  const event = data.inventoryUpdated;
  newest = event.cursor;
  events.push(event);
  if (event.item.sku === END) break;
}
tell({ events, connections });
await client.dispose();
