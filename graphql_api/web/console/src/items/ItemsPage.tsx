/** All items: find them, watch them, begin to work with them. */
import { useQuery } from '@apollo/client/react';
import { useMemo, useState } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { ItemListDocument } from '../../../client/generated/graphql';
import { usePresence } from '../presence/usePresence';
import { usePermissions } from '../session/SessionContext';
import { AdjustDialog } from '../stock/AdjustDialog';
import { Icon } from '../ui/Icon';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Empty, Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { CreateItemDialog } from './CreateItemDialog';
import { ItemFilterBar } from './ItemFilterBar';
import { ItemTable } from './ItemTable';
import './items.css';
import { useDeletions } from './useDeletions';
import { useItemFilters, variablesOf } from './useItemFilters';

const SAMPLE_ID = '0'; // of the test broadcast's item, which does not exist

export function ItemsPage(): ReactElement {
  const { mayWrite } = usePermissions();
  const { filters, change } = useItemFilters();
  const [isCreating, setCreating] = useState(false);
  const [adjusted, setAdjusted] = useState<Item | null>(null);
  const variables = variablesOf(filters);
  const { data, previousData, error, refetch, fetchMore } = useQuery(ItemListDocument, {
    variables,
    fetchPolicy: 'cache-and-network',
  });
  useDeletions(variables.where?.includeDeleted === true, refetch);
  const loadAgain = useLoadAgain(error, refetch);
  // Those of another search only while those of this one are on their way, and then inert.
  const page = (data ?? (error ? undefined : previousData))?.items;
  const items = useMemo(() => page?.nodes.filter(({ id }) => id !== SAMPLE_ID), [page]);
  const presence = usePresence(useMemo(() => items?.map(({ id }) => id) ?? [], [items]));

  return (
    <Page
      title="Items"
      actions={
        mayWrite && (
          <button
            type="button"
            className="button button--primary"
            onClick={() => setCreating(true)}
          >
            <Icon name="plus" />
            New item
          </button>
        )
      }
    >
      <ItemFilterBar filters={filters} change={change} items={items ?? []} />
      <Suggestions words={data?.items.suggestions ?? []} search={(search) => change({ search })} />
      <div className="card" aria-busy={data === undefined}>
        {data && <Outdated error={error} retry={loadAgain} />}
        {items && items.length > 0 && (
          <ItemTable
            isOfAnotherSearch={data === undefined}
            items={items}
            filters={filters}
            change={change}
            presence={presence}
            onAdjust={mayWrite ? setAdjusted : null}
          />
        )}
        {!items && !error && <Loading rows={10} label="Loading items" />}
        {error && !data && <Failed error={error} retry={loadAgain} />}
        {items?.length === 0 && data && (
          <NoItems isFiltered={variables.where !== undefined || variables.search !== undefined} />
        )}
        {page && data && (
          <LoadMore
            key={JSON.stringify(variables)} // an error of another search is not this one's
            hasMore={page.pageInfo.hasNextPage}
            load={() => fetchMore({ variables: { after: page.pageInfo.endCursor } })}
          />
        )}
      </div>
      {isCreating && <CreateItemDialog onClose={() => setCreating(false)} />}
      {adjusted && <AdjustDialog item={adjusted} onClose={() => setAdjusted(null)} />}
    </Page>
  );
}

interface SuggestionsProps {
  words: readonly string[];
  search: (text: string) => void;
}

/** Other spellings of a search that found little. */
function Suggestions({ words, search }: SuggestionsProps): ReactElement | null {
  if (words.length === 0) return null;
  return (
    <p className="suggestions" role="status">
      Did you mean{' '}
      {words.map((word) => (
        <button
          key={word}
          type="button"
          className="button button--small"
          onClick={() => search(word)}
        >
          {word}
        </button>
      ))}
    </p>
  );
}

function NoItems({ isFiltered }: { isFiltered: boolean }): ReactElement {
  return isFiltered ? (
    <Empty icon="search" title="No items here">
      <p>Nothing fits what you are looking for.</p>
    </Empty>
  ) : (
    <Empty title="No items yet">
      <p>Items show here as soon as there are any.</p>
    </Empty>
  );
}
