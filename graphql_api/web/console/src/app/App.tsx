/** Signed in: the shell and its screens, also of what was last seen here. Not: the way in. */
import type { ReactElement } from 'react';

import { useSession } from '../../../client';
import { BookingQueueProvider } from '../offline/BookingQueueProvider';
import { useSeen } from '../offline/SeenContext';
import { SignOutProvider } from '../offline/SignOut';
import { SignedIn } from '../session/SessionContext';
import { Screens } from './Screens';
import { Shell } from './Shell';
import { SignIn } from './SignIn';
import { Splash } from './Splash';

export function App(): ReactElement {
  const session = useSession();
  const seen = useSeen();
  if (session.state === 'signedOut') return <SignIn reason={session.reason} />;
  const viewer = session.state === 'signedIn' ? session.viewer : seen?.viewer;
  if (viewer === undefined) {
    return <Splash error={session.state === 'starting' ? session.error : null} />;
  }
  return (
    <SignedIn key={viewer.id} viewer={viewer}>
      <BookingQueueProvider>
        <SignOutProvider>
          <Shell>
            <Screens />
          </Shell>
        </SignOutProvider>
      </BookingQueueProvider>
    </SignedIn>
  );
}
