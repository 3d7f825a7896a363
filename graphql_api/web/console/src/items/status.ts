/** A stock status in words and colours. */
import { t } from '@lingui/core/macro';

import type { StockStatus } from '../../../client/generated/graphql';

export const STATUS: Readonly<
  Record<StockStatus, { label: string; tone: 'good' | 'warning' | 'bad' }>
> = {
  IN_STOCK: { label: t`In stock`, tone: 'good' },
  LOW_STOCK: { label: t({ message: 'Low', context: 'stock' }), tone: 'warning' },
  OUT_OF_STOCK: { label: t`Out of stock`, tone: 'bad' },
};
