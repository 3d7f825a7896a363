import { gql } from '@apollo/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Harness } from './testing/harness';

const MUTATION = gql`
  mutation Say {
    say
  }
`;

let harness: Harness;

beforeEach(() => {
  harness = new Harness();
});
afterEach(() => harness.dispose());

const say = (): Promise<unknown> =>
  harness.client.apollo
    .mutate({ mutation: MUTATION, context: { overSocket: true } })
    .catch((error: unknown) => error);

describe('a mutation that belongs to the socket', () => {
  test('runs on it, not over HTTP', async () => {
    const socket = await harness.connect();
    const said = say();
    await harness.settle();
    const { id } = socket.subscription('say');
    socket.receive({ type: 'next', id, payload: { data: { say: true } } });
    socket.receive({ type: 'complete', id });
    expect(await said).toMatchObject({ data: { say: true } });
    expect(harness.asked('Say')).toHaveLength(0);
  });

  test('fails while there is none', async () => {
    await harness.settle();
    expect(String(await say())).toContain('The socket is not open.');
    expect(harness.asked('Say')).toHaveLength(0);
  });
});
