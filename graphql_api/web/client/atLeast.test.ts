// @vitest-environment node
import { gql } from '@apollo/client';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { NewestCursor } from './atLeast';
import { Harness, item, update } from './testing/harness';

const PAGE = gql('query Page { viewer { id } }');
const RENAME = gql('mutation Rename { rename }');
const ANSWER = { data: { viewer: { __typename: 'User', id: '1' } } };

/** As graphql_api/events/cursor.py writes it. */
function cursorAt(position: number, log = 'ab-cd-ef'): string {
  const bytes = new DataView(new ArrayBuffer(25));
  bytes.setUint8(0, 1);
  [...log].forEach((letter, index) => bytes.setUint8(1 + index, letter.charCodeAt(0)));
  bytes.setBigInt64(9, BigInt(position));
  bytes.setBigInt64(17, 1_700_000_000_000_000n);
  return Buffer.from(bytes.buffer).toString('base64url');
}

let harness: Harness;
beforeEach(() => {
  harness = new Harness({}, { Page: () => ANSWER });
});
afterEach(() => harness.dispose());

async function ask(): Promise<string | undefined> {
  const asked = harness.client.apollo.query({ query: PAGE, fetchPolicy: 'no-cache' });
  await harness.settle();
  await asked;
  return harness.asked('Page').at(-1)?.atLeast;
}

async function rename(cursor: string): Promise<void> {
  harness.answers.set('Rename', () => ({ data: { rename: true }, extensions: { cursor } }));
  const changed = harness.client.apollo.mutate({ mutation: RENAME });
  await harness.settle();
  await changed;
}

test('a query asks for the newest place of answers, events and pings; a mutation for none', async () => {
  await harness.settle();
  expect(await ask()).toBe('c0'); // the syncCursor with which the session began
  const stop = harness.client.realtime.inventory.listen(() => undefined);
  const socket = await harness.connect('ack');
  expect(await ask()).toBe('ack');
  await rename('renamed');
  expect(harness.asked('Rename')[0]?.atLeast).toBeUndefined();
  expect(await ask()).toBe('renamed');
  socket.event('inventoryUpdated', update('event', item(1)));
  expect(await ask()).toBe('event');
  socket.ping('ping');
  expect(await ask()).toBe('ping');
  stop();
});

test('what others did before one\'s own write, and is told after it, does not hide it', async () => {
  const socket = await harness.connect(cursorAt(1));
  await rename(cursorAt(300));
  socket.ping(cursorAt(299));
  expect(await ask()).toBe(cursorAt(300));
  socket.ping(cursorAt(301));
  expect(await ask()).toBe(cursorAt(301));
});

test.each(['EPOCH_CHANGED', 'CURSOR_INVALID'])(
  '%s: the place is dropped, and the query asked once more without it',
  async (code) => {
    await harness.connect('old');
    harness.answers.set('Page', ({ atLeast }) =>
      atLeast === 'old' ? { errors: [{ message: code, extensions: { code } }] } : ANSWER,
    );
    const before = harness.asked('Page').length;
    expect(await ask()).toBeUndefined();
    expect(harness.asked('Page').slice(before).map(({ atLeast }) => atLeast)).toEqual(['old', undefined]);
    expect(harness.asked('Page').at(-1)?.authorization).toMatch(/^Bearer /);
    expect(await ask()).toBeUndefined();
    expect(harness.asked('Page')).toHaveLength(before + 3);
    await rename('new');
    expect(await ask()).toBe('new');
  },
);

test('a page whose own cursor is refused is told so, after one more attempt', async () => {
  await harness.connect('good');
  const no = { errors: [{ message: 'no page', extensions: { code: 'CURSOR_INVALID' } }] };
  harness.answers.set('Page', () => no);
  const asked = expect(
    harness.client.apollo.query({ query: PAGE, fetchPolicy: 'no-cache' }),
  ).rejects.toThrow('no page');
  await harness.settle();
  await asked;
  expect(harness.asked('Page')).toHaveLength(2);
});

test('a place of another log, or of a form of later, replaces what was known', () => {
  const newest = new NewestCursor();
  for (const cursor of [cursorAt(300), cursorAt(1, 'another.'), 'of a later form', 'x'.repeat(34)]) {
    newest.heard(cursor);
    expect(newest.cursor).toBe(cursor);
  }
  newest.heard(null);
  newest.refused('another');
  expect(newest.cursor).toBe('x'.repeat(34));
});
