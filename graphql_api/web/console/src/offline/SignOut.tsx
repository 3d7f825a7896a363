/** Signing out, with a question while bookings wait: they stay here, and nobody else can send them. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { createContext, useContext, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { useInventoryClient } from '../../../client';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { useBookings } from './BookingQueueProvider';

const SignOut = createContext<() => void>(() => undefined);

export function useSignOut(): () => void {
  return useContext(SignOut);
}

export function SignOutProvider({ children }: { children: ReactNode }): ReactElement {
  const client = useInventoryClient();
  const waiting = useBookings().filter(({ state }) => state !== 'BOOKED').length;
  const [isAsked, setAsked] = useState(false);
  const signOut = (): void => {
    if (waiting > 0) setAsked(true);
    else void client.signOut();
  };
  return (
    <SignOut value={signOut}>
      {children}
      {isAsked && (
        <ConfirmDialog
          title={plural(waiting, {
            one: 'Sign out with # booking on this device?',
            other: 'Sign out with # bookings on this device?',
          })}
          action={t`Sign out`}
          onClose={() => setAsked(false)}
          onConfirm={() => client.signOut()}
        >
          <p>
            <Trans>
              They are not booked. They stay on this device, and are sent when you sign in here again.
              All else that the console kept of you is deleted.
            </Trans>
          </p>
        </ConfirmDialog>
      )}
    </SignOut>
  );
}
