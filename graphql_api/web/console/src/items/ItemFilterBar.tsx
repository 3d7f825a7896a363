/** Search, category and status of the list of items. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useEffectEvent, useId, useRef, useState } from 'react';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import type { StockStatus } from '../../../client/generated/graphql';
import { Icon } from '../ui/Icon';
import { Segments } from '../ui/Segments';
import { STATUS } from './status';
import { useCategories } from './useCategories';
import type { ItemFilters, Retired } from './useItemFilters';

interface ItemFilterBarProps {
  filters: ItemFilters;
  change: (changes: Partial<ItemFilters>) => void;
  /** Those that are shown; their categories are proposed. */
  items: readonly Item[];
}

const TYPING_MS = 250; // a pause after which a word counts as typed

const STATUSES: readonly { value: StockStatus | 'ALL'; label: string }[] = [
  { value: 'ALL', label: t`All` },
  { value: 'IN_STOCK', label: STATUS.IN_STOCK.label },
  { value: 'LOW_STOCK', label: STATUS.LOW_STOCK.label },
  { value: 'OUT_OF_STOCK', label: STATUS.OUT_OF_STOCK.label },
];

const RETIRED: readonly { value: Retired; label: string }[] = [
  { value: 'NONE', label: t`Items in use` },
  { value: 'ARCHIVED', label: t`With archived` },
  { value: 'DELETED', label: t`With deleted` },
  { value: 'ALL', label: t`With both` },
];

export function ItemFilterBar({ filters, change, items }: ItemFilterBarProps): ReactElement {
  const listId = useId();
  const categories = useCategories(items);
  const search = useTypedText(filters.search, (text) => change({ search: text }));
  const category = useTypedText(filters.category, (text) => change({ category: text }));
  return (
    <search className="filter-bar">
      <label className="filter-bar__search">
        <span className="visually-hidden"><Trans>Search items</Trans></span>
        <Icon name="search" />
        <input
          className="input"
          type="search"
          placeholder={t`SKU, name, barcode…`}
          value={search.text}
          onChange={(event) => search.setText(event.target.value)}
        />
      </label>
      <label className="filter-bar__category">
        <span className="visually-hidden"><Trans>Category</Trans></span>
        <input
          className="input"
          type="search"
          list={listId}
          placeholder={t`All categories`}
          value={category.text}
          onChange={(event) => category.setText(event.target.value)}
        />
        <datalist id={listId}>
          {categories.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <Segments
        label={t`Status`}
        choices={STATUSES}
        value={filters.status ?? 'ALL'}
        onChange={(status) => change({ status: status === 'ALL' ? null : status })}
      />
      <label className="filter-bar__category">
        <span className="visually-hidden"><Trans>Archived and deleted</Trans></span>
        <select
          className="input"
          value={filters.retired}
          onChange={(event) => change({ retired: event.target.value as Retired })}
        >
          {RETIRED.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}

/** A text that is told after a pause in typing, and follows when it is changed elsewhere. */
function useTypedText(
  value: string,
  tell: (text: string) => void,
): { text: string; setText: (text: string) => void } {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const typed = useEffectEvent((typedText: string) => {
    told.current = typedText;
    tell(typedText);
  });
  useEffect(() => {
    if (value !== told.current) setText(value); // not what was typed here, and is longer by now
    told.current = value;
  }, [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => typed(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return { text, setText };
}
