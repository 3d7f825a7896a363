/**
 * The console's files, kept by the service worker so that the console opens without the server. For
 * the worker alone: what the console shares with it would become a file that a worker cannot load.
 *
 * Only GET of the console's own page and files is ever answered from here. The page itself is asked
 * for at the server first, so that a new version is taken up by the next page that is opened; all
 * other files have their hash in their name, so what was kept is what was meant.
 */

/** What the build writes into the worker; see shellList.ts. */
export interface ShellList {
  /** Changes with whatever the files are. */
  revision: string;
  /** Paths, the page's own first. */
  files: readonly string[];
  /** Large ones, kept when they were asked for once. */
  later: readonly string[];
}

const CACHE = 'shell-'; // and the revision
const PAGE = '/';
const HASHED = '/assets/';
// A page that is open over a deploy still loads the screens of its own version.
const OLD_KEPT = 2;
const PATIENCE_MS = 4_000; // with a server that does not answer; then the page that is kept is shown

/** The first parts of the console's addresses; graphql_api/web/pages.py has the same. */
export const PLACES: ReadonlySet<string> = new Set([
  '',
  'alerts',
  'count',
  'import',
  'items',
  'locations',
  'movements',
  'notifications',
  'receive',
  'reorder',
  'sessions',
  'settings',
  'test',
  'users',
  'waiting',
]);

export class Shell {
  readonly #list: ShellList;
  readonly #origin: string;

  constructor(list: ShellList, origin: string) {
    this.#list = list;
    this.#origin = origin;
  }

  /** Keeps all files, or rejects and keeps none: then the version before goes on. */
  async keep(): Promise<void> {
    const cache = await caches.open(this.#name);
    // What is unchanged under its name comes from the browser's own cache, where it just came to.
    const requests = this.#list.files.map(
      (path) => new Request(path, { cache: path.startsWith(HASHED) ? 'default' : 'reload' }),
    );
    await cache.addAll(requests);
  }

  /** Drops what no open page can need any more. */
  async tidy(): Promise<void> {
    const names = (await caches.keys()).filter((name) => name.startsWith(CACHE)); // oldest first
    const others = names.filter((name) => name !== this.#name);
    await Promise.all(others.slice(0, -OLD_KEPT).map((name) => caches.delete(name)));
  }

  /** null: the request is none of ours, and goes its way. */
  answer(request: Request): Promise<Response> | null {
    const { origin, pathname } = new URL(request.url);
    if (request.method !== 'GET' || origin !== this.#origin) return null;
    if (request.mode === 'navigate') {
      return PLACES.has(pathname.split('/')[1] ?? '') ? this.#page(request) : null;
    }
    const isOurs = pathname !== PAGE && this.#list.files.includes(pathname);
    return isOurs || pathname.startsWith(HASHED) ? this.#file(request, pathname) : null;
  }

  get #name(): string {
    return `${CACHE}${this.#list.revision}`;
  }

  async #page(request: Request): Promise<Response> {
    const asked = fetch(request);
    const answered = asked.then(whole).catch(() => null);
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
    return (await Promise.race([answered, late])) ?? (await this.#kept(PAGE)) ?? asked;
  }

  async #file(request: Request, path: string): Promise<Response> {
    const kept = await this.#kept(path);
    if (kept !== undefined) return kept;
    const response = await fetch(request);
    if (response.ok && this.#list.later.includes(path)) {
      const cache = await caches.open(this.#name);
      await cache.put(path, response.clone()).catch(() => undefined); // the disk may be full
    }
    return response;
  }

  /** Of this version, or of one before it. */
  async #kept(path: string): Promise<Response | undefined> {
    const how = { ignoreVary: true, ignoreSearch: true }; // the server varies by encoding alone
    const own = await caches.match(path, { ...how, cacheName: this.#name });
    return own ?? caches.match(path, how);
  }
}

/** null: the server is broken, or its answer ended too early, which plain HTTP does not tell. */
async function whole(response: Response): Promise<Response | null> {
  const text = response.status < 500 ? await response.clone().text() : '';
  return text.includes('</html>') ? response : null;
}
