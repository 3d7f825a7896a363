// @vitest-environment node
import { gql } from '@apollo/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { RefusedError } from './errors';
import { FakeSocket } from './testing/FakeSocket';
import { Harness, VIEWER, granted, jwt, refused, tokens } from './testing/harness';
import { memoryTokens } from './tokens';
import type { TokenStore, Tokens } from './tokens';

const VIEWER_QUERY = gql('query Page { viewer { id name } }');
const PAGE = { data: { viewer: { __typename: 'User', id: '1', name: 'User' } } };
const EXPIRED = { errors: [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }] };
const RENEWAL_DUE_MS = 540_000; // a minute before the ten are over

const onSignedOut = vi.fn();
let harness: Harness;

beforeEach(() => {
  onSignedOut.mockReset();
  harness = new Harness({ onSignedOut });
  harness.answers.set('Page', ({ authorization }) =>
    authorization === `Bearer ${jwt('a')}` || authorization === `Bearer ${jwt('b')}`
      ? PAGE
      : EXPIRED,
  );
});
afterEach(() => harness.dispose());

function query(): Promise<unknown> {
  return harness.client.apollo.query({
    query: VIEWER_QUERY,
    fetchPolicy: 'no-cache',
    context: { queryDeduplication: false },
  });
}

function state(): object {
  return harness.client.session.get();
}

describe('a stored session', () => {
  test('is taken up, and connects', async () => {
    expect(state()).toEqual({ state: 'starting', error: null });
    await harness.settle();
    expect(state()).toEqual({ state: 'signedIn', viewer: VIEWER });
    expect(FakeSocket.all).toHaveLength(1);
  });

  test('queries wait until the place in the log is known from which updates count', async () => {
    const asked = query();
    await harness.settle();
    await asked;
    expect(harness.requests.map(({ operationName }) => operationName)).toEqual(['Start', 'Page']);
  });

  test('is tried again while the server cannot be reached', async () => {
    harness.dispose();
    harness = new Harness({}, { Start: undefined });
    await harness.settle();
    expect(state()).toMatchObject({ state: 'starting', error: expect.stringContaining('fetch') });
    harness.answers.set('Start', () => ({ data: { syncCursor: 'c0', viewer: VIEWER } }));
    await harness.settle(5_000);
    expect(state()).toMatchObject({ state: 'signedIn' });
  });

  test('that the server no longer knows ends, and says so', async () => {
    harness.dispose();
    onSignedOut.mockReset();
    harness = new Harness(
      { onSignedOut },
      { Start: () => EXPIRED, RefreshSession: () => ({ data: { refreshSession: refused() } }) },
    );
    await harness.settle();
    expect(state()).toEqual({ state: 'signedOut', reason: 'expired' });
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith('expired');
    expect(FakeSocket.all).toHaveLength(0);
  });
});

