/** One PresenceKeeper for the page, and the hooks that use it. */
import { createContext, useContext, useEffect, useMemo } from 'react';
import type { ReactElement, ReactNode } from 'react';

import { useInventoryClient } from '../../../client';
import { SetPresenceDocument } from '../../../client/generated/graphql';
import type { PresenceActivity } from '../../../client/generated/graphql';
import { PresenceKeeper } from './PresenceKeeper';

const Keeper = createContext<PresenceKeeper | null>(null);

export function PresenceProvider({ children }: { children: ReactNode }): ReactElement {
  const { apollo, realtime } = useInventoryClient();
  const keeper = useMemo(
    () =>
      new PresenceKeeper((input) =>
        apollo.mutate({
          mutation: SetPresenceDocument,
          variables: { input },
          fetchPolicy: 'no-cache',
          context: { overSocket: true }, // it ends with the socket, however the page ends
        }),
      ),
    [apollo],
  );
  useEffect(() => {
    const hidden = (): void => keeper.pause();
    const shown = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) keeper.resume();
    };
    const connected = (): void => {
      if (realtime.status.get().state === 'connected') keeper.resume();
    };
    const stopWatching = realtime.status.subscribe(connected);
    addEventListener('pagehide', hidden);
    addEventListener('pageshow', shown);
    return () => {
      stopWatching();
      removeEventListener('pagehide', hidden);
      removeEventListener('pageshow', shown);
    };
  }, [keeper, realtime]);
  return <Keeper value={keeper}>{children}</Keeper>;
}

function useKeeper(): PresenceKeeper {
  const keeper = useContext(Keeper);
  if (keeper === null) throw new Error('No PresenceProvider above.');
  return keeper;
}

/** Show others that this person is at an item, while the component is on the screen. */
export function useMyPresence(itemId: string, activity: PresenceActivity): void {
  const keeper = useKeeper();
  useEffect(() => keeper.claim(itemId, activity), [keeper, itemId, activity]);
}

/** Call it on each keystroke. */
export function useTyped(): () => void {
  const keeper = useKeeper();
  return useMemo(() => () => keeper.typed(), [keeper]);
}
