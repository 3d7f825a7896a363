/** One item: what it is, how much there is and where, what happened to it, and who else is here. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import { Link, useLocation } from 'wouter';

import { ItemDetailDocument } from '../../../client/generated/graphql';
import { cameFrom } from '../app/cameBack';
import { useMyPresence } from '../presence/PresenceProvider';
import { PresenceList } from '../presence/PresenceNote';
import { usePresence } from '../presence/usePresence';
import { Card } from '../ui/Card';
import { Icon } from '../ui/Icon';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { HoldsCard } from '../holds/HoldsCard';
import { AttachmentsCard } from '../pictures/AttachmentsCard';
import { ItemActions } from './ItemActions';
import { ItemAlerts } from './ItemAlerts';
import { ItemChanges } from './ItemChanges';
import { ItemFacts } from './ItemFacts';
import { ItemHistory } from './ItemHistory';
import './items.css';
import { OnHandCard } from './OnHandCard';
import { RetiredNote, RetiredTag } from './RetiredNote';
import { StatusPill } from './StatusPill';
import { useItemEvents } from './useItemEvents';

export function ItemPage({ id }: { id: string }): ReactElement {
  const [, go] = useLocation();
  const { data: now, previousData, error, refetch } = useQuery(ItemDetailDocument, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(id, refetch); // the levels are in no event
  const loadAgain = useLoadAgain(error, refetch);
  useMyPresence(id, 'VIEWING');
  const presence = usePresence([id]).get(id);
  // Of this item, older: while everything is asked for anew no form may be lost that stands here.
  const item = (now ?? previousData)?.item;

  if (item === null) return <Gone />;
  if (item === undefined) {
    return (
      <Page title={t`Item`}>
        <BackLink />
        <div className="card">
          {error ? (
            <Failed error={error} retry={loadAgain} />
          ) : (
            <Loading label={t`Loading the item`} />
          )}
        </div>
      </Page>
    );
  }
  const reload = async (): Promise<typeof item.levels> =>
    (await refetch()).data?.item?.levels ?? item.levels;
  return (
    <Page
      title={item.name}
      status={
        <>
          <StatusPill status={item.status} /> <RetiredTag item={item} />
        </>
      }
      subtitle={<span className="code">{item.sku}</span>}
      actions={
        <ItemActions
          item={item}
          levels={item.levels}
          reload={reload}
          onDeleted={() => go('/items')}
        />
      }
    >
      <Outdated error={error} retry={loadAgain} />
      <RetiredNote item={item} />
      <div className="item-bar">
        <BackLink />
        <PresenceList presence={presence} />
      </div>
      <div className="item-grid">
        <div>
          <ItemHistory item={item} />
        </div>
        <div className="item-grid__side">
          <OnHandCard item={item} levels={item.levels} reload={reload} />
          <AttachmentsCard key={item.id} item={item} />
          <ItemAlerts id={item.id} />
          <HoldsCard item={item} levels={item.levels} reload={reload} />
          <Card title={t`Details`}>
            <ItemFacts item={item} />
          </Card>
          <ItemChanges id={item.id} />
        </div>
      </div>
    </Page>
  );
}

function BackLink(): ReactElement {
  return (
    <Link
      href="/items"
      className="back-link"
      onClick={(event) => {
        if (!cameFrom('/items') || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault(); // to the list as it was left
        history.back();
      }}
    >
      <Icon name="back" />
      <Trans>All items</Trans>
    </Link>
  );
}

function Gone(): ReactElement {
  return (
    <Page title={t`Item`}>
      <div className="card">
        <Empty icon="trash" title={t`This item is not there`}>
          <p><Trans>There is none with this id, or it is not for you to see.</Trans></p>
          <Link href="/items"><Trans>All items</Trans></Link>
        </Empty>
      </div>
    </Page>
  );
}
