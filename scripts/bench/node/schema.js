// The types of the contract's InventoryUpdate and a shelf of items, for both Node contestants.
import { createHash, randomUUID } from "node:crypto";

export const typeDefs = `#graphql
  scalar DateTime
  scalar Decimal
  enum StockStatus { IN_STOCK LOW_STOCK OUT_OF_STOCK }
  enum InventoryUpdateType { CREATED UPDATED DELETED STOCK_UPDATED }
  enum ActionType { RECEIPT SALE }
  type InventoryItem {
    id: ID!  sku: String!  name: String!  price: Decimal!
    stock: Int!  minStock: Int!  status: StockStatus!
  }
  type StockChangeDetails { oldStock: Int  newStock: Int  quantity: Int  actionType: ActionType }
  type InventoryUpdate {
    type: InventoryUpdateType!  item: InventoryItem!  details: StockChangeDetails
    userId: ID  timestamp: DateTime!
  }
  type InventoryItemEdge { node: InventoryItem! }
  type InventoryItemConnection { edges: [InventoryItemEdge!]! }
  type Query { items(first: Int = 25, after: String): InventoryItemConnection! }
  type Mutation { emit(count: Int!): Boolean! }
  type Subscription { inventoryUpdated: InventoryUpdate! }
`;

const USER_ID = randomUUID();

const stableId = (number) => {
  const hex = createHash("sha1").update(`item ${number}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
};

const statusOf = (stock, minStock) =>
  stock === 0 ? "OUT_OF_STOCK" : stock <= minStock ? "LOW_STOCK" : "IN_STOCK";

// price in hundredths, stock in whole units
const itemOf = ({ id, sku, name, price_cents, stock, min_stock }) => ({
  id, sku, name, stock, minStock: min_stock,
  price: (price_cents / 100).toFixed(2),
  status: statusOf(stock, min_stock),
});

const ITEMS = Array.from({ length: 1000 }, (_, number) => itemOf({
  id: stableId(number),
  sku: `SKU-${String(number).padStart(6, "0")}`,
  name: `Item number ${String(number).padStart(6, "0")}`,
  price_cents: 1000 + number, stock: 1_000_000, min_stock: 5,
}));

export const pageFromMemory = (first) => ITEMS.slice(0, first);

// The event that tells that one more unit of the first item has come in.
export const nextUpdate = () => {
  const item = ITEMS[0];
  const oldStock = item.stock;
  item.stock += 1;
  return {
    type: "STOCK_UPDATED",
    item: { ...item },
    details: { oldStock, newStock: item.stock, quantity: 1, actionType: "RECEIPT" },
    userId: USER_ID,
    timestamp: new Date().toISOString(),
  };
};

// Reads pages from the SQLite file; better-sqlite3 is an optional dependency.
export const pageFromSqlite = async (file) => {
  const { default: Database } = await import("better-sqlite3");
  const page = new Database(file, { readonly: true }).prepare(
    "SELECT id, sku, name, price_cents, stock, min_stock FROM item WHERE sku > ? ORDER BY sku LIMIT ?",
  );
  return (first, after = "") => page.all(after, first).map(itemOf);
};

export const connection = (items) => ({ edges: items.map((node) => ({ node })) });
