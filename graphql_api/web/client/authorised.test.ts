import { gql } from '@apollo/client';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { SignedOutError } from './errors';
import { Harness } from './testing/harness';

const MUTATION = gql`
  mutation Say {
    say
  }
`;

let harness: Harness;

beforeEach(() => {
  harness = new Harness(); // somebody whose id is 1
});
afterEach(() => harness.dispose());

const sayAs = (onlyAs: string): Promise<unknown> =>
  harness.client.apollo.mutate({ mutation: MUTATION, context: { onlyAs } }).catch((error: unknown) => error);

test('what one person made is never sent under the token of another', async () => {
  await harness.connect();
  expect(await sayAs('2')).toBeInstanceOf(SignedOutError);
  expect(harness.asked('Say')).toHaveLength(0);
  void sayAs('1');
  await harness.settle();
  expect(harness.asked('Say')).toHaveLength(1);
});
