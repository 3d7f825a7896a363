/** The items of a list as rows of a CSV file, by the names that imports know. Pure. */
import type { Item } from '../../../client';
import type { Cell } from '../csv/csv';
import { STATUS } from './status';

export const CSV_HEADS = [
  'sku',
  'name',
  'category',
  'barcode',
  'unit',
  'stock',
  'minStock',
  'status',
  'price',
  'updatedAt',
];

export function csvCells(item: Item): Cell[] {
  return [
    item.sku,
    item.name,
    item.category,
    item.barcode,
    item.unit,
    item.stock,
    item.minStock,
    STATUS[item.status].label,
    item.price,
    item.updatedAt,
  ];
}
