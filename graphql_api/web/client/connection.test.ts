import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { FakeSocket } from './testing/FakeSocket';
import { Harness, granted } from './testing/harness';

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.dispose());

describe('status', () => {
  test('is connecting until the server acknowledges', async () => {
    await harness.settle();
    expect(harness.state).toBe('connecting');
    FakeSocket.last.accept();
    await harness.settle();
    expect(harness.state).toBe('connecting');
    await harness.connect();
    expect(harness.client.realtime.status.get()).toEqual({
      state: 'connected',
      attempts: 0,
      lastError: null,
      nextAttemptAtMs: null,
    });
  });

  test('the token goes into connection_init, never into the address', async () => {
    const socket = await harness.connect();
    expect(socket.sent[0]).toMatchObject({ type: 'connection_init' });
    expect(String(socket.sent[0]?.payload?.authorization)).toMatch(/^Bearer head\./);
    expect(socket.url).toBe('ws://server/graphql');
  });

  test('a loss shows why, and when the next attempt is', async () => {
    const socket = await harness.connect();
    socket.drop(1012, 'The server is restarting');
    expect(harness.client.realtime.status.get()).toEqual({
      state: 'connecting',
      attempts: 0,
      lastError: 'The server is restarting',
      nextAttemptAtMs: Date.now() + 1_000,
    });
  });

  test('five quick attempts, then offline with a slow one every 30 s that never gives up', async () => {
    await harness.settle();
    const opened = (): number => FakeSocket.all.length;
    for (const wait of [2_000, 4_000, 8_000, 16_000]) {
      FakeSocket.last.drop();
      expect(harness.state).toBe('connecting');
      await harness.settle(wait - 1);
      const before = opened();
      await harness.settle(1);
      expect(opened()).toBe(before + 1);
    }
    for (let slow = 0; slow < 20; slow += 1) {
      FakeSocket.last.drop();
      expect(harness.state).toBe('offline');
      expect(harness.client.realtime.status.get().attempts).toBe(5 + slow);
      const before = opened();
      await harness.settle(30_000);
      expect(opened()).toBe(before + 1);
    }
    await harness.connect();
    expect(harness.state).toBe('connected');
  });

  test('a fatal close code of the protocol does not end the attempts', async () => {
    const socket = await harness.connect();
    socket.drop(4400, 'Invalid message');
    await harness.settle(1_000);
    await harness.connect();
    expect(harness.state).toBe('connected');
  });

  test('a close with 1000 by the server opens one new socket, not two', async () => {
    const socket = await harness.connect();
    socket.drop(1000, 'bye');
    await harness.settle(1_000);
    expect(FakeSocket.all.length).toBe(2);
  });
});

describe('time limits', () => {
  test('an attempt without acknowledgement ends after 10 s', async () => {
    await harness.settle();
    const socket = FakeSocket.last;
    socket.accept();
    await harness.settle(10_000);
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
    expect(harness.client.realtime.status.get().lastError).toBe('No acknowledgement within 10 s.');
    await harness.settle(2_000);
    expect(FakeSocket.open).toBe(1);
  });

  test('a socket that never opens ends after 10 s as well', async () => {
    await harness.settle(10_000);
    expect(FakeSocket.all[0]?.readyState).toBe(FakeSocket.CLOSED);
  });

  test('a server that falls silent for more than two heartbeats counts as gone', async () => {
    const socket = await harness.connect();
    await harness.settle(50_000);
    socket.ping('c1');
    await harness.settle(50_000);
    expect(socket.readyState).toBe(FakeSocket.OPEN);
    await harness.settle(25_000);
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
    expect(harness.client.realtime.status.get().lastError).toBe('The server fell silent.');
  });
});

describe('what the browser tells', () => {
  test('offline ends the socket, online connects at once', async () => {
    const socket = await harness.connect();
    window.dispatchEvent(new Event('offline'));
    expect(harness.state).toBe('offline');
    await harness.settle();
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
    window.dispatchEvent(new Event('online'));
    expect(harness.state).toBe('connecting');
    await harness.connect();
    expect(harness.state).toBe('connected');
  });

  test('a page that comes to the front does not wait for its next attempt', async () => {
    const socket = await harness.connect();
    socket.drop();
    document.dispatchEvent(new Event('visibilitychange'));
    await harness.settle();
    expect(FakeSocket.all.length).toBe(2);
  });

  test('a page that comes to the front ends a socket that no longer answers', async () => {
    const socket = await harness.connect();
    document.dispatchEvent(new Event('visibilitychange'));
    await harness.settle(5_000);
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
  });

  test('a socket that answers is kept', async () => {
    const socket = await harness.connect();
    await harness.settle(1);
    document.dispatchEvent(new Event('visibilitychange'));
    await harness.settle(1);
    socket.pong();
    await harness.settle(10_000);
    expect(socket.readyState).toBe(FakeSocket.OPEN);
  });
});

describe('told by the application', () => {
  test('disconnect stays offline, reconnect comes back', async () => {
    await harness.connect();
    harness.client.realtime.disconnect();
    await harness.settle(3_600_000);
    expect(harness.state).toBe('offline');
    expect(FakeSocket.all.length).toBe(1);
    harness.client.realtime.reconnect();
    await harness.connect();
    expect(harness.state).toBe('connected');
  });

  test('nothing is left after dispose', async () => {
    const socket = await harness.connect();
    harness.client.dispose();
    await harness.settle();
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
    expect(vi.getTimerCount()).toBe(0);
    window.dispatchEvent(new Event('online'));
    await harness.settle();
    expect(FakeSocket.all.length).toBe(1);
  });
});

describe('a refused session', () => {
  test('4403 renews the token once, and comes back with the new one', async () => {
    const socket = await harness.connect();
    socket.drop(4403, 'The session has ended');
    await harness.settle(1_000);
    const next = await harness.connect();
    expect(harness.asked('RefreshSession')).toHaveLength(1);
    expect(String(next.sent[0]?.payload?.authorization)).toContain('.b');
  });

  test('4403 for a new token too (too many sockets) waits, without renewing again and again', async () => {
    await harness.settle();
    for (const wait of [2_000, 4_000, 8_000]) {
      FakeSocket.last.drop(4403, 'You have 10 sockets open already: close one first');
      await harness.settle(wait);
    }
    expect(harness.asked('RefreshSession')).toHaveLength(1);
    expect(harness.client.realtime.status.get().lastError).toContain('10 sockets');
  });

  test('without a network for renewing the attempts go on', async () => {
    harness.answers.delete('RefreshSession');
    const socket = await harness.connect();
    socket.drop(4403, 'The session has ended');
    await harness.settle(1_000);
    expect(harness.state).toBe('connecting');
    harness.answers.set('RefreshSession', () => ({ data: { refreshSession: granted('b') } }));
    await harness.settle(4_000);
    await harness.connect();
    expect(harness.state).toBe('connected');
  });
});

test('a socket that is closed with 1013 as soon as it is open waits longer each time', async () => {
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const socket = await harness.connect();
    const count = FakeSocket.all.length;
    socket.drop(1013);
    await harness.settle(waitMs - 1);
    expect(FakeSocket.all).toHaveLength(count);
    await harness.settle(1);
    expect(FakeSocket.all).toHaveLength(count + 1);
  }
  const steady = await harness.connect();
  await harness.settle(10_000);
  const count = FakeSocket.all.length;
  steady.drop(1013);
  await harness.settle(1_000);
  expect(FakeSocket.all).toHaveLength(count + 1);
});