describe('renewal', () => {
  test('many answers UNAUTHENTICATED at once renew once, and each is asked again', async () => {
    await harness.settle();
    harness.answers.set('Page', ({ authorization }) =>
      authorization === `Bearer ${jwt('b')}` ? PAGE : EXPIRED,
    );
    const asked = Promise.all([query(), query(), query(), query()]);
    await harness.settle();
    await asked;
    expect(harness.asked('RefreshSession')).toHaveLength(1);
    expect(harness.asked('Page')).toHaveLength(8);
  });

  test('is one on the open socket too, however many ask for it', async () => {
    const socket = await harness.connect();
    harness.answers.set('Page', ({ authorization }) =>
      authorization === `Bearer ${jwt('b')}` ? PAGE : EXPIRED,
    );
    const asked = Promise.all([query(), query(), query()]);
    await harness.settle();
    expect(socket.subscriptions).toHaveLength(1);
    const { id } = socket.subscription('refreshSession');
    const payload = { data: { refreshSession: granted('b') } };
    socket.receive({ type: 'next', id, payload });
    socket.receive({ type: 'complete', id });
    await harness.settle();
    await asked;
    expect(socket.subscriptions).toHaveLength(1);
    expect(harness.asked('RefreshSession')).toHaveLength(0);
  });

  test('a socket that is lost meanwhile does not keep callers waiting: HTTP takes over', async () => {
    const socket = await harness.connect();
    harness.answers.set('Page', ({ authorization }) =>
      authorization === `Bearer ${jwt('b')}` ? PAGE : EXPIRED,
    );
    const asked = query();
    await harness.settle();
    socket.drop();
    await harness.settle();
    await asked;
    expect(harness.asked('RefreshSession')).toHaveLength(1);
  });

  test('an answer that stays UNAUTHENTICATED is given to the caller, not asked for ever', async () => {
    harness.answers.set('Page', () => EXPIRED);
    await harness.settle();
    const asked = query().catch((error: unknown) => error);
    await harness.settle();
    expect(String(await asked)).toContain('expired');
    expect(harness.asked('Page')).toHaveLength(2);
  });

  test('goes over the open socket before the token expires, and keeps that socket', async () => {
    const socket = await harness.connect();
    const beats = setInterval(() => socket.ping('p'), 25_000);
    await harness.settle(RENEWAL_DUE_MS - 10);
    expect(socket.ids('subscribe')).toHaveLength(0);
    await harness.settle(10);
    const renewal = socket.subscription('refreshSession');
    expect(renewal.variables).toEqual({ refreshToken: 'refresh-a' });
    socket.receive({
      type: 'next',
      id: renewal.id,
      payload: { data: { refreshSession: granted('b') } },
    });
    socket.receive({ type: 'complete', id: renewal.id });
    await harness.settle();
    expect(harness.asked('RefreshSession')).toHaveLength(0);
    await query();
    expect(harness.asked('Page')[0]?.authorization).toBe(`Bearer ${jwt('b')}`);
    expect(FakeSocket.all).toHaveLength(1);
    await harness.settle(RENEWAL_DUE_MS);
    expect(socket.subscription('refreshSession').variables).toEqual({ refreshToken: 'refresh-b' });
    clearInterval(beats);
  });

  test('goes over HTTP when there is no socket', async () => {
    await harness.connect();
    harness.client.realtime.disconnect();
    await harness.settle(RENEWAL_DUE_MS);
    expect(harness.asked('RefreshSession')).toHaveLength(1);
    expect(harness.asked('RefreshSession')[0]?.authorization).toBeUndefined();
  });

  test('that does not reach the server is tried again, and nobody is signed out', async () => {
    await harness.connect();
    harness.client.realtime.disconnect();
    harness.answers.delete('RefreshSession');
    await harness.settle(RENEWAL_DUE_MS + 12_000);
    expect(harness.asked('RefreshSession')).toHaveLength(4); // at once, then after 1, 2 and 4 s
    expect(state()).toMatchObject({ state: 'signedIn' });
  });

  test('that is refused ends the session', async () => {
    await harness.connect();
    harness.client.realtime.disconnect();
    harness.answers.set('RefreshSession', () => ({ data: { refreshSession: refused() } }));
    await harness.settle(RENEWAL_DUE_MS);
    expect(state()).toEqual({ state: 'signedOut', reason: 'expired' });
  });

  test('tells of another role', async () => {
    await harness.connect();
    harness.client.realtime.disconnect();
    harness.answers.set('RefreshSession', () => ({
      data: { refreshSession: granted('b', 'VIEWER') },
    }));
    await harness.settle(RENEWAL_DUE_MS);
    expect(state()).toMatchObject({ viewer: { role: 'VIEWER' } });
  });
});

