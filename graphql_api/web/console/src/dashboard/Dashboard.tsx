/** How the stock is doing, at a glance; it changes as the stock does. */
import { t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { Page } from '../ui/Page';
import { CoverCard } from './CoverCard';
import './dashboard.css';
import { Figures } from './Figures';
import { FirstSteps } from './FirstSteps';
import { LiveFeed } from './LiveFeed';
import { MovementChart } from './MovementChart';

export function Dashboard(): ReactElement {
  return (
    <Page title={t`Dashboard`} subtitle={t`Refreshed by what happens, as it happens.`}>
      <FirstSteps />
      <Figures />
      <div className="dashboard">
        <div className="dashboard__wide">
          <MovementChart />
          <CoverCard />
        </div>
        <LiveFeed />
      </div>
    </Page>
  );
}
