/** A file that is too large, or that was given up, never leaves. */
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactElement, ReactNode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';

import { InventoryProvider } from '../../../client';
import { Harness } from '../../../client/testing/harness';
import { sendFile, sending } from './sendFile';
import { useUploads } from './useUploads';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('one that is too large stays so, however often it is sent again', () => {
  const harness = new Harness();
  const token = vi.spyOn(harness.client, 'accessToken');
  const around = ({ children }: { children: ReactNode }): ReactElement => (
    <InventoryProvider client={harness.client}>{children}</InventoryProvider>
  );
  const added = (): Promise<void> => Promise.resolve();
  const { result } = renderHook(() => useUploads('7', 3, added), { wrapper: around });
  act(() => result.current.add([new File(['four'], 'large.txt')]));
  const problem = result.current.list[0]?.problem;
  expect(problem).toContain('at most');
  act(() => result.current.again(result.current.list[0]?.key ?? ''));
  expect(result.current.list[0]?.problem).toBe(problem);
  expect(token).not.toHaveBeenCalled();
  harness.dispose();
});

test('one that was given up before there was a token is not sent', async () => {
  const opened = vi.fn();
  vi.stubGlobal('XMLHttpRequest', function Request() {
    opened();
    throw new Error('It was sent.');
  });
  const control = new AbortController();
  const client = { accessToken: () => Promise.resolve('a token') };
  const file = new File(['x'], 'x.txt');
  const sent = sendFile(client, sending('7', file), () => undefined, control.signal);
  control.abort();
  await expect(sent).rejects.toThrow();
  expect(opened).not.toHaveBeenCalled();
});
