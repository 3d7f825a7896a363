/** What all items of the list come to, not only those that are loaded; it follows what happens. */
import { useQuery } from '@apollo/client/react';
import { plural, t } from '@lingui/core/macro';
import type { ReactElement } from 'react';

import { ItemListTotalsDocument } from '../../../client/generated/graphql';
import type { ItemListQueryVariables, ItemListTotalsQuery } from '../../../client/generated/graphql';
import { useRefreshOnEvents } from '../live/useRefreshOnEvents';
import { money } from '../ui/format';
import { useLoadAgain } from '../ui/useLoadAgain';

export function ItemTotals({ where, search }: ItemListQueryVariables): ReactElement {
  const { data, previousData, error, refetch } = useQuery(ItemListTotalsDocument, {
    variables: { ...(where && { where }), ...(search && { search }) },
    fetchPolicy: 'network-only', // beside the list, in whose place in the cache it is
    nextFetchPolicy: 'network-only',
  });
  useRefreshOnEvents(refetch);
  useLoadAgain(error, refetch);
  const totals = (data ?? (error ? undefined : previousData))?.items.totals;
  return (
    // Not read out by itself: it changes with every sale.
    <p className="item-totals muted number" role="group" aria-label={t`Total`}>
      {totals ? words(totals) : '\u00a0' /* its line is there: nothing moves when it comes */}
    </p>
  );
}

type Totals = ItemListTotalsQuery['items']['totals'];

function words({ items, unitsExact, value }: Totals): string {
  const count = plural(items, { one: '# item', other: '# items' });
  const units = plural(Number(unitsExact), { one: '# unit', other: '# units' });
  return t`${count} · ${units} · worth ${money(value)}`;
}
