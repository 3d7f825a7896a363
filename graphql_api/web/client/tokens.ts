/**
 * Where a session's tokens are kept, and the lock that makes one refresh at a time.
 *
 * A refresh token works once, and using one twice ends the session. Tabs of one browser share
 * theirs through localStorage, so a refresh takes a lock over all tabs and then reads what is
 * stored now: another tab may have refreshed meanwhile.
 */

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** When they came, by this machine's clock; milliseconds since 1970. */
  receivedAtMs: number;
  /** How long the access token lives from then; milliseconds. */
  lifetimeMs: number;
}

export interface TokenStore {
  /** What is stored now; null: signed out. */
  read(): Tokens | null;
  write(tokens: Tokens | null): void;
  /** Runs `work` while no other holder of the same tokens runs any. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Calls `listener` when somebody else (another tab) wrote. */
  listen(listener: () => void): () => void;
}

/** Tokens of this client alone, gone with it: for scripts, and pages that want no storage. */
export function memoryTokens(tokens: Tokens | null = null): TokenStore {
  let stored = tokens;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    read: () => stored,
    write: (next) => {
      stored = next;
    },
    exclusively: (work) => {
      const mine = turn.then(work);
      turn = mine.catch(() => undefined);
      return mine;
    },
    listen: () => () => undefined,
  };
}

/** The tokens of a page that has one document only, or else of all tabs of the same origin. */
export function browserTokens(name = 'inventory.tokens'): TokenStore {
  return {
    read: () => parsed(localStorage.getItem(name)),
    write: (tokens) => {
      if (tokens === null) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(tokens));
    },
    exclusively: (work) => inOneTab(name, work),
    listen: (listener) => {
      const heard = ({ key }: StorageEvent): void => {
        if (key === name || key === null) listener();
      };
      addEventListener('storage', heard);
      return () => removeEventListener('storage', heard);
    },
  };
}

/** Runs `work` while no other tab of this origin runs any under this name. */
export async function inOneTab<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Typed as always there, but absent on plain HTTP from another machine.
  return (navigator.locks as LockManager | undefined)
    ? await navigator.locks.request(name, work)
    : await withStoredLease(`${name}.lease`, work);
}

/** Whom an access token is about: its claim `sub`, a user's id; undefined: it does not tell. */
export function subjectOf({ accessToken }: Pick<Tokens, 'accessToken'>): string | undefined {
  try {
    const body = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { sub } = JSON.parse(atob(body)) as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string | null): Tokens | null {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Tokens> | null;
    const isWhole =
      typeof value?.accessToken === 'string' &&
      typeof value.refreshToken === 'string' &&
      typeof value.receivedAtMs === 'number' &&
      typeof value.lifetimeMs === 'number';
    return isWhole ? (value as Tokens) : null;
  } catch {
    return null; // somebody else's value, or half a one
  }
}

const LEASE_MS = 15_000; // then a tab that died with it holds up no other
const SETTLE_MS = 60; // for the other tabs to see who wrote last
const POLL_MS = 100;

/**
 * Without navigator.locks (plain HTTP): a lease in localStorage. Who finds it free writes its
 * name, waits until all have seen it, and goes on if its name still stands there; it is renewed
 * while `work` runs. Storage gives no compare-and-set, so two tabs that stall at the wrong moment
 * could both go on; served over HTTPS or from localhost this is never used.
 */
export async function withStoredLease<T>(name: string, work: () => Promise<T>): Promise<T> {
  const me = crypto.getRandomValues(new Uint32Array(2)).join('-');
  while (!(await taken(name, me))) await pause(POLL_MS);
  const renewal = setInterval(() => {
    if (lease(name).owner === me) write(name, me);
  }, LEASE_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    if (lease(name).owner === me) localStorage.removeItem(name);
  }
}

async function taken(name: string, me: string): Promise<boolean> {
  if (lease(name).untilMs > Date.now()) return false;
  write(name, me);
  await pause(SETTLE_MS);
  return lease(name).owner === me;
}

function write(name: string, owner: string): void {
  localStorage.setItem(name, JSON.stringify({ owner, untilMs: Date.now() + LEASE_MS }));
}

function lease(name: string): { owner: string; untilMs: number } {
  try {
    const value = JSON.parse(localStorage.getItem(name) ?? '') as {
      owner: string;
      untilMs: number;
    };
    return { owner: String(value.owner), untilMs: Number(value.untilMs) || 0 };
  } catch {
    return { owner: '', untilMs: 0 };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const LIFETIME_MS = 600_000; // the server's default, when a token does not tell

/**
 * How long an access token lives from when it was issued: by its own iat and exp, so that a wrong
 * clock on this machine does no harm.
 */
export function lifetimeMs(accessToken: string): number {
  try {
    const body = accessToken.split('.')[1] ?? '';
    const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as {
      exp: number;
      iat: number;
    };
    const lifetime = (claims.exp - claims.iat) * 1_000;
    return lifetime > 0 ? lifetime : LIFETIME_MS;
  } catch {
    return LIFETIME_MS;
  }
}

const MARGIN_MS = 60_000;

/** When to renew, by this machine's clock: a minute, or a quarter of its life, before the end. */
export function renewalDueMs({ receivedAtMs, lifetimeMs: lifetime }: Tokens): number {
  return receivedAtMs + lifetime - Math.min(MARGIN_MS, lifetime / 4);
}
