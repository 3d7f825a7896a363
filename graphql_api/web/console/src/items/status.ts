/** A stock status in words and colours. */
import type { StockStatus } from '../../../client/generated/graphql';

export const STATUS: Readonly<
  Record<StockStatus, { label: string; tone: 'good' | 'warning' | 'bad' }>
> = {
  IN_STOCK: { label: 'In stock', tone: 'good' },
  LOW_STOCK: { label: 'Low', tone: 'warning' },
  OUT_OF_STOCK: { label: 'Out of stock', tone: 'bad' },
};
