/** That an item is archived or deleted: in a word, and what that means. */
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { short } from '../ui/format';
import { retirement } from './retired';

export function RetiredTag({ item }: { item: Item }): ReactElement | null {
  const state = retirement(item);
  return state && <span className="tag">{state}</span>;
}

export function RetiredNote({ item }: { item: Item }): ReactElement | null {
  if (item.deletedAt !== null) {
    return (
      <p className="form__note">
        Deleted {short(item.deletedAt)}.{' '}
        {item.stock > 0 && 'What is left stays in the totals until it is booked out.'}
      </p>
    );
  }
  if (item.archivedAt === null) return null;
  return (
    <p className="form__note">
      Archived {short(item.archivedAt)}: in no list and without alerts, but found by its SKU or
      barcode, and booked as ever.
    </p>
  );
}
