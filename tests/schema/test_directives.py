"""What introspection says of directives, to readers of any age."""

from __future__ import annotations

from graphql import get_introspection_query, graphql_sync

from graphql_api.settings import Settings
from schema import build_schema, export_sdl

# GraphQL specification, October 2021, 4.2.6 (with VARIABLE_DEFINITION), all that gql 3.5 knows.
RELEASED = {
    "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT", "VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
}  # fmt: skip


def test_directives_stand_only_where_a_released_specification_has_a_place() -> None:
    """How the bug came about: gql 3.5 read DIRECTIVE_DEFINITION and refused the schema."""
    told = graphql_sync(build_schema(Settings())._schema, get_introspection_query())
    assert told.data is not None
    directives = {d["name"]: set(d["locations"]) for d in told.data["__schema"]["directives"]}
    assert {"skip", "include", "deprecated"} <= set(directives)
    for name, places in directives.items():
        assert places <= RELEASED, name
    assert "FIELD_DEFINITION" in directives["deprecated"]
    assert "DIRECTIVE_DEFINITION" not in export_sdl()
