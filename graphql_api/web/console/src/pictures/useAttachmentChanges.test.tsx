/** Whoever hears of attachments again asks for those that changed while nothing was heard. */
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactElement, ReactNode } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { InventoryProvider } from '../../../client';
import { FakeSocket } from '../../../client/testing/FakeSocket';
import { Harness } from '../../../client/testing/harness';
import { useAttachmentChanges } from './useAttachmentChanges';

let harness: Harness;
beforeEach(() => {
  harness = new Harness();
});
afterEach(() => {
  cleanup();
  harness.dispose();
});

const settle = (ms = 0): Promise<void> => act(() => harness.settle(ms));

function around({ children }: { children: ReactNode }): ReactElement {
  return <InventoryProvider client={harness.client}>{children}</InventoryProvider>;
}

test('after the connection was lost, by what is shown by then', async () => {
  const socket = await act(() => harness.connect());
  const missed = vi.fn((_: string) => Promise.resolve());
  const shown = { wrapper: around, initialProps: 'before' };
  const { rerender } = renderHook((of) => useAttachmentChanges(null, () => missed(of)), shown);
  await settle();
  act(() => socket.drop());
  rerender('meanwhile');
  await settle(2_000);
  await act(() => harness.connect());
  expect(missed.mock.calls).toEqual([['meanwhile']]);
});

test('after the subscription alone had failed', async () => {
  await act(() => harness.connect());
  const missed = vi.fn(() => Promise.resolve());
  renderHook(() => useAttachmentChanges(['7'], missed), { wrapper: around });
  await settle();
  act(() => FakeSocket.last.fail('attachmentsUpdated', 'INTERNAL_SERVER_ERROR'));
  await settle();
  expect(missed).not.toHaveBeenCalled();
  for (let second = 0; second < 20; second += 5) {
    act(() => FakeSocket.last.ping('c1'));
    await settle(5_000);
  }
  expect(FakeSocket.last.subscription('attachmentsUpdated').variables).toEqual({ itemIds: ['7'] });
  expect(missed).toHaveBeenCalledTimes(1);
});
