/** Who changed what of an item, and when. */
import { useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ReactElement } from 'react';

import { ItemChangesDocument } from '../../../client/generated/graphql';
import { Card } from '../ui/Card';
import { short } from '../ui/format';
import { Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { FIELD_LABELS } from './itemDraft';
import { useItemEvents } from './useItemEvents';

const STEP = 10;
const ALL_MAX = 100; // of one page

export function ItemChanges({ id }: { id: string }): ReactElement {
  const [first, setFirst] = useState(STEP);
  const { data, previousData, error, refetch } = useQuery(ItemChangesDocument, {
    variables: { id, first },
    fetchPolicy: 'cache-and-network',
  });
  useItemEvents(id, refetch);
  const loadAgain = useLoadAgain(error, refetch);
  const changes = (data ?? previousData)?.item?.changes;
  if (!changes) {
    return (
      <Card title={t`Changes`}>
        {error ? (
          <Failed error={error} retry={loadAgain} />
        ) : (
          <Loading rows={3} label={t`Loading the changes`} />
        )}
      </Card>
    );
  }
  return (
    <Card title={t`Changes`}>
      <Outdated error={error} retry={loadAgain} />
      {changes.nodes.length === 0 && <p className="muted"><Trans>Nothing was changed yet.</Trans></p>}
      <ul className="list changes">
        {changes.nodes.map(({ field, at, user, from, to }, index) => (
          <li key={`${at} ${field} ${index}`}>
            <strong>{labelOf(field)}</strong>{' '}
            {from !== null && (
              <>
                <s className="number">{from}</s> →{' '}
              </>
            )}
            <span className="number">{to ?? t`none`}</span>
            <div className="muted">
              {short(at)}
              {user && t` by ${user.name}`}
            </div>
          </li>
        ))}
      </ul>
      {changes.pageInfo.hasNextPage && first < ALL_MAX && (
        <button
          type="button"
          className="button button--small"
          onClick={() => setFirst(Math.min(first * 2, ALL_MAX))}
        >
          <Trans>Show more changes</Trans>
        </button>
      )}
    </Card>
  );
}

/** As the form calls it; what the form does not have by its own name. */
function labelOf(field: string): string {
  return (FIELD_LABELS as Readonly<Record<string, string | undefined>>)[field] ?? field;
}
