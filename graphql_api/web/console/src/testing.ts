/** Samples for tests. */
import type { EditedItemFragment } from '../../client/generated/graphql';

export function sampleItem(changes: Partial<EditedItemFragment> = {}): EditedItemFragment {
  return {
    __typename: 'InventoryItem',
    id: '7',
    sku: 'HAM-16',
    name: 'Claw hammer',
    description: '',
    category: 'tools',
    barcode: null,
    barcodes: [],
    unit: 'unit',
    units: [{ __typename: 'ItemUnit', name: 'unit', factor: 1 }],
    displayUnit: 'unit',
    price: '18.90',
    cost: null,
    stock: 12,
    minStock: 5,
    leadTimeDays: null,
    status: 'IN_STOCK',
    visibility: 'EVERYONE',
    version: 3,
    deletedAt: null,
    archivedAt: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-02T00:00:00Z',
    ...changes,
  } as EditedItemFragment;
}
