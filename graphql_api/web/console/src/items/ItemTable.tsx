/** The list of items, sorted by its heads; rows flash when their item changes. */
import { Trans } from '@lingui/react/macro';
import type { ReactElement, ReactNode } from 'react';

import type { Item } from '../../../client';
import type { ItemSort } from '../../../client/generated/graphql';
import type { ItemPresence } from '../presence/usePresence';
import { Icon } from '../ui/Icon';
import { ItemRow } from './ItemRow';
import { sortOf } from './useItemFilters';
import type { ItemFilters } from './useItemFilters';

interface ItemTableProps {
  /** Those of this one are on their way: nothing can be done with these. */
  isOfAnotherSearch: boolean;
  items: readonly Item[];
  filters: ItemFilters;
  change: (changes: Partial<ItemFilters>) => void;
  presence: ReadonlyMap<string, ItemPresence>;
  /** null: this person may not. */
  onAdjust: ((item: Item) => void) | null;
  /** Whether there is a column of pictures. */
  hasPictures: boolean;
  /** null: nothing can be done with several. */
  selection: Selection | null;
}

export interface Selection {
  selected: ReadonlySet<string>;
  toggle: (id: string) => void;
}

export function ItemTable(props: ItemTableProps): ReactElement {
  const { items, filters, change, presence, onAdjust, selection } = props;
  const sort = { filters, change };
  return (
    <div className="table-frame table-frame--long">
      <table className="table items-table">
        <caption className="visually-hidden"><Trans>Items</Trans></caption>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className="items-table__select">
                <span className="visually-hidden"><Trans>Selected</Trans></span>
              </th>
            )}
            {props.hasPictures && (
              <th scope="col" className="items-table__picture">
                <span className="visually-hidden"><Trans>Picture</Trans></span>
              </th>
            )}
            <SortHead {...sort} by="NAME">
              <Trans>Name</Trans>
            </SortHead>
            <SortHead {...sort} by="SKU" className="wide-only">
              <Trans>SKU</Trans>
            </SortHead>
            <th scope="col" className="wide-only">
              <Trans>Category</Trans>
            </th>
            <SortHead {...sort} by="STOCK" className="right">
              <Trans>Stock</Trans>
            </SortHead>
            <th scope="col" className="wide-only">
              <Trans>Status</Trans>
            </th>
            <SortHead {...sort} by="PRICE" className="right wide-only">
              <Trans>Price</Trans>
            </SortHead>
            <SortHead {...sort} by="UPDATED_AT" className="wide-only">
              <Trans>Changed</Trans>
            </SortHead>
            {onAdjust && (
              <th scope="col">
                <span className="visually-hidden"><Trans>Actions</Trans></span>
              </th>
            )}
          </tr>
        </thead>
        <tbody inert={props.isOfAnotherSearch}>
          {items.map((item) => (
            <ItemRow
              key={item.id}
              item={item}
              presence={presence.get(item.id)}
              onAdjust={onAdjust}
              hasPicture={props.hasPictures}
              isSelected={selection?.selected.has(item.id) ?? false}
              toggle={selection?.toggle ?? null}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SortHeadProps {
  by: ItemSort;
  filters: ItemFilters;
  change: (changes: Partial<ItemFilters>) => void;
  className?: string;
  children: ReactNode;
}

function SortHead({ by, filters, change, className, children }: SortHeadProps): ReactElement {
  const isSorted = sortOf(filters) === by;
  const isRising = filters.direction === 'ASC';
  const sortBy = (): void => change({ sort: by, direction: isSorted && isRising ? 'DESC' : 'ASC' });
  return (
    <th
      scope="col"
      className={className}
      {...(isSorted && {
        'aria-sort': isRising ? ('ascending' as const) : ('descending' as const),
      })}
    >
      <button type="button" className="table__sort" onClick={sortBy}>
        {children}
        {isSorted && <Icon name={isRising ? 'up' : 'down'} />}
      </button>
    </th>
  );
}
