// @vitest-environment node
import { gql } from '@apollo/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { BACKOFF, Waits } from './backoff';
import { Harness, granted } from './testing/harness';
import { memoryTokens } from './tokens';

const PAGE = gql('query Page { viewer { id name } }');
const MOVE = gql(`mutation Move($input: AdjustStockInput!) {
  adjustStock(input: $input) { replayed }
}`);
const RENAME = gql('mutation Rename($id: ID!) { renameItem(id: $id) { id } }');
const VIEWER = { data: { viewer: { __typename: 'User', id: '1', name: 'User' } } };
const MOVED = { data: { adjustStock: { __typename: 'AdjustStockPayload', replayed: false } } };

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.dispose());

/** Refuses so many times, then answers. */
function after(times: number, code: string, more: object, answer: object): () => object {
  let refused = 0;
  const no = { data: null, errors: [{ message: 'not now', extensions: { code, ...more } }] };
  return () => (refused++ < times ? no : answer);
}

function page(): Promise<unknown> {
  return harness.client.apollo.query({ query: PAGE, fetchPolicy: 'no-cache' });
}

describe('what the server cannot do just now', () => {
  test('UNAVAILABLE: a query is asked again, later each time', async () => {
    await harness.settle();
    harness.answers.set('Page', after(3, 'UNAVAILABLE', {}, VIEWER));
    const asked = page();
    let count = 1;
    for (const waitMs of [1_000, 2_000, 4_000]) {
      await harness.settle(waitMs - 1);
      expect(harness.asked('Page')).toHaveLength(count);
      await harness.settle(1);
      expect(harness.asked('Page')).toHaveLength(++count);
    }
    await expect(asked).resolves.toMatchObject(VIEWER);
  });

  test('UNAVAILABLE for half a minute is told', async () => {
    await harness.settle();
    harness.answers.set('Page', after(Infinity, 'UNAVAILABLE', {}, VIEWER));
    const asked = expect(page()).rejects.toThrow('not now');
    await harness.settle(40_000);
    await asked;
    expect(harness.asked('Page')).toHaveLength(1 + BACKOFF.attempts);
  });

  test('a mutation is sent again with its key, and not at all without one', async () => {
    await harness.settle();
    const no = { outcome: 'UNKNOWN' };
    harness.answers.set('Move', after(2, 'UNAVAILABLE', no, MOVED));
    harness.answers.set('Rename', after(2, 'UNAVAILABLE', no, { data: { renameItem: null } }));
    const input = { idempotencyKey: 'k', item: { id: '1' }, quantity: 1, actionType: 'RECEIPT' };
    const moved = harness.client.apollo.mutate({ mutation: MOVE, variables: { input } });
    const renamed = harness.client.apollo.mutate({ mutation: RENAME, variables: { id: '1' } });
    const refused = expect(renamed).rejects.toThrow('not now');
    await harness.settle(3_000);
    await refused;
    await expect(moved).resolves.toMatchObject({ data: { adjustStock: { replayed: false } } });
    const keys = harness.asked('Move').map(({ variables }) => variables.input);
    expect(keys).toEqual([input, input, input]);
    expect(harness.asked('Rename')).toHaveLength(1);
  });

  test('RATE_LIMITED: nothing was done, so anything comes again when the server says', async () => {
    await harness.settle();
    const wait = { retryAfterSeconds: 7 };
    harness.answers.set('Rename', after(1, 'RATE_LIMITED', wait, { data: { renameItem: null } }));
    const renamed = harness.client.apollo.mutate({ mutation: RENAME, variables: { id: '1' } });
    await harness.settle(6_999);
    expect(harness.asked('Rename')).toHaveLength(1);
    await harness.settle(1);
    await renamed;
    expect(harness.asked('Rename')).toHaveLength(2);
  });
});

describe('the first sign-in', () => {
  beforeEach(() => {
    harness.dispose();
    harness = new Harness({ tokens: memoryTokens() });
  });

  test('waits while the door is full, and then opens', async () => {
    const wait = { retryAfterSeconds: 2 };
    harness.answers.set('SignIn', after(3, 'RATE_LIMITED', wait, { data: { login: granted('a') } }));
    const signedIn = harness.client.signIn('user@example.com', 'password');
    await harness.settle(2_000 + 2_000 + 4_000);
    await expect(signedIn).resolves.toMatchObject({ name: 'User' });
    expect(harness.asked('SignIn')).toHaveLength(4);
  });

  test('is told after a minute that too many sign in', async () => {
    const wait = { retryAfterSeconds: 2 };
    harness.answers.set('SignIn', after(Infinity, 'RATE_LIMITED', wait, {}));
    const refused = expect(harness.client.signIn('a', 'b')).rejects.toThrow('not now');
    await harness.settle(60_000);
    await refused;
  });
});

test('those who are sent away together do not come back in one moment', () => {
  vi.restoreAllMocks();
  const waits = Array.from({ length: 20 }, () => new Waits(BACKOFF).next(2_000));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(2_000);
  expect(new Set(waits).size).toBeGreaterThan(10);
});
