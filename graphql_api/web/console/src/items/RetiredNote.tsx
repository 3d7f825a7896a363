/** That an item is archived or deleted: in a word, and what that means. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';

import type { Item } from '../../../client';
import { short } from '../ui/format';
import { RETIRED, retirement } from './retired';

export function RetiredTag({ item }: { item: Item }): ReactElement | null {
  const state = retirement(item);
  return state && <span className="tag">{RETIRED[state]}</span>;
}

export function RetiredNote({ item }: { item: Item }): ReactElement | null {
  if (item.deletedAt !== null) {
    return (
      <p className="form__note">
        <Trans>Deleted {short(item.deletedAt)}.</Trans>{' '}
        {item.stock > 0 && t`What is left stays in the totals until it is booked out.`}
      </p>
    );
  }
  if (item.archivedAt === null) return null;
  return (
    <p className="form__note">
      <Trans>Archived {short(item.archivedAt)}: in no list and without alerts, but found by its SKU or
      barcode, and booked as ever.</Trans>
    </p>
  );
}
