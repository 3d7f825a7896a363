/** What of an item is set aside, for whom and until when; and setting some aside. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { ItemHoldsDocument } from '../../../client/generated/graphql';
import { useItemEvents } from '../items/useItemEvents';
import { usePermissions } from '../session/SessionContext';
import type { Measured } from '../stock/amounts';
import type { Level } from '../stock/levels';
import { Card } from '../ui/Card';
import { LoadMore } from '../ui/LoadMore';
import { Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { HoldLine } from './HoldLine';
import './holds.css';
import { PlaceHoldDialog } from './PlaceHoldDialog';

interface HoldsCardProps {
  item: Item & Measured & { available: number };
  levels: readonly Level[];
  reload: () => Promise<unknown>;
}

export function HoldsCard({ item, levels, reload }: HoldsCardProps): ReactElement | null {
  const { mayWrite } = usePermissions();
  const [isPlacing, setPlacing] = useState(false);
  const { data, error, refetch, fetchMore } = useQuery(ItemHoldsDocument, {
    variables: { where: { itemIds: [item.id], statuses: ['HELD'] }, first: 25 },
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(item.id, refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const page = data?.holds;
  const changed = async (): Promise<void> => {
    await Promise.all([refetch(), reload()]);
  };
  if (!mayWrite && page?.nodes.length === 0) return null;
  return (
    <Card
      title={t`Holds`}
      actions={
        mayWrite && (
          <button
            type="button"
            className="button button--small"
            disabled={item.available <= 0 || item.deletedAt !== null}
            onClick={() => setPlacing(true)}
          >
            <Trans>Place a hold</Trans>
          </button>
        )
      }
    >
      {page && <Outdated error={error} retry={loadAgain} />}
      {!page && error && <Failed error={error} retry={loadAgain} />}
      {!page && !error && <Loading rows={2} label={t`Loading the holds`} />}
      {page?.nodes.length === 0 && <p className="muted"><Trans>Nothing is held.</Trans></p>}
      {page && page.nodes.length > 0 && (
        <ul className="list holds" aria-label={t`Holds`}>
          {page.nodes.map((hold) => (
            <HoldLine key={hold.id} hold={hold} item={item} onChanged={changed} />
          ))}
        </ul>
      )}
      {page && (
        <LoadMore
          hasMore={page.pageInfo.hasNextPage}
          load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
        />
      )}
      {isPlacing && (
        <PlaceHoldDialog
          item={item}
          levels={levels}
          onClose={() => setPlacing(false)}
          onPlaced={changed}
        />
      )}
    </Card>
  );
}
