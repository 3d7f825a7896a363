/** Who is signed in, and what that person's role may do. */
import { createContext, useContext } from 'react';
import type { ReactElement, ReactNode } from 'react';

import type { Viewer } from '../../../client';

const Current = createContext<Viewer | null>(null);

export function SignedIn(props: { viewer: Viewer; children: ReactNode }): ReactElement {
  return <Current value={props.viewer}>{props.children}</Current>;
}

/** Below SignedIn only. */
export function useViewer(): Viewer {
  const viewer = useContext(Current);
  if (viewer === null) throw new Error('useViewer outside of SignedIn');
  return viewer;
}

export interface Permissions {
  /** Keep items, move stock, handle alerts. */
  mayWrite: boolean;
  /** Accounts, all sessions, costs, hidden items, announcements. */
  isAdmin: boolean;
}

/** What is offered; the server decides what is done. */
export function usePermissions(): Permissions {
  const { role } = useViewer();
  return { mayWrite: role !== 'VIEWER', isAdmin: role === 'ADMIN' };
}
