/** Where the browser keeps nothing, as here, a booking has its key from the form. */
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactElement, ReactNode } from 'react';
import { afterEach, expect, test } from 'vitest';

import { InventoryProvider } from '../../../client';
import { Harness, VIEWER } from '../../../client/testing/harness';
import type { Viewer } from '../../../client';
import { SignedIn } from '../session/SessionContext';
import type { Request } from './booking';
import { useBook } from './useBook';

let harness: Harness;
afterEach(() => {
  cleanup();
  harness.dispose();
});

function around({ children }: { children: ReactNode }): ReactElement {
  return (
    <InventoryProvider client={harness.client}>
      <SignedIn viewer={VIEWER as Viewer}>{children}</SignedIn>
    </InventoryProvider>
  );
}

/** The keys of as many clicks on one form as there are codes; each is refused with its code. */
async function keysOf(codes: readonly string[]): Promise<unknown[]> {
  const left = [...codes];
  const error = { __typename: 'UserError', message: 'No.', template: 'No.', values: {}, field: null };
  harness = new Harness(
    {},
    {
      CurrentViewer: () => ({ data: { viewer: VIEWER } }),
      AdjustStock: () => {
        const userErrors = [{ ...error, code: left.shift() }];
        const nothing = { item: null, movement: null, replayed: false };
        return { data: { adjustStock: { __typename: 'AdjustPayload', ...nothing, userErrors } } };
      },
    },
  );
  await harness.connect();
  const { result } = renderHook(useBook, { wrapper: around });
  const requestOf = (idempotencyKey: string): Request => ({
    kind: 'ADJUST',
    input: { idempotencyKey, item: { id: '7' }, quantity: 1, actionType: 'RECEIPT' },
  });
  for (const code of codes) {
    const booked = result.current(requestOf, { title: '', text: '', lines: null });
    const told = booked.then((answer) => answer?.userErrors[0]?.code, (reason) => reason.code);
    await act(() => harness.settle());
    expect(await told).toBe(code);
  }
  return harness
    .asked('AdjustStock')
    .map(({ variables }) => (variables.input as { idempotencyKey: string }).idempotencyKey);
}

test('a key that was recorded with other values stays, so that a second click books nothing', async () => {
  const [first, second] = await keysOf(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);
  expect(second).toBe(first);
});

test('after any other refusal the next click is a new booking', async () => {
  const [first, second] = await keysOf(['INSUFFICIENT_STOCK', 'INSUFFICIENT_STOCK']);
  expect(second).not.toBe(first);
});
