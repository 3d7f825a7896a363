"""The short way for plain fields answers as the general one does: data, order, nulls and errors."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.engine import schema as engine_schema
from graphql_api.engine import writers
from graphql_api.engine.execution import Execution
from graphql_api.engine.schema import PreparedSchema
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.settings import Settings
from schema import build_schema
from schema.context import Context
from tests.builders import make_item, move
from tests.schema.api import USER_IDS, Api

PLAIN = "id sku name description category barcode unit price stock minStock status visibility"
QUERIES = [
    f"{{ items {{ nodes {{ {PLAIN} version deletedAt createdAt updatedAt cost }} }} }}",
    "{ items { nodes { stock __typename movements { totalCount } name levels { quantity } } } }",
    "{ items { nodes { b: sku a: sku sku cost c: cost unit } totalCount pageInfo { endCursor } } }",
    "{ items { edges { cursor node { ... on InventoryItem { sku } ...F } } } } "
    "fragment F on Node { id ... @include(if: true) { __typename } ... @skip(if: true) { x: id } }",
    "query($y: Boolean = true) { items { nodes { sku @skip(if: $y) name @include(if: $y) } } }",
    "{ items { nodes { sku sku ...G ...G } } } fragment G on InventoryItem { stock sku name }",
    "{ alerts { nodes { type severity status title message itemId currentStock timestamp "
    "acknowledgedBy { name } acknowledgedAt item { sku status } } } }",
    "{ stockMovements { nodes { actionType quantity oldStock newStock reason userId occurredAt "
    "location { code } item { sku } } } }",
    "{ __typename items { __typename edges { t: __typename cursor node { sku __typename } } "
    "pageInfo { __typename hasNextPage startCursor } nodes { ... on Node { __typename id } } } }",
    "{ viewer { id email name role active } locations { id code name } }",
    "{ ledgerCheck { itemsChecked movementsChecked drifted ok } }",
    '{ item(ref: { sku: "NONE" }) { sku } users { nodes { role } } }',
    "{ realtimeStatus { connections connectionsByRole { role count } slowSockets } }",
]
# What an item must never be, and what a client is told of it then.
BROKEN: list[dict[str, Any]] = [
    {"stock": 2**40}, {"stock": None}, {"stock": "many"}, {"name": None}, {"name": 7}, {"id": None},
    {"category": 5}, {"deleted_at": "yesterday"}, {"version": 1.5}, {"admins_only": 5},
    {"price": None}, {"unit": ["x"]}, {"version": True}, {"stock": -(2**31)},
]  # fmt: skip


@pytest.fixture
def general(monkeypatch: pytest.MonkeyPatch) -> PreparedSchema:
    """The same schema with Strawberry's own executor."""
    with monkeypatch.context() as patched:
        patched.setattr(engine_schema, "PlainFieldExecutor", StrawberryGraphQLCoreExecutionContext)
        return build_schema(Settings())


async def answers(
    api: Api, general: PreparedSchema, query: str, role: Role = Role.ADMIN
) -> tuple[bytes, bytes]:
    """What both ways answer, as bytes: the order of fields counts. Ids of faults are left out."""
    told = []
    for schema in (api.app.schema, api.app.schema, general):  # ours when new, and when known
        viewer = Viewer(USER_IDS[role], 0, role, 0)
        execution, context = Execution(schema), Context(api.services, viewer)
        answer = await execution.answer(execution.plan(query, None, None), context)
        text = orjson.dumps({"data": answer["data"], "errors": answer.get("errors", [])})
        told.append(re.sub(rb"[0-9a-f]{12}", b"ID", text))
    assert told[0] == told[1], query
    return told[1], told[2]


@pytest.mark.parametrize("role", Role)
async def test_both_ways_give_the_same_bytes(api: Api, general: PreparedSchema, role: Role) -> None:
    for number in range(3):
        item = await make_item(
            api.services, f"S-{number}", cost=15_000, min_stock=50,
            category="c" if number else None, barcode=f"b{number}" if number else None,
        )  # fmt: skip
        await move(api.services, item, -10)
    for query in QUERIES:
        short, long = await answers(api, general, query, role)
        assert short == long, query
        assert role is not Role.ADMIN or b'"errors":[]' in short


async def test_both_ways_say_the_same_of_what_cannot_be_told(
    api: Api, general: PreparedSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await make_item(api.services)
    for broken in BROKEN:
        odd: Any = replace(item, **broken)

        async def find(*_: Any, found: Any = odd) -> Any:
            return found

        monkeypatch.setattr(Catalogue, "find", find)
        for query in (
            f'{{ viewer {{ id }} item(ref: {{ sku: "A" }}) {{ {PLAIN} version deletedAt }} }}',
            '{ item(ref: { sku: "A" }) { category a: stock name b: stock } }',
        ):
            short, long = await answers(api, general, query)
            assert short == long, broken


async def test_a_selection_is_compiled_once_it_has_read_some_objects_and_not_before(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: a hundred selections of one new document, each compiled to read one
    object, took 50 ms."""
    compiled: list[Any] = []
    real = writers._compiled

    def counted(*given: Any) -> Any:
        compiled.append(given)
        return real(*given)

    monkeypatch.setattr(writers, "_compiled", counted)
    for number in range(writers.WARM + 5):
        await make_item(api.services, f"w-{number:02}")
    query = "query($n: Int) { items(first: $n) { nodes { warm: id sku name stock deletedAt } } }"
    few = await api.user.query(query, n=5)
    assert compiled == []
    many = await api.user.query(query, n=writers.WARM + 5)
    assert len(compiled) == 1
    assert many["items"]["nodes"][:5] == few["items"]["nodes"]
    assert len({node["sku"] for node in many["items"]["nodes"]}) == writers.WARM + 5
