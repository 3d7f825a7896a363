/** The places where stock is kept, each below the one that it lies in. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { AllLocationsDocument } from '../../../client/generated/graphql';
import { usePermissions } from '../session/SessionContext';
import { placesOf } from '../stock/levels';
import { Icon } from '../ui/Icon';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { LocationActions } from './LocationActions';
import { LocationDialog } from './LocationDialog';
import type { KeptLocation } from './LocationDialog';
import './locations.css';

export default function LocationsPage(): ReactElement {
  const { mayWrite } = usePermissions();
  const { data, error, refetch } = useQuery(AllLocationsDocument, {
    fetchPolicy: 'cache-and-network',
  });
  const loadAgain = useLoadAgain(error, refetch);
  const [isCreating, setCreating] = useState(false);
  const [withArchived, setWithArchived] = useState(false);
  const all = data?.locations;
  const shown = all?.filter(({ archivedAt }) => withArchived || archivedAt === null);
  const hasArchived = all?.some(({ archivedAt }) => archivedAt !== null) ?? false;
  return (
    <Page
      title={t`Locations`}
      actions={
        mayWrite && (
          <button
            type="button"
            className="button button--primary"
            onClick={() => setCreating(true)}
          >
            <Icon name="plus" />
            <Trans>New location</Trans>
          </button>
        )
      }
    >
      <div className="card">
        {!shown && !error && <Loading rows={3} label={t`Loading locations`} />}
        {!shown && error && <Failed error={error} retry={loadAgain} />}
        {shown && <Outdated error={error} retry={loadAgain} />}
        {hasArchived && (
          <label className="check locations__archived">
            <input
              type="checkbox"
              checked={withArchived}
              onChange={({ target }) => setWithArchived(target.checked)}
            />
            <Trans>Show archived locations</Trans>
          </label>
        )}
        {shown?.length === 0 && <Empty icon="locations" title={t`No locations`} />}
        {shown && shown.length > 0 && <LocationTable locations={shown} onChanged={loadAgain} />}
      </div>
      {isCreating && (
        <LocationDialog location={null} onClose={() => setCreating(false)} onSaved={loadAgain} />
      )}
    </Page>
  );
}

interface LocationTableProps {
  locations: readonly KeptLocation[];
  onChanged: () => void;
}

function LocationTable({ locations, onChanged }: LocationTableProps): ReactElement {
  const { mayWrite } = usePermissions();
  return (
    <div className="table-frame">
      <table className="table locations">
        <caption className="visually-hidden"><Trans>Locations</Trans></caption>
        <thead>
          <tr>
            <th scope="col"><Trans>Location</Trans></th>
            {mayWrite && (
              <th scope="col">
                <span className="visually-hidden"><Trans>Actions</Trans></span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {placesOf(locations).map((location) => (
            <tr key={location.id}>
              <td>
                <Link href={`/locations/${location.id}`}>
                  <bdi>{location.name}</bdi>
                </Link>{' '}
                {location.archivedAt !== null && <span className="tag"><Trans>archived</Trans></span>}
                <span className="code muted locations__path">{location.path}</span>
              </td>
              {mayWrite && (
                <td className="right">
                  <span className="locations__actions">
                    <LocationActions location={location} onChanged={onChanged} small />
                  </span>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
