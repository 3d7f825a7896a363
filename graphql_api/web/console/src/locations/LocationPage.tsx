/** One place, and what is kept there. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import { AllLocationsDocument, LocationContentsDocument } from '../../../client/generated/graphql';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';
import { usePermissions } from '../session/SessionContext';
import { placesOf } from '../stock/levels';
import { Card } from '../ui/Card';
import { number } from '../ui/format';
import { Icon } from '../ui/Icon';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { LocationActions } from './LocationActions';
import './locations.css';

const PAGE = 50;

export default function LocationPage({ id }: { id: string }): ReactElement {
  const { mayWrite } = usePermissions();
  const { data, error, refetch } = useQuery(AllLocationsDocument, {
    fetchPolicy: 'cache-and-network',
  });
  const loadAgain = useLoadAgain(error, refetch);
  const places = data && placesOf(data.locations);
  const place = places?.find((other) => other.id === id);
  const inner = places?.filter(({ parent }) => parent?.id === id) ?? [];
  return (
    <Page
      title={place?.name ?? t`Location`}
      status={place?.archivedAt != null && <span className="tag"><Trans>archived</Trans></span>}
      subtitle={place && <span className="code">{place.path}</span>}
      actions={mayWrite && place && <LocationActions location={place} onChanged={loadAgain} />}
    >
      <Link href="/locations" className="back-link">
        <Icon name="back" />
        <Trans>All locations</Trans>
      </Link>
      {!places && (
        <div className="card">
          {error ? <Failed error={error} retry={loadAgain} /> : <Loading label={t`Loading the location`} />}
        </div>
      )}
      {places && <Outdated error={error} retry={loadAgain} />}
      {places && !place && (
        <div className="card">
          <Empty icon="locations" title={t`This location is not there`} />
        </div>
      )}
      {inner.length > 0 && (
        <Card title={t`Lies in it`} flush>
          <ul className="list contents">
            {inner.map((other) => (
              <li key={other.id}>
                <Link href={`/locations/${other.id}`}>
                  <bdi>{other.name}</bdi> <span className="code muted">{other.code}</span>
                </Link>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {place && <Contents id={id} hasInner={inner.length > 0} />}
    </Page>
  );
}

function Contents({ id, hasInner }: { id: string; hasInner: boolean }): ReactElement {
  const [includeNested, setNested] = useState(true);
  const { data: now, previousData, error, refetch, fetchMore } = useQuery(LocationContentsDocument, {
    variables: { id, includeNested, first: PAGE },
    fetchPolicy: 'cache-and-network',
  });
  useRefreshOnEvents(refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const page = (now ?? previousData)?.locationContents;
  const more = (): Promise<unknown> =>
    fetchMore({
      variables: { after: page?.pageInfo.endCursor ?? null },
      updateQuery: (before, { fetchMoreResult: { locationContents: next } }) => ({
        locationContents: { ...next, nodes: [...before.locationContents.nodes, ...next.nodes] },
      }),
    });
  return (
    <Card
      title={t`What is here`}
      flush
      actions={
        hasInner && (
          <label className="check">
            <input
              type="checkbox"
              checked={includeNested}
              onChange={({ target }) => setNested(target.checked)}
            />
            <Trans>With what lies in it</Trans>
          </label>
        )
      }
    >
      {!page && !error && <Loading label={t`Loading what is here`} />}
      {!page && error && <Failed error={error} retry={loadAgain} />}
      {page && <Outdated error={error} retry={loadAgain} />}
      {page?.nodes.length === 0 && <Empty icon="items" title={t`Nothing is here`} />}
      {page && page.nodes.length > 0 && (
        <ul className="list contents" aria-label={t`What is here`}>
          {page.nodes.map(({ item, quantity }) => (
            <li key={item.id}>
              <span className="contents__name">
                <Link href={`/items/${item.id}`}>
                  <bdi>{item.name}</bdi>
                </Link>{' '}
                <span className="code muted">{item.sku}</span>
              </span>
              <span className="number">
                <strong>{number(quantity)}</strong> <span className="muted">{item.unit}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {page && <LoadMore hasMore={page.pageInfo.hasNextPage} load={more} />}
    </Card>
  );
}
