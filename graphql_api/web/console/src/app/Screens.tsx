/** Which screen stands at which address. Screens behind the first ones are loaded when needed. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { lazy } from 'react';
import type { ReactElement } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';

import { AlertsPage } from '../alerts/AlertsPage';
import { Dashboard } from '../dashboard/Dashboard';
import { ItemPage } from '../items/ItemPage';
import { ItemsPage } from '../items/ItemsPage';
import { NotificationsPage } from '../notifications/NotificationsPage';
import { usePermissions } from '../session/SessionContext';
import { LoadedPart } from '../ui/LoadedPart';
import { Empty, Loading } from '../ui/states';
import { isDevelopment } from './environment';

const ReceivePage = lazy(() => import('../batches/ReceivePage'));
const CountPage = lazy(() => import('../batches/CountPage'));
const LocationsPage = lazy(() => import('../locations/LocationsPage'));
const MovementsPage = lazy(() => import('../movements/MovementsPage'));
const ReorderPage = lazy(() => import('../reorder/ReorderPage'));
const LocationPage = lazy(() => import('../locations/LocationPage'));
const UsersPage = lazy(() => import('../accounts/UsersPage'));
const ImportPage = lazy(() => import('../imports/ImportPage'));
const SessionsPage = lazy(() => import('../accounts/SessionsPage'));
const SettingsPage = lazy(() => import('../settings/SettingsPage'));
const WaitingPage = lazy(() => import('../offline/WaitingPage'));
const TestPanel = lazy(() => import('../testpanel/TestPanel'));

export function Screens(): ReactElement {
  const { isAdmin } = usePermissions();
  const [path] = useLocation();
  return (
    <LoadedPart key={path} waiting={<Loading label={t`Loading the screen`} />}>
      <Switch>
        <Route path="/" component={Dashboard} />
        <Route path="/items" component={ItemsPage} />
        <Route path="/items/:id">{({ id }) => <ItemPage key={id} id={id} />}</Route>
        <Route path="/alerts" component={AlertsPage} />
        <Route path="/notifications" component={NotificationsPage} />
        <Route path="/movements" component={MovementsPage} />
        <Route path="/reorder" component={ReorderPage} />
        <Route path="/receive" component={ReceivePage} />
        <Route path="/count" component={CountPage} />
        <Route path="/locations" component={LocationsPage} />
        <Route path="/locations/:id">{({ id }) => <LocationPage key={id} id={id} />}</Route>
        <Route path="/waiting" component={WaitingPage} />
        <Route path="/sessions" component={SessionsPage} />
        <Route path="/settings" component={SettingsPage} />
        <Route path="/import">{isAdmin ? <ImportPage /> : <NotForYou />}</Route>
        <Route path="/users">{isAdmin ? <UsersPage /> : <NotForYou />}</Route>
        {isDevelopment() && <Route path="/test">{isAdmin ? <TestPanel /> : <NotForYou />}</Route>}
        <Route>
          <Empty icon="search" title={t`There is nothing at this address`}>
            <Link href="/"><Trans>To the dashboard</Trans></Link>
          </Empty>
        </Route>
      </Switch>
    </LoadedPart>
  );
}

function NotForYou(): ReactElement {
  return (
    <Empty icon="users" title={t`Your role does not allow this`}>
      <p><Trans>This screen needs the role ADMIN. Ask an administrator.</Trans></p>
      <Link href="/"><Trans>To the dashboard</Trans></Link>
    </Empty>
  );
}
