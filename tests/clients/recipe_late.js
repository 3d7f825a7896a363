// Beside a recipe with a cache, on its standard input: "ask" sends a query whose answer is held up,
// "answer" lets it come and tells what the cache has then, and what a fresh query has.
import { createInterface } from 'node:readline';
import { ask as askAfresh } from './session.js';

export const ITEMS = `query Items {
  syncCursor
  items(first: 100) { nodes { id sku version stock } }
}`;

const shown = ({ items }) =>
  items.nodes.map(({ id, sku, version, stock }) => ({ id, sku, version, stock }));

/** ask: asks for ITEMS over the network; cached: the data that the cache has for it. */
export async function lateAnswers({ ask, cached }) {
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
      late = ask();
    } else {
      globalThis.fetch = reallyFetch;
      release();
      await late;
      const fresh = await askAfresh(ITEMS);
      console.log(JSON.stringify({ cached: shown(await cached()), fresh: shown(fresh) }));
    }
  }
}
