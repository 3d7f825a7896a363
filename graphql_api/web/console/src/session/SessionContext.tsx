/** Who is signed in, and what that person's role may do. */
import { t } from '@lingui/core/macro';
import { createContext, useContext, useEffect, useRef } from 'react';
import type { ReactElement, ReactNode } from 'react';

import type { Viewer } from '../../../client';
import type { Role } from '../../../client/generated/graphql';
import { ROLES } from '../accounts/roles';
import { useAccountLanguage } from '../language/useAccountLanguage';
import { useToast } from '../ui/Toasts';
import { Refused } from './Refused';
import { useCurrentViewer } from './useCurrentViewer';

const Current = createContext<Viewer | null>(null);

export function SignedIn(props: { viewer: Viewer; children: ReactNode }): ReactElement {
  const { viewer, refresh } = useCurrentViewer(props.viewer);
  useRoleNews(viewer.role);
  useAccountLanguage(viewer.id);
  return (
    <Refused value={refresh}>
      <Current value={viewer}>{props.children}</Current>
    </Refused>
  );
}

/** Buttons that come and go must not do so without a word. */
function useRoleNews(role: Role): void {
  const tell = useToast();
  const known = useRef(role);
  useEffect(() => {
    if (known.current === role) return;
    known.current = role;
    tell({ tone: 'bad', title: t`Your role is ${ROLES[role].label} now`, text: ROLES[role].may });
  }, [role, tell]);
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
