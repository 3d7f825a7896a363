/** Which column stands for which field, as a person changes what the server proposed. */

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
