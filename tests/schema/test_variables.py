"""Variables on the short way are what graphql-core makes of them, or are left to it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_operation_ast,
    parse,
)
from graphql.execution.values import get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.engine.variables import Variables
from graphql_api.settings import Settings
from schema import build_schema as build_inventory

OURS: GraphQLSchema = build_inventory(Settings())._schema
INPUTS = sorted(n for n, t in OURS.type_map.items() if isinstance(t, GraphQLInputObjectType))
ODD = [None, True, 0, -1, 2**31, 1.0, 1.5, "", "x", "12", [], ["a"], [None], {}, {"no": 1}]
SMALL = build_schema(
    """
    type Query { f(a: Int): Int }
    enum Colour { RED GREEN }
    input Within { n: Int! = 3, tags: [String!], colour: Colour = GREEN, self: [Within!] }
    input Flat { n: Int! = 3, tags: [[String!]!], colour: Colour = GREEN, id: ID, b: Boolean! }
    input One @oneOf { a: Int, b: String }
    """
)


def operation(text: str) -> OperationDefinitionNode:
    """The operation of a document."""
    found = get_operation_ast(parse(text), None)
    assert found is not None
    return found


def check(schema: GraphQLSchema, text: str, values: dict[str, Any]) -> bool:
    """Compare both ways; whether the short one had an answer."""
    node = operation(text)
    short = Variables(schema, node).read(values)
    whole = get_variable_values(schema, node.variable_definitions or (), values)
    if short is None:
        return False
    assert not isinstance(whole, list), whole
    assert short.coerced == whole.coerced
    assert list(short.coerced) == list(whole.coerced)
    assert short.sources.keys() == whole.sources.keys()
    return True


def likely(kind: Any, depth: int = 3) -> st.SearchStrategy[Any]:
    """Values of a type that are mostly right, and sometimes odd."""
    odd = st.sampled_from(ODD)
    if isinstance(kind, GraphQLNonNull):
        return likely(kind.of_type, depth)
    if isinstance(kind, GraphQLList):
        return st.one_of(st.lists(likely(kind.of_type, depth), max_size=3), odd)
    if isinstance(kind, GraphQLEnumType):
        return st.one_of(st.sampled_from(sorted(kind.values)), odd)
    if isinstance(kind, GraphQLInputObjectType) and depth:
        members = {name: likely(field.type, depth - 1) for name, field in kind.fields.items()}
        return st.one_of(st.fixed_dictionaries({}, optional=members), odd)
    return st.one_of(st.sampled_from(["12", "x", "2026-01-31T12:00:00Z", "1.50"]), odd)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_every_input_of_ours_is_read_as_graphql_core_reads_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(INPUTS))
    mark = data.draw(st.sampled_from(["", "!"]))
    values = {"v": data.draw(likely(OURS.type_map[name]))} if data.draw(st.booleans()) else {}
    check(OURS, f"query ($v: {name}{mark}) {{ __typename }}", values)


def test_inputs_of_ours_take_the_short_way() -> None:
    line = {"item": {"id": "1"}, "quantity": 2, "actionType": "RECEIPT"}
    for name, value in (
        ("AdjustStockInput", {"idempotencyKey": "k", **line}),
        ("AdjustStockBatchInput", {"idempotencyKey": "k", "lines": [line, line]}),
        ("ItemRef", {"sku": "A"}),
        ("ItemFilter", {}),
    ):
        assert check(OURS, f"query ($v: {name}!) {{ __typename }}", {"v": value}), name


@pytest.mark.parametrize(
    ("declared", "values", "is_short"),
    [
        ("$v: Int = 7", {}, True),
        ("$v: Int = 7", {"v": None}, True),
        ("$v: Int! = 7", {"v": None}, False),
        ("$v: Int", {}, True),
        ("$v: Int!", {}, False),
        ("$v: Int", {"v": True}, False),
        ("$v: Int", {"v": 3.0}, True),
        ("$v: [Int!]", {"v": 3}, False),  # a list of one without brackets: the other way has it
        ("$v: Flat", {"v": {"b": True, "id": 5, "tags": [["a"], []]}}, True),
        ("$v: Flat", {"v": {"b": True, "colour": None, "tags": None}}, True),
        ("$v: Flat", {"v": {}}, False),
        ("$v: Flat", {"v": {"b": True, "more": 1}}, False),
        ("$v: Within", {"v": {"self": [{"self": []}]}}, False),  # a type within itself
        ("$v: One", {"v": {"a": 1}}, True),
        ("$v: One", {"v": {"a": None}}, False),
        ("$v: One", {"v": {"a": 1, "b": "x"}}, False),
        ("$v: Query", {"v": {}}, False),
        ("$v: Nowhere", {"v": {}}, False),
    ],
)
def test_what_is_unusual_is_left_to_graphql_core(
    declared: str, values: dict[str, Any], is_short: bool
) -> None:
    assert check(SMALL, f"query ({declared}) {{ __typename }}", values) is is_short
