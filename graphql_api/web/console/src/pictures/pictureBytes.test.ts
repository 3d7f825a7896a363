/** Pictures are fetched once, with the token, few at a time, and told in words when there is none. */
import { afterEach, expect, test, vi } from 'vitest';

import { PictureBytes } from './pictureBytes';

const client = { accessToken: () => Promise.resolve('a token') };

afterEach(() => vi.unstubAllGlobals());

/** Answers in the order that they are released in. */
function server(): { asked: string[]; answer: (status?: number) => void; revoked: string[] } {
  const asked: string[] = [];
  const revoked: string[] = [];
  const waiting: ((answer: Response) => void)[] = [];
  vi.stubGlobal('fetch', (url: string, init: { headers: Record<string, string> }) => {
    expect(init.headers.authorization).toBe('Bearer a token');
    asked.push(url);
    return new Promise<Response>((resolve) => waiting.push(resolve));
  });
  let made = 0;
  vi.stubGlobal('URL', {
    createObjectURL: () => `blob:${(made += 1)}`,
    revokeObjectURL: (address: string) => revoked.push(address),
  });
  const refusal = JSON.stringify({ errors: [{ message: 'There is no such attachment.' }] });
  const answer = (status = 200): void =>
    waiting.shift()?.(new Response(status === 200 ? 'x' : refusal, { status }));
  return { asked, answer, revoked };
}

test('two that show one picture fetch it once, and it stays while one of them shows it', async () => {
  const { asked, answer, revoked } = server();
  const bytes = new PictureBytes(client);
  const both = [bytes.acquire('/a'), bytes.acquire('/a')];
  await vi.waitFor(() => expect(asked).toEqual(['/a']));
  answer();
  expect(await Promise.all(both)).toEqual(['blob:1', 'blob:1']);
  bytes.release('/a');
  expect(revoked).toEqual([]);
});

test('six are fetched at once; the others wait', async () => {
  const { asked, answer } = server();
  const bytes = new PictureBytes(client);
  for (let number = 0; number < 9; number += 1) void bytes.acquire(`/${number}`);
  await vi.waitFor(() => expect(asked).toHaveLength(6));
  answer();
  await vi.waitFor(() => expect(asked).toHaveLength(7));
});

test('what was refused is told in words, and asked for again the next time', async () => {
  const { asked, answer } = server();
  const bytes = new PictureBytes(client);
  const first = bytes.acquire('/a');
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  answer(404);
  await expect(first).rejects.toThrow('There is no such attachment.');
  const second = bytes.acquire('/a');
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  answer();
  expect(await second).toBe('blob:1');
});

test('of those that nobody shows any more the oldest goes, when there are too many', async () => {
  const { asked, answer, revoked } = server();
  const bytes = new PictureBytes(client, 1);
  for (const url of ['/shown', '/a', '/b']) {
    const one = bytes.acquire(url);
    await vi.waitFor(() => expect(asked).toContain(url));
    answer();
    await one;
    if (url !== '/shown') bytes.release(url);
  }
  await vi.waitFor(() => expect(revoked).toEqual(['blob:2', 'blob:3']));
});
