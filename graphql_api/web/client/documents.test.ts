// @vitest-environment node
/** Rules that every document of the pages must keep, and that the types cannot tell. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import {
  Source,
  TypeInfo,
  buildSchema,
  getNamedType,
  parse,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { DocumentNode, GraphQLSchema, SelectionSetNode } from 'graphql';
import { expect, test } from 'vitest';

const WEB = join(import.meta.dirname, '..');
const schema = buildSchema(readFileSync(join(WEB, '../../schema.graphql'), 'utf8'));
const files = ['client', 'console']
  .flatMap((folder) =>
    readdirSync(join(WEB, folder), { recursive: true }).map((name) => `${folder}/${String(name)}`),
  )
  .filter((name) => name.endsWith('.graphql'));
const documents = files.map((name) =>
  parse(new Source(readFileSync(join(WEB, name), 'utf8'), name)),
);
const fragments = new Map(
  documents
    .flatMap(({ definitions }) => definitions)
    .flatMap((node) =>
      node.kind === 'FragmentDefinition' ? [[node.name.value, node] as const] : [],
    ),
);

/** The fields of a selection, those of its fragments included. */
function fieldsOf(set: SelectionSetNode): string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === 'Field') return [selection.alias ? '' : selection.name.value];
    const inner =
      selection.kind === 'InlineFragment'
        ? selection.selectionSet
        : fragments.get(selection.name.value)?.selectionSet;
    return inner ? fieldsOf(inner) : [];
  });
}

/** Where a selection on `typename` lacks one of `wanted`. */
function lacking(
  all: DocumentNode[],
  inSchema: GraphQLSchema,
  typename: string,
  wanted: string[],
): string[] {
  const found: string[] = [];
  const types = new TypeInfo(inSchema);
  const look = visitWithTypeInfo(types, {
    SelectionSet(node) {
      const type = types.getParentType();
      if (!type || getNamedType(type).name !== typename) return;
      const fields = fieldsOf(node);
      if (fields.join() === 'id') return; // names it, and says nothing about it
      const { source, startToken } = node.loc ?? {};
      const where = `${source?.name}:${startToken?.line}`;
      for (const name of wanted) if (!fields.includes(name)) found.push(`${where} lacks ${name}`);
    },
  });
  for (const document of all) visit(document, look);
  return found;
}

test('an item is always asked for with its version, which decides what the cache keeps', () => {
  expect(files.length).toBeGreaterThan(3);
  expect(lacking(documents, schema, 'InventoryItem', ['id', 'version'])).toEqual([]);
});

test('the rule finds one that lacks it', () => {
  const bad = parse('query { items { nodes { id name } } }');
  expect(lacking([bad], schema, 'InventoryItem', ['id', 'version'])).toEqual([
    'GraphQL request:1 lacks version',
  ]);
});

test('what has an identity is asked for with its id', () => {
  for (const typename of ['Alert', 'Notification', 'StockMovement', 'User', 'Location']) {
    expect(lacking(documents, schema, typename, ['id'])).toEqual([]);
  }
});
