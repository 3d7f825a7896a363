/** This person, this device; on a narrow screen also the way to the other places. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { ROLES } from '../accounts/roles';
import { secondPlaces } from '../app/navigation';
import { LanguageCard } from '../language/LanguageCard';
import { useSignOut } from '../offline/SignOut';
import { PushCard } from '../notifications/PushCard';
import { usePermissions, useViewer } from '../session/SessionContext';
import { setTheme, useTheme } from '../theme/theme';
import type { Theme } from '../theme/theme';
import { Card } from '../ui/Card';
import { Icon } from '../ui/Icon';
import { Page } from '../ui/Page';
import { Segments } from '../ui/Segments';
import './settings.css';

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: 'system', label: t`As the system` },
  { value: 'light', label: t`Light` },
  { value: 'dark', label: t`Dark` },
];

export default function SettingsPage(): ReactElement {
  const signOut = useSignOut();
  const viewer = useViewer();
  const permissions = usePermissions();
  const theme = useTheme();
  return (
    <Page title={t`Settings`}>
      <nav className="card only-narrow" aria-label={t`More places`}>
        <ul className="list places">
          {secondPlaces(permissions).map(({ path, label, icon }) => (
            <li key={path}>
              <Link href={path}>
                <Icon name={icon} />
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Card title={t`You`}>
        <p>
          <strong>{viewer.name}</strong>
        </p>
        <p className="muted">
          {viewer.email} · {ROLES[viewer.role].label}. {ROLES[viewer.role].may}
        </p>
        <p className="settings__action">
          <button type="button" className="button" onClick={signOut}>
            <Icon name="signOut" />
            <Trans>Sign out</Trans>
          </button>
        </p>
      </Card>
      <Card title={t`Theme`}>
        <Segments label={t`Theme`} choices={THEMES} value={theme} onChange={setTheme} />
      </Card>
      <LanguageCard />
      <PushCard />
    </Page>
  );
}
