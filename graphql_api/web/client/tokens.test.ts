import { afterEach, describe, expect, test, vi } from 'vitest';

import { jwt, tokens } from './testing/harness';
import { browserTokens, lifetimeMs, memoryTokens, renewalDueMs, withStoredLease } from './tokens';

afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
});

describe('when to renew', () => {
  test('a minute before a token ends', () => {
    expect(renewalDueMs({ ...tokens('a'), receivedAtMs: 0 })).toBe(540_000);
  });

  test('a quarter of its life before, when that is short', () => {
    expect(renewalDueMs({ ...tokens('a'), receivedAtMs: 0, lifetimeMs: 60_000 })).toBe(45_000);
  });

  test('a token’s life is read from itself, not from this machine’s clock', () => {
    expect(lifetimeMs(jwt('a'))).toBe(600_000);
    expect(lifetimeMs('not a token')).toBe(600_000);
  });
});

describe('the browser’s store', () => {
  test('keeps tokens for the next page, and forgets them', () => {
    const kept = tokens('a');
    browserTokens().write(kept);
    expect(browserTokens().read()).toEqual(kept);
    browserTokens().write(null);
    expect(browserTokens().read()).toBeNull();
  });

  test('takes what is not its own for nothing', () => {
    for (const text of ['', '{', '{}', '[]', '7', '{"accessToken": 1}']) {
      localStorage.setItem('inventory.tokens', text);
      expect(browserTokens().read()).toBeNull();
    }
  });

  test('tells of what another tab wrote, until it is told to stop', () => {
    const listener = vi.fn();
    const stop = browserTokens().listen(listener);
    dispatchEvent(new StorageEvent('storage', { key: 'inventory.tokens' }));
    dispatchEvent(new StorageEvent('storage', { key: 'another' }));
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
    dispatchEvent(new StorageEvent('storage', { key: 'inventory.tokens' }));
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe('the lock', () => {
  /** Four pieces of work at once; how many ran at the same time at most. */
  async function crowd(lock: <T>(work: () => Promise<T>) => Promise<T>): Promise<number> {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
    };
    await Promise.all([lock(work), lock(work), lock(work), lock(work)]);
    return most;
  }

  test('in memory lets one in at a time, also after one that failed', async () => {
    const { exclusively } = memoryTokens();
    await expect(exclusively(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await crowd(exclusively)).toBe(1);
  });

  test('in storage lets one in at a time where the browser has no locks', async () => {
    vi.useFakeTimers();
    const most = crowd((work) => withStoredLease('lease', work));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await most).toBe(1);
    expect(localStorage.getItem('lease')).toBeNull();
  });

  test('in storage is taken over from a tab that died with it', async () => {
    vi.useFakeTimers();
    localStorage.setItem('lease', JSON.stringify({ owner: 'dead', untilMs: Date.now() + 15_000 }));
    const done = withStoredLease('lease', () => Promise.resolve('done'));
    await vi.advanceTimersByTimeAsync(16_000);
    expect(await done).toBe('done');
  });

  test('in storage is kept for as long as the work takes', async () => {
    vi.useFakeTimers();
    let isRunning = true;
    const long = withStoredLease('lease', async () => {
      await new Promise((resolve) => setTimeout(resolve, 40_000));
      isRunning = false;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    const second = withStoredLease('lease', () => Promise.resolve(isRunning));
    await vi.advanceTimersByTimeAsync(60_000);
    await long;
    expect(await second).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
