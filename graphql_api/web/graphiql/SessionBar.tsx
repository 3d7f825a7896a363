/** Above GraphiQL: who is signed in, or the forms to become somebody. */
import { type FormEvent, useState, useSyncExternalStore } from 'react';

import type { Session } from './session';

export function SessionBar({ session }: { session: Session }) {
  const user = useSyncExternalStore(session.watch, () => session.user);
  return (
    <header className="session">
      <a href="/">Console</a>
      {user === null ? (
        <SignIn session={session} />
      ) : (
        <>
          <span className="who">
            Signed in as <strong>{user.name}</strong> ({user.role})
          </span>
          <button type="button" onClick={() => void session.signOut()}>
            Sign out
          </button>
        </>
      )}
    </header>
  );
}

function SignIn({ session }: { session: Session }) {
  const [withToken, setWithToken] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const text = (name: string) => String(given.get(name) ?? '');
    setIsBusy(true);
    setFault(null);
    try {
      if (withToken) await session.paste(text('token'));
      else await session.signIn(text('email'), text('password'));
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setIsBusy(false);
    }
  }

  return (
    <form aria-label="Sign in" onSubmit={(event) => void submit(event)}>
      {withToken ? (
        <label>
          Bearer token <input name="token" type="password" autoComplete="off" required size={32} />
        </label>
      ) : (
        <>
          <label>
            Email <input name="email" type="email" autoComplete="username" required />
          </label>
          <label>
            Password{' '}
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
        </>
      )}
      <button type="submit" disabled={isBusy}>
        {withToken ? 'Use token' : 'Sign in'}
      </button>
      <button type="button" className="quiet" onClick={() => setWithToken(!withToken)}>
        {withToken ? 'Sign in with a password' : 'Paste a token'}
      </button>
      <span role="alert">{fault}</span>
    </form>
  );
}
