/** Which column stands for which field, as a person changes what the server proposed. */
import type { ImportKind, ImportMapping } from '../../../client/generated/graphql';

export const FIELDS = {
  ITEMS: [
    'sku',
    'name',
    'description',
    'category',
    'barcode',
    'unit',
    'price',
    'cost',
    'minStock',
    'initialStock',
    'location',
    'visibility',
    'leadTimeDays',
  ],
  STOCK: ['sku', 'barcode', 'location', 'quantity', 'unit', 'expected'],
} as const;

/** Field → column; '' leaves the field out. */
export type Mapping = Readonly<Record<string, string>>;

/** What of a mapping is sent of a file of `kind`: not what a person said of the other kind. A field that
 * this page does not offer is kept: a saved mapping may have it. */
export function sentOf(mapping: Mapping, kind: ImportKind | null): ImportMapping[] {
  const own: readonly string[] = kind === null ? [] : FIELDS[kind];
  const others: readonly string[] = kind === null ? [] : FIELDS[kind === 'ITEMS' ? 'STOCK' : 'ITEMS'];
  return Object.entries(mapping)
    .filter(([field]) => own.includes(field) || !others.includes(field))
    .map(([field, column]) => ({ field, column }));
}

/** The mapping that was saved so. */
export function mappingOf(columns: readonly ImportMapping[]): Mapping {
  return Object.fromEntries(columns.map(({ field, column }) => [field, column]));
}

/** The mapping once `column`, which stands for `before` now, shall stand for `field`; '' is
 * nothing. */
export function remapped(
  mapping: Mapping,
  column: string,
  before: string | null,
  field: string,
): Mapping {
  const left = before !== null && before !== field ? { ...mapping, [before]: '' } : mapping;
  return field === '' ? left : { ...left, [field]: column };
}
