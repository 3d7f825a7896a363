/** This person, this device; on a narrow screen also the way to the other places. */
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { useInventoryClient } from '../../../client';
import { ROLES } from '../accounts/roles';
import { secondPlaces } from '../app/navigation';
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
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export default function SettingsPage(): ReactElement {
  const client = useInventoryClient();
  const viewer = useViewer();
  const permissions = usePermissions();
  const theme = useTheme();
  return (
    <Page title="Settings">
      <nav className="card only-narrow" aria-label="More places">
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
      <Card title="You">
        <p>
          <strong>{viewer.name}</strong>
        </p>
        <p className="muted">
          {viewer.email} · {ROLES[viewer.role].label}. {ROLES[viewer.role].may}
        </p>
        <p className="settings__action">
          <button type="button" className="button" onClick={() => void client.signOut()}>
            <Icon name="signOut" />
            Sign out
          </button>
        </p>
      </Card>
      <Card title="Theme">
        <Segments label="Theme" choices={THEMES} value={theme} onChange={setTheme} />
      </Card>
      <PushCard />
    </Page>
  );
}
