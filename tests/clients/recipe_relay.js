// Runs the environment of the recipe for Relay, with what Relay's compiler would have written, and
// with answers that come late: see recipe_late.js.
import relay from 'relay-runtime';
import { ITEMS, lateAnswers } from './recipe_late.js';
import { environment } from './relay.js';
import { ask } from './session.js';

const field = (name) => ({ alias: null, args: null, kind: 'ScalarField', name, storageKey: null });
const selections = [
  {
    alias: null,
    args: [{ kind: 'Variable', name: 'after', variableName: 'after' }],
    concreteType: 'InventoryUpdate',
    kind: 'LinkedField',
    name: 'inventoryUpdated',
    plural: false,
    selections: [
      field('cursor'),
      field('type'),
      {
        alias: null,
        args: null,
        concreteType: 'InventoryItem',
        kind: 'LinkedField',
        name: 'item',
        plural: false,
        selections: ['id', 'sku', 'version', 'stock'].map(field),
        storageKey: null,
      },
    ],
    storageKey: null,
  },
];
const argumentDefinitions = [{ defaultValue: null, kind: 'LocalArgument', name: 'after' }];
const fragment = {
  argumentDefinitions,
  kind: 'Fragment',
  metadata: null,
  name: 'Updates',
  selections,
  type: 'Subscription',
  abstractKey: null,
};
const subscription = {
  kind: 'Request',
  fragment,
  operation: { argumentDefinitions, kind: 'Operation', name: 'Updates', selections },
  params: {
    cacheID: 'updates',
    id: null,
    metadata: {},
    name: 'Updates',
    operationKind: 'subscription',
    text: `subscription Updates($after: Cursor) {
      inventoryUpdated(after: $after) { cursor type item { id sku version stock } }
    }`,
  },
};

const linked = (name, concreteType, inner, more = {}) => ({
  alias: null,
  args: null,
  concreteType,
  kind: 'LinkedField',
  name,
  plural: false,
  selections: inner,
  storageKey: null,
  ...more,
});
const fields = ['id', 'sku', 'version', 'stock'].map(field);
const nodes = linked('nodes', 'InventoryItem', fields, { plural: true });
const first = {
  args: [{ kind: 'Literal', name: 'first', value: 100 }],
  storageKey: 'items(first:100)',
};
const asked = [field('syncCursor'), linked('items', 'InventoryItemConnection', [nodes], first)];
const query = {
  kind: 'Request',
  fragment: {
    argumentDefinitions: [],
    kind: 'Fragment',
    metadata: null,
    name: 'Items',
    selections: asked,
    type: 'Query',
    abstractKey: null,
  },
  operation: { argumentDefinitions: [], kind: 'Operation', name: 'Items', selections: asked },
  params: {
    cacheID: 'items',
    id: null,
    metadata: {},
    name: 'Items',
    operationKind: 'query',
    text: ITEMS,
  },
};
const operation = relay.createOperationDescriptor(query, {});
environment.retain(operation); // it is on show

const { syncCursor, items } = await ask('{ syncCursor items(first: 100) { nodes { sku } } }');
console.log(JSON.stringify({ stock: items.nodes }));
relay.requestSubscription(environment, {
  subscription,
  variables: { after: syncCursor },
  onNext: (data) => console.log(JSON.stringify(data.inventoryUpdated)),
  onError: (error) => console.error(error),
});
await lateAnswers({
  ask: () => relay.fetchQuery(environment, query, {}, { fetchPolicy: 'network-only' }).toPromise(),
  cached: () => environment.lookup(operation.fragment).data,
});
