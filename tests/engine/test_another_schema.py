"""The engine knows no noun: here it serves a schema of books."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
import strawberry

from graphql_api.delivery.filters import Interest
from graphql_api.delivery.hub import Hub
from graphql_api.engine.execution import Execution, OperationRefused
from graphql_api.engine.feed import Feed
from graphql_api.engine.schema import PreparedSchema
from graphql_api.engine.vocabulary import Prices, Vocabulary
from graphql_api.events.log import Event, Log
from graphql_api.services import Services
from graphql_api.settings import Settings
from schema.faces import computed


@dataclass(frozen=True)
class ReaderRole:
    bit: int = 1


@dataclass(frozen=True)
class Reader:
    user_id: int
    role: ReaderRole = field(default_factory=ReaderRole)


@dataclass
class Shelf:
    """A context as the engine asks for it, over the log and the hub of a real process."""

    log: Log
    hub: Hub
    signed_in: Reader
    is_shared: bool = False

    async def role_now(self) -> ReaderRole:
        return self.signed_in.role

    async def read_head(self) -> None:
        """Nothing in this schema tells the head."""

    def for_everyone(self) -> Shelf:
        self.is_shared = True
        return self


@strawberry.type
class Book:
    title: str

    @computed("Whether it is me who has it.", personal=True)
    @staticmethod
    def borrowed_by_me(info: strawberry.Info) -> bool:
        shelf: Shelf = info.context
        assert not shelf.is_shared, "a personal field is rendered for one person"
        return shelf.signed_in.user_id == 7

    @strawberry.field
    @staticmethod
    def is_shared(info: strawberry.Info) -> bool:
        return bool(info.context.is_shared)


@strawberry.type
class Query:
    @strawberry.field
    def books(self) -> list[Book]:
        return [Book(title="Emma")]


@strawberry.type
class Mutation:
    @strawberry.mutation
    def shelve(self, title: str) -> Book:
        return Book(title=title)


@strawberry.type
class Subscription:
    @strawberry.subscription
    def shelved(self, info: strawberry.Info) -> AsyncIterable[Book]:
        return Feed(
            info.context,
            Interest("books", frozenset({"SHELVED"})),
            lambda event, _: Book(title=event.payload["title"]),
            None,
        )


PRICES = Prices(list_sizes={("Query", "books"): 40})


@pytest.fixture(scope="module")
def schema() -> PreparedSchema:
    return PreparedSchema(
        Settings(cost_max=100),
        Vocabulary(prices=PRICES),
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        scalars={},
    )


def shelf_of(services: Services, user_id: int) -> Shelf:
    return Shelf(services.log, services.hub, Reader(user_id))


def as_told(answer: dict[str, Any]) -> dict[str, Any]:
    """As a client reads it: parts of it are text already."""
    told: dict[str, Any] = orjson.loads(orjson.dumps(answer))
    return told


def event(title: str) -> Event:
    return Event("books", "SHELVED", None, 1, None, {"title": title})


async def test_queries_and_mutations_run_and_tell_their_cost(
    schema: PreparedSchema, services: Services
) -> None:
    execution, shelf = Execution(schema), shelf_of(services, 7)
    plan = execution.plan("{ books { title borrowedByMe } }", None, None)
    told = as_told(await execution.answer(plan, shelf))
    assert told["data"] == {"books": [{"title": "Emma", "borrowedByMe": True}]}
    assert told["extensions"]["cost"] == plan.cost == 40
    plan = execution.plan('mutation { shelve(title: "Persuasion") { title } }', None, None)
    told = as_told(await execution.answer(plan, shelf))
    assert told["data"] == {"shelve": {"title": "Persuasion"}}


async def test_its_own_prices_count_against_the_limit(schema: PreparedSchema) -> None:
    text = "{ a: books { title } b: books { title } c: books { title } }"
    with pytest.raises(OperationRefused) as refused:
        Execution(schema).plan(text, None, None)
    assert refused.value.errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_an_event_is_rendered_for_all_or_for_one(
    schema: PreparedSchema, services: Services
) -> None:
    execution = Execution(schema)

    async def opened(selection: str, user_id: int) -> Any:
        plan = execution.plan(f"subscription {{ shelved {{ {selection} }} }}", None, None)
        shelf = shelf_of(services, user_id)
        return await execution.subscribe(plan, shelf.signed_in, lambda: shelf_of(services, user_id))

    one, other = await opened("title isShared", 7), await opened("title isShared", 8)
    assert one.key == other.key  # they share one rendering, which has no user
    assert json.loads(one.render(event("Emma"), "e"))["data"] == {
        "shelved": {"title": "Emma", "isShared": True}
    }
    mine, theirs = await opened("borrowedByMe", 7), await opened("borrowedByMe", 8)
    assert mine.key != theirs.key
    texts = [json.loads(each.render(event("Emma"), "e")) for each in (mine, theirs)]
    assert [text["data"]["shelved"]["borrowedByMe"] for text in texts] == [True, False]
