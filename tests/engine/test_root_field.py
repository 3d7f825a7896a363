"""Operations of one root field, which run without an executor once they are known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from typing import Any

import orjson
import pytest
import strawberry

from graphql_api.engine.execution import Execution
from graphql_api.engine.executor import PlainFieldExecutor
from graphql_api.engine.schema import PreparedSchema
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.settings import Settings


@strawberry.type
class Book:
    title: str
    pages: int

    @strawberry.field
    def initial(self) -> str:
        return self.title[0]


CALLED: list[dict[str, Any]] = []


def noted(**given: Any) -> None:
    CALLED.append(given)


@strawberry.type
class Query:
    @strawberry.field
    async def book(
        self, title: str = "Emma", pages: int = 3, words: list[str] | None = None
    ) -> Book:
        noted(title=title, pages=pages, words=words)
        if title == "none":
            raise ValueError("no such book")
        return Book(title=title, pages=pages)

    @strawberry.field
    def maybe(self, title: str | None = None) -> Book | None:
        noted(title=title)
        return None if title is None else Book(title=title, pages=1)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def shelve(self, title: str) -> Book:
        noted(title=title)
        return Book(title=title, pages=1)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def numbers(self) -> AsyncIterable[int]:
        yield 1


def make() -> PreparedSchema:
    return PreparedSchema(
        Settings(), Vocabulary(), query=Query, mutation=Mutation,
        subscription=Subscription, scalars={},
    )  # fmt: skip


async def answer(schema: PreparedSchema, text: str, **variables: Any) -> dict[str, Any]:
    execution = Execution(schema)
    context: Any = None
    told = await execution.answer(execution.plan(text, None, variables), context)
    answered: dict[str, Any] = json.loads(orjson.dumps(told))
    return answered


QUERIES: list[tuple[str, dict[str, Any]]] = [
    ("{ book { title pages initial __typename } }", {}),
    ('{ b: book(title: "É \\" x", words: ["a", "b"]) { t: title } }', {}),
    ("query ($p: Int = 7) { book(pages: $p) { pages } }", {}),
    ("query ($p: Int = 7) { book(pages: $p) { pages } }", {"p": 9}),
    ("query ($p: Int = 7) { book(pages: $p) { pages } }", {"p": None}),
    ("query ($p: Int) { book(pages: $p) { pages } }", {}),
    ("query ($p: Int!) { book(pages: $p) { pages } }", {"p": 2**31 - 1}),
    ("query ($p: Int!) { book(pages: $p) { pages } }", {"p": "x"}),
    ("query ($w: String!) { book(words: [$w]) { title } }", {"w": "inner"}),
    ("query ($w: [String!]) { book(words: $w) { title } }", {"w": ["a"]}),
    ('{ book(title: "none") { title } }', {}),
    ("{ maybe { title } }", {}),
    ("query ($t: String) { maybe(title: $t) { title } }", {"t": "T"}),
    ("query ($t: String) { maybe(title: $t) { title } }", {"t": None}),
    ('mutation { shelve(title: "x") { title } }', {}),
    ("mutation ($t: String!) { shelve(title: $t) { title initial } }", {"t": ""}),
    ("{ a: book { title } b: book { title } }", {}),
    ("{ ...F } fragment F on Query { book { title } book { pages } }", {}),
]


@pytest.mark.parametrize(("text", "variables"), QUERIES)
async def test_a_known_operation_is_answered_as_when_it_was_new_and_its_resolver_called_as_often(
    text: str, variables: dict[str, Any]
) -> None:
    schema = make()
    told = []
    for _ in range(3):
        CALLED.clear()
        answered = await answer(schema, text, **variables)
        for error in answered.get("errors", ()):
            error["message"] = error["message"].split("(error")[0]
            error["extensions"].pop("errorId", None)
        told.append((answered, list(CALLED)))
    assert told == told[:1] * 3


async def test_nothing_is_executed_for_a_known_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = make()
    text = "query ($t: String!) { book(title: $t) { title } }"
    await answer(schema, text, t="first")
    monkeypatch.setattr(PlainFieldExecutor, "execute_operation", None)
    monkeypatch.setattr(PlainFieldExecutor, "execute_field", None)
    told = await answer(schema, text, t="second")
    assert told["data"] == {"book": {"title": "second"}}
