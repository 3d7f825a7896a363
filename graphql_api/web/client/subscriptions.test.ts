import { gql } from '@apollo/client';
import { parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { resumableOf } from './subscriptions';
import { FakeSocket } from './testing/FakeSocket';
import { Harness, item, update } from './testing/harness';
import type { InventoryUpdate } from './types';

let harness: Harness;
let heard: string[];
const onReset = vi.fn();

beforeEach(() => {
  onReset.mockReset();
  harness = new Harness({ onReset });
  heard = [];
});
afterEach(() => harness.dispose());

function listen(): () => void {
  return harness.client.realtime.inventory.listen(({ cursor }: InventoryUpdate) => {
    heard.push(cursor);
  });
}

/** The cursor that the newest socket was asked to go on after. */
function after(): unknown {
  return FakeSocket.last.subscription('inventoryUpdated').variables.after;
}

/** Lose the socket, and come back. */
async function comeBack(): Promise<FakeSocket> {
  FakeSocket.last.drop();
  await harness.settle(1_000);
  return harness.connect('ack-2');
}

describe('a feed', () => {
  test('begins at the place of the session’s start, from before any query', async () => {
    listen();
    await harness.connect('ack');
    expect(after()).toBe('c0');
  });

  test('goes on after the newest event when the socket comes back', async () => {
    listen();
    const socket = await harness.connect();
    socket.event('inventoryUpdated', update('c1', item(1)));
    socket.event('inventoryUpdated', update('c2', item(1, 2)));
    await comeBack();
    expect(after()).toBe('c2');
    await harness.settle(20);
    expect(heard).toEqual(['c1', 'c2']);
  });

  test('goes on after the newest ping when it is quiet', async () => {
    listen();
    const socket = await harness.connect();
    await harness.settle(1);
    socket.pong();
    socket.ping('p9');
    await comeBack();
    expect(after()).toBe('p9');
  });

  test('a ping from before the server had read the subscribe moves nothing', async () => {
    const socket = await harness.connect();
    listen(); // sent, and on its way while the server pings
    await harness.settle(1);
    socket.ping('p9');
    await comeBack();
    expect(after()).toBe('c0');
  });

  test('a ping on the next socket counts only after its own confirmation', async () => {
    listen();
    const socket = await harness.connect();
    socket.event('inventoryUpdated', update('c1', item(1)));
    const next = await comeBack();
    next.ping('p9');
    await comeBack();
    expect(after()).toBe('c1');
  });

  test('is one subscription for all who listen, and ends with the last', async () => {
    const first = listen();
    const second = listen();
    const socket = await harness.connect();
    expect(socket.subscriptions).toHaveLength(1);
    socket.event('inventoryUpdated', update('c1', item(1)));
    await harness.settle(20);
    expect(heard).toEqual(['c1', 'c1']);
    first();
    await harness.settle();
    expect(socket.subscriptions).toHaveLength(1);
    second();
    await harness.settle();
    expect(socket.subscriptions).toHaveLength(0);
  });

  test('goes on where it ended when somebody listens again', async () => {
    const stop = listen();
    const socket = await harness.connect();
    socket.event('inventoryUpdated', update('c5', item(1, 3)));
    stop(); // before the event's batch was brought into the cache: it would not come again
    await harness.settle();
    expect(harness.client.apollo.cache.extract()).toMatchObject({
      'InventoryItem:1': { version: 3 },
    });
    listen();
    await harness.settle();
    expect(after()).toBe('c5');
  });

  test('events of a socket that was given up are not heard', async () => {
    listen();
    const old = await harness.connect();
    const { id } = old.subscription('inventoryUpdated');
    await comeBack();
    old.receive({
      type: 'next',
      id,
      payload: { data: { inventoryUpdated: update('x', item(1)) } },
    });
    await harness.settle(20);
    expect(heard).toEqual([]);
  });
});

describe('a cursor that is refused', () => {
  for (const code of ['CURSOR_TOO_OLD', 'EPOCH_CHANGED', 'CURSOR_INVALID']) {
    test(`${code}: everything is asked anew, then it goes on after a fresh cursor`, async () => {
      const order: string[] = [];
      harness.answers.set('SyncCursor', () => {
        order.push('cursor');
        return { data: { syncCursor: 'fresh' } };
      });
      harness.answers.set('Page', () => {
        order.push('page');
        return { data: { viewer: { __typename: 'User', id: '1', name: 'User' } } };
      });
      listen();
      const socket = await harness.connect();
      const page = harness.client.apollo
        .watchQuery({ query: gql('query Page { viewer { id name } }') })
        .subscribe(() => undefined);
      await harness.settle(1);
      socket.fail('inventoryUpdated', code);
      await harness.settle(1);
      expect(order).toEqual(['page', 'cursor', 'page']);
      expect(socket.subscriptions.at(-1)?.payload?.variables).toEqual({ after: 'fresh' });
      expect(onReset).toHaveBeenCalledExactlyOnceWith({ code });
      page.unsubscribe();
    });
  }

  test('several feeds at once make one reset', async () => {
    listen();
    const stop = harness.client.realtime.alerts.listen(() => undefined);
    const socket = await harness.connect();
    for (const field of ['inventoryUpdated', 'alertRaised', 'alertChanged']) {
      socket.fail(field, 'EPOCH_CHANGED');
    }
    await harness.settle(1);
    expect(harness.asked('SyncCursor')).toHaveLength(1);
    expect(onReset).toHaveBeenCalledTimes(1);
    stop();
  });
});

describe('a subscription that the server refuses', () => {
  const PRESENCE = gql('subscription Presence { presenceChanged { itemId } }');

  test('RATE_LIMITED is tried again when the server says', async () => {
    listen();
    const socket = await harness.connect();
    socket.fail('inventoryUpdated', 'RATE_LIMITED', { retryAfterSeconds: 7 });
    await harness.settle(6_999);
    expect(socket.ids('subscribe')).toHaveLength(1);
    await harness.settle(1);
    expect(socket.ids('subscribe')).toHaveLength(2);
  });

  test('UNAVAILABLE is tried again, later each time, and soon again once events came', async () => {
    listen();
    const socket = await harness.connect();
    let sent = 1;
    for (const waitMs of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      socket.fail('inventoryUpdated', 'UNAVAILABLE');
      await harness.settle(waitMs - 1);
      expect(socket.ids('subscribe')).toHaveLength(sent);
      await harness.settle(1);
      expect(socket.ids('subscribe')).toHaveLength(++sent);
    }
    socket.event('inventoryUpdated', update('c1', item(1)));
    await harness.settle();
    socket.fail('inventoryUpdated', 'UNAVAILABLE');
    await harness.settle(1_000);
    expect(socket.ids('subscribe')).toHaveLength(sent + 1);
  });

  test('FORBIDDEN is told, and not tried again', async () => {
    const socket = await harness.connect();
    const errors: unknown[] = [];
    harness.client.apollo
      .subscribe({ query: PRESENCE })
      .subscribe(({ error }) => error && errors.push(error));
    await harness.settle();
    socket.fail('presenceChanged', 'FORBIDDEN');
    await harness.settle(60_000);
    expect(errors).toHaveLength(1);
  });

  test('UNAUTHENTICATED renews the session and comes back on a new socket', async () => {
    listen();
    const socket = await harness.connect();
    socket.event('inventoryUpdated', update('c1', item(1)));
    socket.fail('inventoryUpdated', 'UNAUTHENTICATED');
    await harness.settle(2_000);
    expect(harness.asked('RefreshSession')).toHaveLength(1);
    await harness.connect();
    expect(after()).toBe('c1');
  });

  test('one without a cursor is begun again with what it was given', async () => {
    await harness.connect();
    const presence = harness.client.apollo
      .subscribe({ query: PRESENCE })
      .subscribe(() => undefined);
    await comeBack();
    expect(FakeSocket.last.subscription('presenceChanged').variables).toEqual({});
    presence.unsubscribe();
  });

  test('one from now on begins at the acknowledgement when it is lost before its first event', async () => {
    await harness.connect('ack-1');
    const query = gql('subscription S($after: Cursor) { alertRaised(after: $after) { cursor } }');
    const alerts = harness.client.apollo.subscribe({ query }).subscribe(() => undefined);
    await harness.settle();
    expect(FakeSocket.last.subscription('alertRaised').variables).toEqual({});
    await comeBack();
    expect(FakeSocket.last.subscription('alertRaised').variables).toEqual({ after: 'ack-1' });
    alerts.unsubscribe();
  });
});

describe('which document can resume', () => {
  test('one that passes a variable as `after`', () => {
    const document = parse('subscription($c: Cursor) { mine: alertRaised(after: $c) { cursor } }');
    expect(resumableOf(document)).toEqual({ variable: 'c', field: 'mine' });
  });

  test('none without one', () => {
    expect(resumableOf(parse('subscription { presenceChanged { itemId } }'))).toBeNull();
    expect(resumableOf(parse('subscription { alertRaised(after: "x") { cursor } }'))).toBeNull();
  });
});
