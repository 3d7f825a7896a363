"""The GraphQL schema: code first, one face for each noun.

`build_schema` makes it for a set of limits; `export_sdl` prints what stands in schema.graphql.
`FACES` is the list of what there is: a noun is a folder in graphql_api, a face here, and its line
in this list.
"""

from __future__ import annotations

import strawberry
from strawberry.tools import merge_types

from graphql_api.engine.schema import PreparedSchema
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.services import Noun
from graphql_api.settings import Settings
from schema import (
    accounts,
    alert_actions,
    alerts,
    attachments,
    business,
    categories,
    figures,
    holds,
    import_mappings,
    imports,
    item_changes,
    items,
    labels,
    locations,
    movements,
    notification_choices,
    notifications,
    place_contents,
    presence,
    realtime,
    reorder,
    reversals,
    scanning,
    stock,
)
from schema.faces import Face, check_faces
from schema.nodes import nodes_of
from schema.one_password import OnePassword
from schema.prices import PRICES
from schema.scalars import SCALARS

# In this order nouns are made: each may use those before it.
FACES: tuple[Face, ...] = (
    realtime.FACE,
    accounts.FACE,
    items.FACE,
    item_changes.FACE,
    categories.FACE,
    locations.FACE,
    place_contents.FACE,
    scanning.FACE,
    movements.FACE,
    stock.FACE,
    reversals.FACE,
    figures.FACE,
    reorder.FACE,
    business.FACE,
    labels.FACE,
    attachments.FACE,
    alerts.FACE,
    alert_actions.FACE,
    holds.FACE,
    imports.FACE,
    import_mappings.FACE,
    notifications.FACE,
    notification_choices.FACE,
    presence.FACE,
)
NOUNS: tuple[Noun, ...] = tuple(face.noun for face in FACES if face.noun is not None)
NODES = nodes_of(FACES)
# A document with every kind of thing in it: variables and their defaults, input objects and
# lists, fragments of both kinds, directives, aliases, equal siblings.
WARMING = """
query Q($where: ItemFilter, $first: Int = 1, $no: Boolean = false) {
  items(where: $where, first: $first) { nodes { ...I movements(first: 1) { nodes { id } } } }
  other: items(where: {skus: ["a"]}) { nodes { id id @skip(if: $no) ... on InventoryItem { sku } } }
}
subscription S($where: InventoryUpdateFilter, $after: Cursor) {
  inventoryUpdated(where: $where, after: $after) { cursor type item { ...I } }
}
subscription A($where: AlertFilter) { alertRaised(where: $where) { alert { id } } }
fragment I on InventoryItem { id name stock }
"""
VOCABULARY = Vocabulary(
    prices=PRICES,
    rules=(OnePassword,),
    head_field="syncCursor",
    warming=WARMING,
    warming_variables={
        "Q": {"where": {"skus": ["a"]}},
        "S": {"where": {"itemIds": ["1"], "types": ["CREATED"]}},
        "A": {"where": {"itemIds": ["1"]}},
    },
)

check_faces()


def _root(name: str, parts: list[type | None], description: str) -> type:
    """A root type out of the faces' parts."""
    merged = merge_types(name, tuple(part for part in parts if part is not None))
    return strawberry.type(merged, description=description)


def build_schema(limits: Settings) -> PreparedSchema:
    """The schema under these limits."""
    return PreparedSchema(
        limits,
        VOCABULARY,
        query=QUERY,
        mutation=MUTATION,
        subscription=SUBSCRIPTION,
        scalars=SCALARS,
    )


QUERY = _root(
    "Query",
    [face.queries for face in (*FACES, NODES)],
    "What can be read. Lists are Relay connections with keyset cursors.",
)
MUTATION = _root(
    "Mutation",
    [face.mutations for face in FACES],
    "What can be changed. Expected failures are `userErrors` on a null result.",
)
SUBSCRIPTION = _root(
    "Subscription",
    [face.subscriptions for face in FACES],
    "What can be followed live, without a hole across reconnects.",
)


def export_sdl() -> str:
    """The schema as text, as it stands in schema.graphql."""
    return build_schema(Settings()).as_str().rstrip() + "\n"
