import { afterEach, expect, test, vi } from 'vitest';

import { Shell } from './shell';

const ORIGIN = 'https://console.test';
const LIST = { revision: 'b', files: ['/', '/assets/main-1.js', '/icon.svg'], later: ['/assets/z-1.wasm'] };
const shell = new Shell(LIST, ORIGIN);

/** As a browser asks; `Request` itself makes no navigations. */
function asked(path: string, more: Partial<Request> = {}): Request {
  return { url: new URL(path, ORIGIN).href, method: 'GET', mode: 'no-cors', ...more } as Request;
}

afterEach(() => vi.unstubAllGlobals());

test('only GET of the console itself is answered: no API, no other page, nobody else', async () => {
  const page = { mode: 'navigate' } as const;
  vi.stubGlobal('caches', { match: () => Promise.resolve(new Response('kept')) });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('asked')));
  for (const path of ['/graphql', '/healthz', '/metrics', '/imports/7/rejects', '/nonsense']) {
    expect(shell.answer(asked(path)), path).toBeNull();
    expect(shell.answer(asked(path, page)), path).toBeNull();
  }
  expect(shell.answer(asked('/icon.svg', { method: 'POST' }))).toBeNull();
  expect(shell.answer(asked('/'))).toBeNull();
  expect(shell.answer(asked('https://elsewhere.test/icon.svg'))).toBeNull();
  for (const path of ['/', '/items/7?a=b', '/waiting']) {
    expect(await shell.answer(asked(path, page)), path).not.toBeNull();
  }
  expect(await shell.answer(asked('/assets/main-1.js'))).not.toBeNull();
});

test('the page comes from the server, and from here when that is away, broken or silent', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('caches', { match: () => Promise.resolve(new Response('kept')) });
  const shown = async (answer: () => Promise<Response>): Promise<string | undefined> => {
    vi.stubGlobal('fetch', answer);
    const given = shell.answer(asked('/items', { mode: 'navigate' }));
    await vi.advanceTimersByTimeAsync(4_000);
    return (await given)?.text();
  };
  const page = '<title>new</title></html>';
  expect(await shown(() => Promise.resolve(new Response(page)))).toBe(page);
  expect(await shown(() => Promise.resolve(new Response('<title>cut')))).toBe('kept');
  expect(await shown(() => Promise.reject(new TypeError('away')))).toBe('kept');
  expect(await shown(() => Promise.resolve(new Response('', { status: 502 })))).toBe('kept');
  expect(await shown(() => new Promise(() => undefined))).toBe('kept');
  vi.useRealTimers();
});

test('files of this version and of the two before are kept: an open page finds its own', async () => {
  const names = ['shell-1', 'other', 'shell-2', 'shell-3', 'shell-b'];
  const dropped: string[] = [];
  vi.stubGlobal('caches', {
    keys: () => Promise.resolve(names),
    delete: (name: string) => Promise.resolve(dropped.push(name)),
  });
  await shell.tidy();
  expect(dropped).toEqual(['shell-1']);
});
