// docs/clients.md's resume.js on a server that the test plays: what a real one does too seldom.
// Ends with 0 when all holds.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';
import { resumingClient } from './resume.js';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
const url = `ws://127.0.0.1:${server.address().port}`;
const QUERY = 'subscription ($after: Cursor) { changed(after: $after) { cursor } }';

/** The next connection, acknowledged with this cursor, and its first subscribe. */
async function accepted(cursor, beforeSubscribe = () => {}) {
  const [socket] = await once(server, 'connection');
  const say = (message) => socket.send(JSON.stringify(message));
  const { payload } = await heard(socket, 'connection_init');
  say({ type: 'connection_ack', payload: { cursor } });
  beforeSubscribe(say);
  const subscribed = await heard(socket, 'subscribe');
  return { socket, say, token: payload.authorization, ...subscribed };
}

async function heard(socket, type) {
  for (;;) {
    const [data] = await once(socket, 'message');
    const message = JSON.parse(data);
    if (message.type === type) return message;
  }
}

function follow(options = {}) {
  const told = { events: [], error: null };
  const client = resumingClient({
    url,
    webSocketImpl: WebSocket,
    accessToken: async (refused) => (refused ? 'second' : 'first'),
    ...options,
  });
  told.ended = new Promise((resolve) => {
    client.subscribe(
      { query: QUERY },
      {
        next: ({ data }) => told.events.push(data.changed.cursor),
        error: (error) => resolve((told.error = error)),
        complete: resolve,
      },
    );
  });
  return Object.assign(told, { client });
}

const cases = {
  async 'lost before the first event, it goes on from where it began'() {
    const told = follow();
    const first = await accepted('c1');
    first.socket.terminate();
    const second = await accepted('c9');
    assert.equal(second.payload.variables.after, 'c1');
    return told;
  },

  async 'a ping that the server sent before it read the subscribe moves nothing'() {
    const told = follow();
    const first = await accepted('c1');
    first.say({ type: 'ping', payload: { cursor: 'c5' } });
    await heard(first.socket, 'pong');
    first.socket.terminate();
    const second = await accepted('c9');
    assert.equal(second.payload.variables.after, 'c1');
    return told;
  },

  async 'a ping after an event moves it'() {
    const told = follow();
    const first = await accepted('c1');
    first.say({ type: 'next', id: first.id, payload: { data: { changed: { cursor: 'c2' } } } });
    first.say({ type: 'ping', payload: { cursor: 'c5' } });
    await heard(first.socket, 'pong');
    first.socket.close(1013);
    const second = await accepted('c9');
    assert.equal(second.payload.variables.after, 'c5');
    assert.deepEqual(told.events, ['c2']);
    return told;
  },

  async 'on the next connection pings count anew'() {
    const told = follow();
    const first = await accepted('c1');
    first.say({ type: 'next', id: first.id, payload: { data: { changed: { cursor: 'c2' } } } });
    first.socket.terminate();
    const second = await accepted('c9');
    second.say({ type: 'ping', payload: { cursor: 'c9' } });
    await heard(second.socket, 'pong');
    second.socket.terminate();
    const third = await accepted('c9');
    assert.equal(third.payload.variables.after, 'c2');
    return told;
  },

  async 'after 4403 it takes another token'() {
    const told = follow();
    const first = await accepted('c1');
    assert.equal(first.token, 'Bearer first');
    first.socket.close(4403);
    assert.equal((await accepted('c9')).token, 'Bearer second');
    return told;
  },

  async 'a token that cannot be had just now is asked for again'() {
    let asked = 0;
    const accessToken = async () => {
      asked += 1;
      if (asked === 1) throw new TypeError('fetch failed');
      return 'token';
    };
    const told = follow({ accessToken });
    await once(server, 'connection');
    await accepted('c1');
    assert.equal(asked, 2);
    return told;
  },

  async 'it ends when nobody is signed in'() {
    const told = follow({ accessToken: async () => null });
    await told.ended;
    assert.match(told.error.message, /signed in/);
    return told;
  },

  async 'UNAVAILABLE is tried again'() {
    const told = follow();
    const first = await accepted('c1');
    const payload = [{ message: 'm', extensions: { code: 'UNAVAILABLE' } }];
    first.say({ type: 'error', id: first.id, payload });
    const second = await Promise.race([accepted('c9'), heard(first.socket, 'subscribe')]);
    assert.equal(second.payload.variables.after, 'c1');
    return told;
  },

  async 'what is refused for good ends it'() {
    const told = follow();
    const first = await accepted('c1');
    const payload = [{ message: 'm', extensions: { code: 'FORBIDDEN' } }];
    first.say({ type: 'error', id: first.id, payload });
    await told.ended;
    assert.deepEqual(told.error, payload);
    return told;
  },

  async 'a cursor that is refused is replaced, and only one question is asked'() {
    const codes = [];
    const told = follow({ reset: async (code) => (codes.push(code), 'fresh') });
    const first = await accepted('c1');
    const payload = [{ message: 'm', extensions: { code: 'EPOCH_CHANGED' } }];
    first.say({ type: 'error', id: first.id, payload });
    const second = await Promise.race([accepted('c9'), heard(first.socket, 'subscribe')]);
    assert.equal(second.payload.variables.after, 'fresh');
    assert.deepEqual(codes, ['EPOCH_CHANGED']);
    return told;
  },
};
for (const code of [1009, 4400, 4406, 4409, 4429]) {
  cases[`${code} ends it`] = async () => {
    const told = follow();
    const first = await accepted('c1');
    first.socket.close(code);
    await told.ended;
    assert.match(told.error.message, new RegExp(code));
    return told;
  };
}
for (const code of [1000, 1001, 1011, 1012, 1013, 4403, 4408]) {
  cases[`after ${code} it comes back`] = async () => {
    const told = follow();
    const first = await accepted('c1');
    first.socket.close(code);
    assert.equal((await accepted('c9')).payload.variables.after, 'c1');
    return told;
  };
}

for (const [name, run] of Object.entries(cases)) {
  try {
    const { client } = await run();
    await client.dispose();
    client.terminate();
    for (const socket of server.clients) socket.terminate();
  } catch (error) {
    console.error(name, error);
    process.exit(1);
  }
}
process.exit(0);
