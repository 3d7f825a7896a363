/** The way in. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';

import { useInventoryClient } from '../../../client';
import type { SignedOutReason } from '../../../client';
import { ThemeToggle } from '../theme/ThemeToggle';
import { Field } from '../ui/Field';
import { FormError } from '../ui/FormError';
import { useSubmit } from '../ui/useSubmit';

const WHY: Partial<Record<SignedOutReason, string>> = {
  expired: t`Your session has ended. Sign in to go on.`,
  elsewhere: t`You signed out in another tab.`,
};

export function SignIn({ reason }: { reason: SignedOutReason }): ReactElement {
  const client = useInventoryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { run, busy, error } = useSubmit(() => client.signIn(email.trim(), password));
  useEffect(() => {
    document.title = t`Sign in · Inventory`;
  }, []);

  return (
    <main className="sign-in__page">
      <div className="card sign-in">
        <div className="card__body">
          <div className="brand">
            <img src="/icon.svg" alt="" width="28" height="28" />
            <Trans>Inventory</Trans>
            <span className="header__space" />
            <ThemeToggle />
          </div>
          <h1><Trans>Sign in</Trans></h1>
          {WHY[reason] && <p className="form__note">{WHY[reason]}</p>}
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              void run();
            }}
          >
            <Field label={t`Email`}>
              {(ids) => (
                <input
                  {...ids}
                  className="input"
                  type="email"
                  name="email"
                  autoComplete="username"
                  required
                  autoFocus
                  value={email}
                  onChange={(event) => setEmail(event.target.value)}
                />
              )}
            </Field>
            <Field label={t`Password`}>
              {(ids) => (
                <input
                  {...ids}
                  className="input"
                  type="password"
                  name="password"
                  autoComplete="current-password"
                  required
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
              )}
            </Field>
            <FormError error={error} />
            <button type="submit" className="button button--primary" disabled={busy}>
              {busy ? t`Signing in…` : t`Sign in`}
            </button>
          </form>
        </div>
      </div>
    </main>
  );
}
