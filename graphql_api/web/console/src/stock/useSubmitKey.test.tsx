import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { cleanup, renderHook } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';

import { RefusedError } from '../../../client';
import { useSubmitKey } from './useSubmitKey';

afterEach(cleanup);

async function keysOf(outcomes: readonly (Error | null)[]): Promise<string[]> {
  const { result } = renderHook(useSubmitKey);
  const keys: string[] = [];
  for (const outcome of outcomes) {
    const submit = result.current(async (key) => {
      keys.push(key);
      if (outcome) throw outcome;
    });
    await submit.catch(() => undefined);
  }
  return keys;
}

test('a retry after a lost answer has the same key', async () => {
  const [first, second] = await keysOf([new TypeError('Failed to fetch'), null]);
  expect(second).toBe(first);
});

test('a server that does not know what became of a commit may have made it: the key stays', async () => {
  const lost = new CombinedGraphQLErrors({
    errors: [{ message: 'Come back.', extensions: { code: 'UNAVAILABLE', outcome: 'UNKNOWN' } }],
  });
  const [first, second] = await keysOf([lost, null]);
  expect(second).toBe(first);
});

test('what is submitted after an answer has a new key, whether it was done or refused', async () => {
  const refused = new RefusedError('INSUFFICIENT_STOCK', 'Too few.');
  const keys = await keysOf([null, refused, null]);
  expect(new Set(keys).size).toBe(3);
});

test('a key that stands for other values stays, so that nothing is recorded twice', async () => {
  const reused = new RefusedError('IDEMPOTENCY_KEY_REUSED', 'Used.');
  const [first, second, third] = await keysOf([new TypeError('lost'), reused, reused]);
  expect([second, third]).toEqual([first, first]);
});
