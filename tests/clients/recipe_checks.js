// Beside a recipe with a normalised cache, on its standard input: "ask" sends a query whose answer
// is held up, "answer" lets it come and tells what the cache has then, and what a fresh query has.
import { createInterface } from 'node:readline';
import { gql } from '@apollo/client/core';
import { client } from './RECIPE';

const ITEMS = gql`
  query Items {
    syncCursor
    items(first: 100) {
      nodes {
        id
        sku
        version
        stock
      }
    }
  }
`;
const reallyFetch = globalThis.fetch;
let release;
let late;

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'ask') {
    const held = new Promise((resolve) => (release = resolve));
    globalThis.fetch = async (...request) => {
      const response = await reallyFetch(...request);
      if (!String(request[1].body).includes('query Items')) return response;
      console.log(JSON.stringify({ held: true }));
      await held;
      return response;
    };
    late = client.query({ query: ITEMS, fetchPolicy: 'network-only' });
  } else {
    globalThis.fetch = reallyFetch;
    release();
    await late;
    const cached = client.readQuery({ query: ITEMS }).items.nodes;
    const { data } = await client.query({ query: ITEMS, fetchPolicy: 'no-cache' });
    console.log(JSON.stringify({ cached, fresh: data.items.nodes }));
  }
}
