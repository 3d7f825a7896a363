/** Signed in: the shell and its screens. Not: the way in. */
import type { ReactElement } from 'react';

import { useSession } from '../../../client';
import { SignedIn } from '../session/SessionContext';
import { Screens } from './Screens';
import { Shell } from './Shell';
import { SignIn } from './SignIn';
import { Splash } from './Splash';

export function App(): ReactElement {
  const session = useSession();
  switch (session.state) {
    case 'starting':
      return <Splash error={session.error} />;
    case 'signedOut':
      return <SignIn reason={session.reason} />;
    case 'signedIn':
      return (
        <SignedIn key={session.viewer.id} viewer={session.viewer}>
          <Shell>
            <Screens />
          </Shell>
        </SignedIn>
      );
  }
}
