/** Items that are not in use any more: archived or deleted. Pure. */
import { t } from '@lingui/core/macro';

import type { Item } from '../../../client';

export const RETIRED = { archived: t`archived`, deleted: t`deleted` } as const;

/** Which of the two; null: it is in use. */
export function retirement(item: Item): 'archived' | 'deleted' | null {
  if (item.deletedAt !== null) return 'deleted';
  return item.archivedAt === null ? null : 'archived';
}

/** Whether its stock can be changed: of a deleted one what is left goes out, nothing comes in. */
export function canBeBooked(item: Item): boolean {
  return item.deletedAt === null || item.stock > 0;
}
