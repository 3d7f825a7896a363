/** The operations that wait in tabs for whoever opens GraphiQL first. They fit the demo's items. */
import type { GraphiQLProps } from 'graphiql';

type Tab = NonNullable<GraphiQLProps['defaultTabs']>[number];

export const WELCOME = `# Ctrl+Space completes, Ctrl+Enter runs; the docs
# are behind the book on the left. Sign in above:
# without a session little is answered.

`;

const items = `# What is there now, and which place in the log of
# events that is. Who subscribes after that
# syncCursor misses nothing.
query Items {
  syncCursor
  items(first: 5, orderBy: { by: STOCK }) {
    nodes {
      id
      sku
      name
      stock
      minStock
      status
      version
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const adjust = `# Sell two. The same idempotencyKey again changes
# nothing and gives the first result once more, with
# replayed: true. Change the key to sell two more.
mutation AdjustStock($input: AdjustStockInput!) {
  adjustStock(input: $input) {
    item {
      sku
      stock
      status
      version
    }
    movement {
      oldStock
      newStock
      recordedAt
    }
    replayed
    cursor
    userErrors {
      code
      message
      field
    }
  }
}
`;

const updates = `# Each change as it happens, until it is stopped.
# With a cursor as "after": first all since then.
subscription InventoryUpdated($after: Cursor) {
  inventoryUpdated(after: $after) {
    cursor
    type
    item {
      sku
      name
      stock
      status
      version
    }
    details {
      oldStock
      newStock
      actionType
    }
  }
}
`;

const alerts = `# Sell something below its minStock, and see.
subscription AlertRaised($after: Cursor) {
  alertRaised(after: $after) {
    cursor
    alert {
      id
      type
      severity
      title
      currentStock
      minStock
    }
  }
}
`;

const history = `# The ledger of one item: its stock is the sum of
# its movements.
query History($item: ItemRef!) {
  item(ref: $item) {
    sku
    stock
    levels {
      location {
        code
      }
      quantity
    }
    movements(first: 10) {
      nodes {
        actionType
        quantity
        oldStock
        newStock
        recordedAt
      }
    }
    alerts(first: 3) {
      nodes {
        type
        severity
        status
        timestamp
      }
    }
  }
}
`;

function tab(query: string, variables: object): Tab {
  return { query, variables: JSON.stringify(variables, null, 2) };
}

export const examples: Tab[] = [
  { query: items }, // GraphiQL shows no variables in the first of its default tabs
  tab(adjust, {
    input: {
      idempotencyKey: 'first sale',
      item: { sku: 'HAM-16' },
      quantity: -2,
      actionType: 'SALE',
    },
  }),
  tab(updates, { after: null }),
  tab(alerts, { after: null }),
  tab(history, { item: { sku: 'HAM-16' } }),
];
