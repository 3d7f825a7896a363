/** The places to go to: at the side, or along the bottom of a narrow screen. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link, useLocation } from 'wouter';

import { usePermissions } from '../session/SessionContext';
import { Icon } from '../ui/Icon';
import { FIRST_PLACES, isWithin, secondPlaces, SETTINGS } from './navigation';
import type { Place } from './navigation';

export function Menu(): ReactElement {
  const permissions = usePermissions();
  return (
    <nav className="side" aria-label={t`Main`}>
      <ul>
        {FIRST_PLACES.map((place) => (
          <MenuEntry key={place.path} place={place} />
        ))}
        <li className="only-narrow">
          <PlaceLink place={{ ...SETTINGS, label: t`More`, icon: 'more' }} />
        </li>
      </ul>
      <div className="side__second">
        <p className="side__heading"><Trans>Manage</Trans></p>
        <ul>
          {[...secondPlaces(permissions), SETTINGS].map((place) => (
            <MenuEntry key={place.path} place={place} />
          ))}
        </ul>
      </div>
    </nav>
  );
}

function MenuEntry({ place }: { place: Place }): ReactElement {
  return (
    <li>
      <PlaceLink place={place} />
    </li>
  );
}

function PlaceLink({ place }: { place: Place }): ReactElement {
  const [location] = useLocation();
  const isHere = isWithin(location, place.path);
  return (
    <Link href={place.path} {...(isHere && { 'aria-current': 'page' as const })}>
      <Icon name={place.icon} />
      {place.label}
    </Link>
  );
}