describe('signing in and out', () => {
  test('a wrong password raises what the server says, and changes nothing', async () => {
    harness.answers.set('SignIn', () => ({
      data: { login: refused('Email or password is wrong.') },
    }));
    await harness.settle();
    const tried = harness.client.signIn('a@b.c', 'x').catch((error: unknown) => error);
    await harness.settle();
    const error = await tried;
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      code: 'INVALID_CREDENTIALS',
      message: 'Email or password is wrong.',
    });
    expect(state()).toMatchObject({ state: 'signedIn' });
  });

  test('sign-out ends sockets, subscriptions and timers, and empties the cache', async () => {
    harness.client.realtime.inventory.listen(() => undefined);
    const socket = await harness.connect();
    await harness.client.apollo.query({ query: VIEWER_QUERY });
    await harness.client.signOut();
    await harness.settle();
    expect(harness.asked('SignOut')).toHaveLength(1);
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
    expect(harness.client.apollo.cache.extract()).toEqual({});
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith('signOut');
    await harness.settle(60_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(FakeSocket.all).toHaveLength(1);
  });

  test('sign-out without a network ends the session here all the same', async () => {
    await harness.connect();
    harness.answers.delete('SignOut');
    await harness.client.signOut();
    expect(state()).toEqual({ state: 'signedOut', reason: 'signOut' });
  });

  test('who listened before hears the next session', async () => {
    harness.client.realtime.inventory.listen(() => undefined);
    await harness.connect();
    await harness.client.signOut();
    const signedIn = harness.client.signIn('a@b.c', 'x');
    await harness.settle();
    expect(await signedIn).toEqual(VIEWER);
    const socket = await harness.connect();
    expect(socket.subscription('inventoryUpdated').variables).toEqual({ after: 'c0' });
  });

  test('a query while signed out fails, and is not sent', async () => {
    await harness.connect();
    await harness.client.signOut();
    await expect(query()).rejects.toThrow('You are signed out.');
    expect(harness.asked('Page')).toHaveLength(0);
  });
});

describe('two tabs of one browser', () => {
  /** Tabs on one storage: each is told when another one writes. */
  function tabs(): [TokenStore, TokenStore] {
    const shared = memoryTokens(tokens('a'));
    const heard: Array<() => void> = [];
    const tab = (own: number): TokenStore => ({
      read: shared.read,
      exclusively: shared.exclusively,
      write: (next: Tokens | null) => {
        shared.write(next);
        heard.forEach((listener, other) => other !== own && queueMicrotask(listener));
      },
      listen: (listener) => {
        heard[own] = listener;
        return () => delete heard[own];
      },
    });
    return [tab(0), tab(1)];
  }

  let one: Harness;
  let two: Harness;
  beforeEach(() => {
    const [first, second] = tabs();
    one = new Harness({ tokens: first });
    two = new Harness({ tokens: second });
    // Both are asked by the same fetch: the later stub answers for both.
    two.answers.set('Page', ({ authorization }) =>
      authorization === `Bearer ${jwt('b')}` ? PAGE : EXPIRED,
    );
  });
  afterEach(() => {
    one.dispose();
    two.dispose();
  });

  test('renew one after the other, and never with the same refresh token', async () => {
    const used: unknown[] = [];
    two.answers.set('RefreshSession', ({ variables }) => {
      used.push(variables.refreshToken);
      return { data: { refreshSession: granted('b') } };
    });
    await two.settle();
    const page = { query: VIEWER_QUERY, fetchPolicy: 'no-cache' as const };
    const asked = Promise.all([one.client.apollo.query(page), two.client.apollo.query(page)]);
    await two.settle();
    await asked;
    expect(used).toEqual(['refresh-a']);
  });

  test('signing out in one signs out the other', async () => {
    await two.settle();
    await one.client.signOut();
    await two.settle();
    expect(two.client.session.get()).toEqual({ state: 'signedOut', reason: 'elsewhere' });
    expect(two.asked('SignOut')).toHaveLength(1);
  });

  test('somebody else who signs in in one is signed in in the other', async () => {
    await two.settle();
    two.answers.set('SignIn', () => ({
      data: { login: { ...granted('z'), accessToken: jwt('z', '2') } },
    }));
    two.answers.set('Start', () => ({
      data: { syncCursor: 'c1', viewer: { ...VIEWER, id: '2', name: 'Other' } },
    }));
    const signedIn = one.client.signIn('other@example.com', 'x');
    await two.settle();
    await signedIn;
    expect(two.client.session.get()).toMatchObject({
      state: 'signedIn',
      viewer: { name: 'Other' },
    });
  });
});
