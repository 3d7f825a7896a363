/**
 * Who is signed in: the console's session in this browser, or an access token that was pasted.
 *
 * A pasted token goes first, stays in its tab, and ends when it ends.
 */
import { browserTokens, lifetimeMs, renewalDueMs, type Tokens } from '../client/tokens';

const PASTED = 'graphiql.token';

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { accessToken refreshToken userErrors { message } }
}`;
const REFRESH = `mutation ($token: String!) {
  refreshSession(refreshToken: $token) { accessToken refreshToken userErrors { message } }
}`;
const LOGOUT = 'mutation { logout }';
const VIEWER = '{ viewer { name role } }';

export interface User {
  name: string;
  role: string;
}

interface AuthPayload {
  accessToken: string | null;
  refreshToken: string | null;
  userErrors: { message: string }[];
}

export class Session extends EventTarget {
  private readonly store = browserTokens();
  private current: User | null = null;

  constructor() {
    super();
    this.store.listen(() => void this.load()); // the console, or another tab
    void this.load();
  }

  /** The signed-in user; null: nobody. The same object as long as nothing changes. */
  get user(): User | null {
    return this.current;
  }

  /** For useSyncExternalStore: `changed` is called when somebody else is signed in, or nobody. */
  watch = (changed: () => void): (() => void) => {
    this.addEventListener('change', changed);
    return () => this.removeEventListener('change', changed);
  };

  /** The value of an Authorization header, renewed when it is about to end; null: nobody. */
  async authorization(): Promise<string | null> {
    const token = sessionStorage.getItem(PASTED) ?? (await this.renewed())?.accessToken;
    return token === undefined ? null : `Bearer ${token}`;
  }

  /** Throws an Error with the server's words. */
  async signIn(email: string, password: string): Promise<void> {
    const { login } = await ask<{ login: AuthPayload }>(LOGIN, { input: { email, password } });
    const tokens = tokensOf(login);
    if (tokens === null) throw new Error(login.userErrors.map(({ message }) => message).join(' '));
    this.store.write(tokens);
    await this.load();
  }

  /** Takes an access token, with or without `Bearer`. Throws an Error if the server does not. */
  async paste(text: string): Promise<void> {
    const token = text.trim().replace(/^bearer\s+/i, '');
    await ask(VIEWER, {}, `Bearer ${token}`);
    sessionStorage.setItem(PASTED, token);
    await this.load();
  }

  /** Forgets a pasted token; ends the session of this browser, for the console too. */
  async signOut(): Promise<void> {
    const isPasted = sessionStorage.getItem(PASTED) !== null;
    const authorization = await this.authorization();
    sessionStorage.removeItem(PASTED);
    if (!isPasted && authorization !== null) {
      this.store.write(null);
      // The server may be away, or the session over already: here it is over in any case.
      await ask(LOGOUT, {}, authorization).catch(() => undefined);
    }
    await this.load();
  }

  /** One refresh at a time over all tabs: a refresh token that is used twice ends the session. */
  private async renewed(): Promise<Tokens | null> {
    const tokens = this.store.read();
    if (tokens === null || !isDue(tokens)) return tokens;
    return this.store.exclusively(async () => {
      const newest = this.store.read();
      if (newest === null || !isDue(newest)) return newest; // another tab was first
      const variables = { token: newest.refreshToken };
      const { refreshSession } = await ask<{ refreshSession: AuthPayload }>(REFRESH, variables);
      const fresh = tokensOf(refreshSession);
      this.store.write(fresh);
      if (fresh === null) this.become(null);
      return fresh;
    });
  }

  private async load(): Promise<void> {
    try {
      const authorization = await this.authorization();
      if (authorization === null) return this.become(null);
      this.become((await ask<{ viewer: User }>(VIEWER, {}, authorization)).viewer);
    } catch {
      this.become(null); // what is run next tells why
    }
  }

  private become(user: User | null): void {
    if (user?.name === this.current?.name && user?.role === this.current?.role) return;
    this.current = user;
    this.dispatchEvent(new Event('change'));
  }
}

function isDue(tokens: Tokens): boolean {
  return renewalDueMs(tokens) <= Date.now();
}

/** null: the server has refused. */
function tokensOf({ accessToken, refreshToken }: AuthPayload): Tokens | null {
  if (accessToken === null || refreshToken === null) return null;
  const receivedAtMs = Date.now();
  return { accessToken, refreshToken, receivedAtMs, lifetimeMs: lifetimeMs(accessToken) };
}

async function ask<Data>(query: string, variables: object, authorization?: string): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data?: Data | null; errors?: { message: string }[] };
  if (answer.errors || !answer.data) {
    throw new Error(answer.errors?.[0]?.message ?? 'The server gave no answer.');
  }
  return answer.data;
}

export const session = new Session();
