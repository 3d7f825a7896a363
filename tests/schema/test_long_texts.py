"""60 KB of combining marks in every field that takes text, found by introspection: no more work
than as many plain letters. Putting such marks in order takes time by the square of their number.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from graphql_api.accounts.roles import Role
from graphql_api.settings import Settings
from schema import build_schema
from tests.campaigns import only_full
from tests.schema.api import Api

CHARACTERS = 60_000  # beside them, a body of 64 KiB in plain letters has no room for much
MARKS = "a" + "\u0301\u0316" * (CHARACTERS // 2)
LETTERS = "ab" * (CHARACTERS // 2)
SCHEMA = build_schema(Settings())._schema
NUMBERS = {"Int": 1, "Float": 1.0, "Boolean": True}
TIMES = 8  # how much more than plain letters; the square of 60,000 is thousands of times
AT_ONCE_S = 0.05  # process time that says nothing: what runs beside it in this process


def texts(type_: GraphQLInputType, depth: int = 0) -> Iterator[tuple[str, ...]]:
    """The path of each text within an input type."""
    inner = get_named_type(type_)
    if isinstance(inner, GraphQLScalarType) and inner.name not in NUMBERS:
        yield ()
    elif isinstance(inner, GraphQLInputObjectType) and depth < 4:
        for name, field in inner.fields.items():
            yield from ((name, *path) for path in texts(field.type, depth + 1))


def value(type_: GraphQLInputType, text: str, path: tuple[str, ...] | None) -> Any:
    """A value with `text` at `path`, and what else is required; path None: required ones only."""
    if isinstance(type_, GraphQLNonNull):
        return value(type_.of_type, text, path)
    if isinstance(type_, GraphQLList):
        return [value(type_.of_type, text, path)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        made = {
            name: value(field.type, text, path[1:] if path and path[0] == name else None)
            for name, field in type_.fields.items()
            if (path and path[0] == name) or is_required_input_field(field)
        }
        # Of a reference one field must be given, and none is required.
        return made or ({"id": "1"} if "id" in type_.fields else {})
    if type_.name in NUMBERS:
        return NUMBERS[type_.name]
    if path is not None:
        return text
    return {"DateTime": "2026-01-01T00:00:00Z", "Decimal": "1"}.get(type_.name, "x")


def places(kind: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each root field with each path of a text in one of its arguments."""
    root = SCHEMA.get_type(kind)
    assert isinstance(root, GraphQLObjectType)
    for name, field in root.fields.items():
        for argument, of in field.args.items():
            for path in texts(of.type):
                yield name, argument, path


def operation(
    kind: str, place: tuple[str, str, tuple[str, ...]], text: str, is_literal: bool
) -> tuple[str, dict[str, Any]]:
    """The root field with `text` at this place, written out or by variables."""
    name, argument, path = place
    root = SCHEMA.get_type(kind)
    assert isinstance(root, GraphQLObjectType)
    args = root.fields[name].args
    given = {
        arg: value(of.type, text, path if arg == argument else None)
        for arg, of in args.items()
        if arg == argument or is_required_argument(of)
    }
    is_object = hasattr(get_named_type(root.fields[name].type), "fields")
    selection = "{ __typename }" if is_object else ""
    if is_literal:
        passed = ", ".join(f"{arg}: {literal(args[arg].type, given[arg])}" for arg in given)
        return f"{kind.lower()} {{ {name}({passed}) {selection} }}", {}
    declared = ", ".join(f"${arg}: {args[arg].type}" for arg in given)
    passed = ", ".join(f"{arg}: ${arg}" for arg in given)
    return f"{kind.lower()}({declared}) {{ {name}({passed}) {selection} }}", given


def literal(type_: GraphQLType, given: Any) -> str:
    """`given` as it is written in a document."""
    if isinstance(given, list):
        return "[" + ", ".join(literal(get_named_type(type_), one) for one in given) + "]"
    inner = get_named_type(type_)
    if isinstance(inner, GraphQLInputObjectType):
        fields = (f"{name}: {literal(inner.fields[name].type, of)}" for name, of in given.items())
        return "{" + ", ".join(fields) + "}"
    return (
        str(given) if isinstance(inner, GraphQLEnumType) else json.dumps(given, ensure_ascii=False)
    )


async def cpu_s(api: Api, kind: str, query: str, variables: dict[str, Any]) -> float:
    """Process time of asking once."""
    socket = await api.socket(Role.ADMIN) if kind == "Subscription" else None
    begun_s = time.process_time()
    if socket is None:
        assert "INTERNAL_SERVER_ERROR" not in (await api.admin.post(query, variables)).codes
    else:
        payload = {"query": query, "variables": variables}
        await socket.send({"type": "subscribe", "id": "1", "payload": payload})
        await socket.send({"type": "ping", "payload": {}})
        while (await socket.next())["type"] != "pong":
            pass
    took_s = time.process_time() - begun_s
    if socket is not None:
        await socket.close()
    return took_s


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With room for as many marks as a body may have letters: each takes two bytes."""
    return settings.model_copy(
        update={"body_bytes_max": 400_000, "document_characters_max": 100_000}
    )


@pytest.mark.parametrize(
    "is_literal", [pytest.param(False, id="variable"), only_full(True, id="literal")]
)
@pytest.mark.parametrize("kind", ["Query", "Mutation", "Subscription"])
async def test_marks_anywhere_are_no_more_work_than_letters(
    api: Api, kind: str, is_literal: bool
) -> None:
    slow = {}
    for place in places(kind):
        letters_s = await cpu_s(api, kind, *operation(kind, place, LETTERS, is_literal))
        for _ in range(3):  # what runs beside it in this process does not run each time
            marks_s = await cpu_s(api, kind, *operation(kind, place, MARKS, is_literal))
            if marks_s <= TIMES * letters_s + AT_ONCE_S:
                break
        else:
            slow[place] = (marks_s, letters_s)
    assert not slow
