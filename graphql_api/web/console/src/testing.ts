/** Samples for tests. */
import type { Item } from '../../client';

export function sampleItem(changes: Partial<Item> = {}): Item {
  return {
    __typename: 'InventoryItem',
    id: '7',
    sku: 'HAM-16',
    name: 'Claw hammer',
    description: '',
    category: 'tools',
    barcode: null,
    unit: 'unit',
    price: '18.90',
    cost: null,
    stock: 12,
    minStock: 5,
    status: 'IN_STOCK',
    visibility: 'EVERYONE',
    version: 3,
    deletedAt: null,
    archivedAt: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-02T00:00:00Z',
    ...changes,
  } as Item;
}
