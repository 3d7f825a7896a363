/** What surrounds every screen: header, menu, live updates, and the messages that they bring. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { Link, useLocation } from 'wouter';

import { RealTimeStatus } from '../../../client';
import { ROLES } from '../accounts/roles';
import { STATUS_WORDS } from '../language/kitWords';
import { LiveProvider } from '../live/LiveProvider';
import { PresenceProvider } from '../presence/PresenceProvider';
import { useUnread } from '../notifications/useUnread';
import { OfflineNote } from '../offline/OfflineNote';
import { useSignOut } from '../offline/SignOut';
import { CameraButton } from '../scanner/CameraButton';
import { Scanner } from '../scanner/Scanner';
import { ScanTargetProvider } from '../scanner/ScanTarget';
import { useViewer } from '../session/SessionContext';
import { Shortcuts } from '../shortcuts/Shortcuts';
import { ThemeToggle } from '../theme/ThemeToggle';
import { Icon } from '../ui/Icon';
import { comeTo, hasComeBack, placeOf } from './cameBack';
import { Menu } from './Menu';

export function Shell({ children }: { children: ReactNode }): ReactElement {
  return (
    <LiveProvider>
      <a className="skip-link" href="#main">
        <Trans>Skip to the content</Trans>
      </a>
      <ScanTargetProvider>
        <Shortcuts />
        <Scanner />
        <div className="shell">
          <Header />
          <Menu />
          <PresenceProvider>
            <Main>{children}</Main>
          </PresenceProvider>
        </div>
      </ScanTargetProvider>
    </LiveProvider>
  );
}

function Header(): ReactElement {
  const viewer = useViewer();
  const signOut = useSignOut();
  return (
    <header className="header">
      <Link href="/" className="brand" aria-label={t`Inventory`}>
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span><Trans>Inventory</Trans></span>
      </Link>
      <span className="header__space" />
      <RealTimeStatus words={STATUS_WORDS} />
      <CameraButton quiet />
      <Bell />
      <ThemeToggle />
      <span className="header__user">
        <span className="header__name" title={viewer.name}>
          {viewer.name}
        </span>
        <small>{ROLES[viewer.role].short}</small>
      </span>
      <button
        type="button"
        className="button button--quiet button--icon header__sign-out"
        title={t`Sign out`}
        onClick={signOut}
      >
        <Icon name="signOut" />
        <span className="visually-hidden"><Trans>Sign out</Trans></span>
      </button>
    </header>
  );
}

function Bell(): ReactElement {
  const unread = useUnread();
  return (
    <Link href="/notifications" className="button button--quiet button--icon bell">
      <Icon name="bell" />
      <span className="visually-hidden"><Trans>Notifications, {unread} unread</Trans></span>
      {unread > 0 && (
        <span className="badge" aria-hidden="true">
          {unread > 99 ? '99+' : unread}
        </span>
      )}
    </Link>
  );
}

/** Takes the focus when the screen changes, so that a screen reader begins there. One that is come
 * back to stands where it was left. */
function Main({ children }: { children: ReactNode }): ReactElement {
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(location);
  useEffect(() => {
    if (shown.current === location) return undefined;
    shown.current = location;
    const page = main.current;
    page?.focus({ preventScroll: true });
    const top = hasComeBack() ? placeOf(window.location.href) : 0;
    if (page && top > 0) return comeTo(page, top);
    scrollTo(0, 0);
    return undefined;
  }, [location]);
  return (
    <main className="main" id="main" tabIndex={-1} ref={main}>
      <OfflineNote />
      {children}
    </main>
  );
}
