/** One item in the list. */
import { Trans } from '@lingui/react/macro';
import { memo } from 'react';
import type { ReactElement } from 'react';
import { Link } from 'wouter';

import type { Item } from '../../../client';
import { ItemThumbnail } from '../pictures/ItemThumbnail';
import { PresenceBadge } from '../presence/PresenceNote';
import type { ItemPresence } from '../presence/usePresence';
import { money, number } from '../ui/format';
import { Icon } from '../ui/Icon';
import { Time } from '../ui/Time';
import { canBeBooked } from './retired';
import { RetiredTag } from './RetiredNote';
import { StatusPill } from './StatusPill';
import { useFlash } from './useFlash';

interface ItemRowProps {
  item: Item;
  presence: ItemPresence | undefined;
  onAdjust: ((item: Item) => void) | null;
  hasPicture: boolean;
  isSelected: boolean;
  /** Stays the same one over renderings; null: it cannot be selected. */
  toggle: ((id: string) => void) | null;
}

export const ItemRow = memo(function ItemRow(props: ItemRowProps): ReactElement {
  const { item, presence, onAdjust, isSelected, toggle } = props;
  const flash = useFlash(item);
  return (
    <tr className={flash} data-item={item.id}>
      {toggle && (
        <td className="items-table__select">
          <label>
            <input type="checkbox" checked={isSelected} onChange={() => toggle(item.id)} />
            <span className="visually-hidden"><Trans>Select {item.name}</Trans></span>
          </label>
        </td>
      )}
      {props.hasPicture && (
        <td className="items-table__picture">
          <ItemThumbnail id={item.id} />
        </td>
      )}
      <td className="items-table__name">
        <Link href={`/items/${item.id}`} className="plain-link" title={item.name}>
          {item.name}
        </Link>
        <span className="only-narrow items-table__small">
          <StatusPill status={item.status} /> <span className="code muted">{item.sku}</span>
        </span>
        <RetiredTag item={item} />
        {item.visibility === 'ADMINS' && <span className="tag"><Trans>admins only</Trans></span>}
        <PresenceBadge presence={presence} />
      </td>
      <td className="code wide-only">{item.sku}</td>
      <td className="wide-only">
        {item.category === null ? (
          <span className="muted"><Trans>none</Trans></span>
        ) : (
          <span className="items-table__category" title={item.category}>
            {item.category}
          </span>
        )}
      </td>
      <td className="right number items-table__level">
        <strong className="items-table__stock">{number(item.stock)}</strong>
        <small className="muted items-table__minimum"> / {number(item.minStock)}</small>
      </td>
      <td className="wide-only">
        <StatusPill status={item.status} />
      </td>
      <td className="right number wide-only">{money(item.price)}</td>
      <td className="muted wide-only">
        <Time at={item.updatedAt} />
      </td>
      {onAdjust && (
        <td className="items-table__actions">
          {canBeBooked(item) && (
            <button
              type="button"
              className="button button--quiet button--small"
              onClick={() => onAdjust(item)}
            >
              <Icon name="adjust" />
              <span className="visually-hidden"><Trans>Adjust the stock of {item.name}</Trans></span>
            </button>
          )}
        </td>
      )}
    </tr>
  );
});
