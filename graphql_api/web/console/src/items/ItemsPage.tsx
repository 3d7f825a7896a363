/** All items: find them, watch them, begin to work with them. */
import { useApolloClient, useQuery } from '@apollo/client/react';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useCallback, useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import { useSearchParams } from 'wouter';

import type { Item } from '../../../client';
import { ItemListDocument } from '../../../client/generated/graphql';
import type { ItemListQueryVariables } from '../../../client/generated/graphql';
import { useListPolicy } from '../app/useListPolicy';
import { CsvButton } from '../csv/CsvButton';
import type { LoadPage } from '../csv/CsvButton';
import { useAttachmentChanges } from '../pictures/useAttachmentChanges';
import { usePresence } from '../presence/usePresence';
import { usePermissions } from '../session/SessionContext';
import { AdjustDialog } from '../stock/AdjustDialog';
import { Icon } from '../ui/Icon';
import { LoadMore } from '../ui/LoadMore';
import { Page } from '../ui/Page';
import { Failed, Loading, Outdated } from '../ui/states';
import { useLoadAgain } from '../ui/useLoadAgain';
import { CreateItemDialog } from './CreateItemDialog';
import { ItemBulkBar } from './ItemBulkBar';
import { CSV_HEADS, csvCells } from './itemCsv';
import { ItemFilterBar } from './ItemFilterBar';
import { ItemTable } from './ItemTable';
import { ItemTotals } from './ItemTotals';
import './items.css';
import { NoItems } from './NoItems';
import { SavedFilters } from './SavedFilters';
import { useDeletions } from './useDeletions';
import { paramsOf, useItemFilters, variablesOf } from './useItemFilters';
import { usePicturesNow } from './usePicturesNow';

const SAMPLE_ID = '0'; // of the test broadcast's item, which does not exist
const CSV_PAGE = 100;

export function ItemsPage(): ReactElement {
  const { mayWrite } = usePermissions();
  const { filters, change } = useItemFilters();
  const [, setParams] = useSearchParams();
  const [isCreating, setCreating] = useState(false);
  const [adjusted, setAdjusted] = useState<Item | null>(null);
  const variables = variablesOf(filters);
  const { data, previousData, error, refetch, fetchMore } = useQuery(ItemListDocument, {
    variables,
    fetchPolicy: useListPolicy(JSON.stringify(variables)),
  });
  useDeletions(variables.where?.includeDeleted === true, refetch);
  const loadAgain = useLoadAgain(error, refetch);
  // Those of another search only while those of this one are on their way, and then inert.
  const page = (data ?? (error ? undefined : previousData))?.items;
  const items = useMemo(() => page?.nodes.filter(({ id }) => id !== SAMPLE_ID), [page]);
  useAttachmentChanges(null, usePicturesNow(items ?? []));
  const presence = usePresence(useMemo(() => items?.map(({ id }) => id) ?? [], [items]));
  const selection = useSelection(JSON.stringify(variables));
  const load = useAllItems(variables);

  return (
    <Page
      title={t`Items`}
      actions={
        <>
          <CsvButton name="items" heads={CSV_HEADS} cells={csvCells} load={load} />
          {mayWrite && (
            <button
              type="button"
              className="button button--primary"
              data-shortcut="n"
              onClick={() => setCreating(true)}
            >
              <Icon name="plus" />
              <Trans>New item</Trans>
            </button>
          )}
        </>
      }
    >
      <ItemFilterBar filters={filters} change={change} items={items ?? []} />
      <SavedFilters
        query={paramsOf(filters).toString()}
        choose={(query) => setParams(new URLSearchParams(query), { replace: true })}
      />
      <Suggestions words={data?.items.suggestions ?? []} search={(search) => change({ search })} />
      <ItemTotals {...variables} />
      <div className="card" aria-busy={data === undefined}>
        {data && <Outdated error={error} retry={loadAgain} />}
        {items && items.length > 0 && (
          <div inert={data === undefined}>
            {mayWrite && (
              <ItemBulkBar items={items} selected={selection.selected} select={selection.select} />
            )}
          </div>
        )}
        {items && items.length > 0 && (
          <ItemTable
            isOfAnotherSearch={data === undefined}
            items={items}
            filters={filters}
            change={change}
            presence={presence}
            hasPictures={page?.nodes.some(({ mainPicture }) => mainPicture !== null) ?? false}
            onAdjust={mayWrite ? setAdjusted : null}
            selection={mayWrite ? selection : null}
          />
        )}
        {!items && !error && <Loading rows={10} label={t`Loading items`} />}
        {error && !data && <Failed error={error} retry={loadAgain} />}
        {items?.length === 0 && data && (
          <NoItems
            isFiltered={variables.where !== undefined || variables.search !== undefined}
            showAll={() => setParams(new URLSearchParams(), { replace: true })}
            create={mayWrite ? () => setCreating(true) : null}
          />
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

/** of: the list that is selected from; another one begins with nothing selected. */
function useSelection(of: string): {
  selected: ReadonlySet<string>;
  select: (ids: Iterable<string>) => void;
  toggle: (id: string) => void;
} {
  const [state, setState] = useState({ of, ids: new Set<string>() as ReadonlySet<string> });
  if (state.of !== of) setState({ of, ids: new Set() });
  const select = useCallback(
    (ids: Iterable<string>) => setState((old) => ({ ...old, ids: new Set(ids) })),
    [],
  );
  const toggle = useCallback(
    (id: string) =>
      setState((old) => {
        const ids = new Set(old.ids);
        if (!ids.delete(id)) ids.add(id);
        return { ...old, ids };
      }),
    [],
  );
  return { selected: state.ids, select, toggle };
}

/** Page by page, beside the cache. */
function useAllItems(variables: ItemListQueryVariables): LoadPage<Item> {
  const apollo = useApolloClient();
  return async (after: string | null) => {
    const { data } = await apollo.query({
      query: ItemListDocument,
      variables: { ...variables, first: CSV_PAGE, after },
      fetchPolicy: 'no-cache',
    });
    const page = data?.items;
    const next = page?.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    return { rows: page?.nodes ?? [], next };
  };
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
      <Trans>Did you mean</Trans>{' '}
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
