"""Resolvers that are called directly answer as Strawberry has them answered."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry.extensions import FieldExtension

from graphql_api.engine.direct import call_directly


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.input
class Inner:
    some_number: int = 7
    colour: Colour | None = None


@strawberry.input
class Outer:
    inner: Inner
    others: list[Inner] = strawberry.field(default_factory=list)


class Marked(FieldExtension):
    """Sees the arguments, and changes them and the answer."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:
        if "some_number" in kwargs:
            kwargs["some_number"] += 1
        return f"{self.mark}{info.field_name}{sorted(kwargs)}{next_(source, info, **kwargs)}"

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        if kwargs.get("fails"):
            raise ValueError(self.mark)
        return f"{self.mark}{await next_(source, info, **kwargs)}"


@strawberry.type
class Thing:
    number: int

    @strawberry.field
    def of_self(self, times: int = 2) -> int:
        return self.number * times

    @strawberry.field
    @staticmethod
    def of_parent(thing: strawberry.Parent[Thing], info: strawberry.Info, plus: int) -> str:
        return f"{info.field_name} {thing.number + plus} {info.context}"


@strawberry.type
class Query:
    @strawberry.field
    def thing(self, number: int = 3) -> Thing:
        return Thing(number=number)

    @strawberry.field
    def told(
        self,
        root: Any,
        outer: Outer | None = None,
        colours: list[Colour] | None = strawberry.UNSET,
        lists: list[list[int]] | None = None,
        id: strawberry.ID | None = None,
    ) -> str:
        return repr((root, outer, colours, lists, id))

    @strawberry.field(extensions=[Marked("a"), Marked("b")])  # type: ignore[untyped-decorator]  # theirs
    def marked(self, info: strawberry.Info, some_number: int = 1) -> str:
        return f"{some_number} {info.field_name}"

    @strawberry.field(extensions=[Marked("a"), Marked("b")])  # type: ignore[untyped-decorator]  # theirs
    async def later(self, fails: bool = False, colour: Colour = Colour.RED) -> str:
        return repr((fails, colour))


QUERIES = [
    "{ thing { ofSelf } }",
    "{ thing(number: 4) { ofSelf(times: 5) ofParent(plus: 1) } }",
    "{ told }",
    "{ told(outer: null, colours: null, lists: null, id: null) }",
    '{ told(outer: {inner: {}}, colours: [RED, BLUE], lists: [[1], []], id: "x") }',
    "{ told(outer: {inner: {colour: BLUE}, others: [{someNumber: 1}, {}]}, id: 3) }",
    "{ marked }",
    "{ marked(someNumber: 5) }",
    "{ later }",
    "{ later(colour: BLUE) marked }",
    "{ later(fails: true) }",
]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_resolver_is_called_with_the_same_and_its_answer_is_the_same(query: str) -> None:
    plain, direct = strawberry.Schema(Query), strawberry.Schema(Query)
    call_directly(direct._schema, direct.schema_converter)
    found = [
        await schema.execute(query, context_value="context", root_value="root")
        for schema in (plain, direct)
    ]
    told = [(one.data, [error.formatted for error in one.errors or ()]) for one in found]
    assert told[0] == told[1]
    assert found[0].data is not None or found[0].errors


def test_strawberrys_own_way_is_not_taken() -> None:
    schema = strawberry.Schema(Query)
    before = {name: one.resolve for name, one in schema._schema.query_type.fields.items()}  # type: ignore[union-attr]
    call_directly(schema._schema, schema.schema_converter)
    after = {name: one.resolve for name, one in schema._schema.query_type.fields.items()}  # type: ignore[union-attr]
    assert before.keys() == after.keys() == {"thing", "told", "marked", "later"}
    assert all(before[name] is not after[name] for name in before)
