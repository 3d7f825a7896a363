"""What clients outside this repository rely on, and that the schema documents itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    build_schema,
    find_breaking_changes,
    graphql_sync,
    is_introspection_type,
    is_specified_scalar_type,
)
from graphql.utilities import BreakingChangeType

from graphql_api.settings import Settings
from schema import build_schema as build_our_schema
from schema import export_sdl

ROOT = Path(__file__).parents[2]

_PAGE_INFO = """
type PageInfo {
  hasNextPage: Boolean!  hasPreviousPage: Boolean!  startCursor: String  endCursor: String
}
"""
_CONNECTION = """
type {0}Connection {{ nodes: [{0}!]!  edges: [{0}Edge!]!  pageInfo: PageInfo!  totalCount: Int! }}
type {0}Edge {{ cursor: String!  node: {0}! }}
"""


def contract() -> GraphQLSchema:
    """The contract, with the types spelt out that it describes in a sentence."""
    text = (Path(__file__).parent / "contract.graphql").read_text()
    listed = sorted(set(re.findall(r": (\w+)Connection!", text)))
    return build_schema(text + _PAGE_INFO + "".join(_CONNECTION.format(name) for name in listed))


def ours() -> GraphQLSchema:
    return build_schema(export_sdl())


def test_nothing_that_clients_rely_on_was_removed_renamed_or_retyped() -> None:
    assert [change.description for change in find_breaking_changes(contract(), ours())] == []


def test_a_breaking_change_would_be_noticed() -> None:
    broken = export_sdl().replace("  currentStock: Int\n", "  currentStock: Float\n")
    changes = find_breaking_changes(contract(), build_schema(broken))
    assert [change.type for change in changes] == [BreakingChangeType.FIELD_CHANGED_KIND]


def test_every_default_is_as_the_contract_says() -> None:
    assert _defaults(contract()).items() <= _defaults(ours()).items()


def test_every_list_is_a_connection_with_first_and_after() -> None:
    """A contract's sentence; short lists without an end to page to are named."""
    whole = {
        "Query.locations",
        "InventoryItem.levels",
        "Location.path",
        "Location.children",
        "AlertsPayload.alerts",
        "ItemsPayload.items",
    }
    for place, field in _fields(ours()):
        is_list = str(field.type).startswith("[") and str(field.type).strip("[]!") in {
            "Alert", "InventoryItem", "Location", "Notification", "StockLevel", "User",
        }  # fmt: skip
        assert not is_list or place in whole or "Connection." in place, place
        if str(field.type).endswith("Connection!"):
            assert {"first", "after"} <= set(field.args), place


def test_the_schema_file_is_what_the_code_says() -> None:
    assert (ROOT / "schema.graphql").read_text() == export_sdl()


@pytest.mark.parametrize("schema", [ours(), build_our_schema(Settings())._schema])
def test_everything_has_a_description(schema: GraphQLSchema) -> None:
    assert [place for place, text in described(schema) if not (text or "").strip()] == []


def test_descriptions_are_sentences() -> None:
    """They are the documentation that GraphiQL shows."""
    odd = [
        (place, text)
        for place, text in described(ours())
        if not text
        or not re.match(r"[A-Z`0-9]|stock |endCursor|false ", text)
        or text[-1] not in ".…;)"
    ]
    assert odd == []


def test_introspection_tells_of_input_objects_that_take_exactly_one_key() -> None:
    told = graphql_sync(
        build_our_schema(Settings())._schema, '{ __type(name: "ItemRef") { isOneOf } }'
    )
    assert told.data == {"__type": {"isOneOf": True}}
    assert "input ItemRef @oneOf {" in export_sdl()


def _own_types(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    for name, type_ in sorted(schema.type_map.items()):
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield name, type_


def _fields(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    for name, type_ in _own_types(schema):
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Each type, field, argument, enum value and input field, with its description."""
    for name, type_ in _own_types(schema):
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            for value_name, value in type_.values.items():
                yield f"{name}.{value_name}", value.description
        if isinstance(type_, GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
    for place, field in _fields(schema):
        yield place, field.description
        for argument_name, argument in field.args.items():
            yield f"{place}({argument_name})", argument.description


def _defaults(schema: GraphQLSchema) -> dict[str, object]:
    """Each argument and input field that has a default other than null."""
    found: dict[str, object] = {}
    for name, type_ in _own_types(schema):
        if isinstance(type_, GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                found[f"{name}.{field_name}"] = field.default_value
    for place, field in _fields(schema):
        for argument_name, argument in field.args.items():
            found[f"{place}({argument_name})"] = argument.default_value
    return {place: value for place, value in found.items() if value not in (None, Undefined)}
