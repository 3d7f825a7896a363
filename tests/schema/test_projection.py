"""Random documents over the whole schema: the short way and the general one answer with the same
bytes, data and errors, over HTTP's operations and for a subscription's events, for each role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from inspect import isawaitable
from typing import Any

import orjson
import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.engine import schema as engine_schema
from graphql_api.engine import writers
from graphql_api.engine.execution import Execution, OperationRefused
from graphql_api.engine.executor import Selections
from graphql_api.engine.root_field import Known, RootField
from graphql_api.engine.schema import PreparedSchema
from graphql_api.engine.writers import Part
from graphql_api.events.log import Event
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item_reading import item_reader
from graphql_api.inventory.items import Items
from graphql_api.settings import Settings
from schema import build_schema
from schema.context import Context
from tests.builders import archival, hide, make_item, make_location, move, removal
from tests.campaigns import chance
from tests.schema.api import USER_IDS, Api
from tests.schema.random_documents import Document, Give
from tests.schema.test_executor import BROKEN

# Beside a field that fails graphql-core gives up what it has begun: coroutines that never run.
# Python warns of them where it finds them, and cannot in a namedtuple's maker: it has no builtins.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

# What answers otherwise each time it is asked, or starts a program for each question.
LEFT_OUT = {"realtimeStatus", "presence", "labels"}
WARM = 2  # both before it and after it, something is written


@pytest.fixture(scope="module")
def schemas() -> tuple[PreparedSchema, PreparedSchema]:
    """Ours, and the same with Strawberry's own executor. Nothing of an operation stays in them."""
    ours = build_schema(Settings())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine_schema, "PlainFieldExecutor", StrawberryGraphQLCoreExecutionContext)
        return ours, build_schema(Settings())


@pytest.fixture(autouse=True)
def _warm_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "WARM", WARM)


async def fill(api: Api) -> dict[str, list[str]]:
    """Something of everything; the ids and codes by what they are of."""
    services = api.services
    place = await make_location(services)
    ids = [str(place.id), "1", "7", "x"]
    for number in range(7):
        item = await make_item(
            services, f"S-{number}", cost=15_000 if number % 2 else None, min_stock=12 * number,
            category="c" if number % 3 else None, barcode=f"b{number}" if number else None,
            description='quoted "text"\n\u2028 \x7f é 螺丝' * (number % 2), name=f"Näme {number}",
            attributes='{"colour":"red"}' if number == 3 else None,
        )  # fmt: skip
        ids.append(str(item.id))
        await move(services, item, -(number + 1))
    numbers = [int(one) for one in ids[4:]]
    for table in ("movement", "alert", "notification"):
        rows = await services.database.reading.rows(f"SELECT id FROM {table} LIMIT 4")
        ids += [str(row[0]) for row in rows]
    await hide(services, numbers[0])
    await services.of(Items).remove(removal(numbers[2]))
    await services.of(Items).archive(archival(numbers[4]))
    codes = ["S-0", "s-1", "b2", "S-3", "NONE", "SHOP", "MAIN", "c", "näme", ""]
    return {"ids": ids, "codes": codes}


def given(known: Mapping[str, list[str]]) -> dict[str, Give]:
    def of(*values: Any) -> Give:
        return lambda chance: chance.choice(values)

    return {
        "first": of(1, 2, 3, 3, 4, 50, 0, 101),
        "last": of(1, 2, 0),
        "ID": lambda chance: chance.choice(known["ids"]),
        "String": lambda chance: chance.choice(known["codes"]),
        "after": of("", "garbage", None),
        "before": of("garbage", None),
        "timeZone": of("Europe/Berlin", "Nowhere", None),
        "Int": of(0, 1, 7, 30, -1),
        "Boolean": of(True, False),
        "Decimal": of("1.50", "0"),
        "DateTime": of("2026-01-31T12:00:00Z", "2030-01-31T12:00:00Z"),
        "JSON": of({}, {"a": "b"}),
        "Cursor": of("garbage", None),
    }


def masked(text: bytes) -> bytes:
    """Ids of faults are others each time."""
    return re.sub(rb"\b[0-9a-f]{12}\b", b"ID", text)


async def answers(
    api: Api,
    schemas: tuple[PreparedSchema, PreparedSchema],
    role: Role | None,
    document: str,
    variables: dict[str, Any],
) -> list[bytes]:
    """What ours answers to a document that it has checked, for the first time and when it knows it,
    and what the other does. Refused: []."""
    viewer = None if role is None else Viewer(USER_IDS[role], 0, role, 0)
    try:
        plan = Execution(schemas[0]).plan(document, None, variables)
    except OperationRefused:
        return []
    told = []
    selections = None if plan.prepared.selections is None else Selections.none()
    own = replace(plan.prepared, selections=selections, ready={})
    for schema in (schemas[0], schemas[0], schemas[1]):
        context = Context(api.services, viewer)
        answer = await Execution(schema).answer(replace(plan, prepared=own), context)
        told.append(masked(orjson.dumps(answer)))
        if len(told) == 2:
            own = replace(own, selections=None, ready={})
    return told


async def compare_queries(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema], seeds: range, plain: bool = False
) -> int:
    """How many had data, all of them being equal. plain: see random_documents.py."""
    known = given(await fill(api))
    root = schemas[0].core.query_type
    assert root is not None
    roots = [name for name in root.fields if name not in LEFT_OUT]
    went_well = 0
    for seed in seeds:
        document = Document(schemas[0].core, chance(seed), known, plain=plain)
        text = document.write(root, roots)
        role = chance(seed).choice([*Role, *Role, None])
        told = await answers(api, schemas, role, text, document.variables)
        assert told == told[:1] * len(told), (seed, role, text, document.variables)
        went_well += bool(told) and b'"errors"' not in told[0]
    return went_well


async def test_random_queries_are_answered_alike(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema]
) -> None:
    assert await compare_queries(api, schemas, range(300)) > 60


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What came of each operation that ran without an executor."""
    came: list[Any] = []
    real = RootField.run

    async def run(*given: Any) -> Any:
        came.append(await real(*given))
        return came[-1]

    monkeypatch.setattr(RootField, "run", run)
    return came


async def test_random_queries_of_one_plain_root_field_are_answered_alike(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema], alone: list[Any]
) -> None:
    assert await compare_queries(api, schemas, range(300), plain=True) > 60
    assert sum(isinstance(one, dict) for one in alone) > 60
    assert sum(isinstance(one, Known) for one in alone) > 30


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("thousand", range(1, 11))
async def test_ten_thousand_random_queries_are_answered_alike(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema], thousand: int
) -> None:
    seeds = range(1_000 * thousand, 1_000 * (thousand + 1))
    assert await compare_queries(api, schemas, seeds) > 200


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.parametrize("thousand", range(1, 11))
async def test_ten_thousand_random_queries_of_one_plain_root_field_are_answered_alike(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema], thousand: int
) -> None:
    seeds = range(1_000 * thousand, 1_000 * (thousand + 1))
    assert await compare_queries(api, schemas, seeds, plain=True) > 200


async def rendered(
    api: Api,
    schema: PreparedSchema,
    execution: Execution,
    role: Role,
    document: Document,
    text: str,
    events: list[Event],
) -> list[str]:
    """What a subscription tells of each event that it wants."""
    viewer = Viewer(USER_IDS[role], 0, role, 0)

    def context() -> Context:
        return Context(api.services, viewer)

    try:
        plan = execution.plan(text, None, document.variables)
        opened = await execution.subscribe(plan, viewer, context)
    except OperationRefused as refused:
        return [repr(refused.errors)]
    told = []
    for event in events:
        if not opened.is_state and opened.interest.wants(event):
            result = opened.render(event, api.services.hub.head.epoch)
            told.append(await result if isawaitable(result) else result)
    return [masked(one.encode()).decode() for one in told]


async def compare_subscriptions(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema], seeds: range
) -> int:
    """How many events were told, all of them alike."""
    known = given(await fill(api))
    root = schemas[0].core.subscription_type
    assert root is not None
    events = list(await api.services.hub.read(0, 100))
    ways = [(schema, Execution(schema)) for schema in schemas]
    count = 0
    for seed in seeds:
        document = Document(schemas[0].core, chance(seed), {**known, "Cursor": lambda _: None})
        text = document.write(root, list(root.fields))
        role = chance(seed).choice(list(Role))
        short, long = [
            await rendered(api, schema, execution, role, document, text, events)
            for schema, execution in ways
        ]
        assert short == long, (seed, role, text, document.variables)
        count += len(short)
    return count


async def test_events_are_told_alike_to_random_subscriptions(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema]
) -> None:
    assert await compare_subscriptions(api, schemas, range(60)) > 60


@pytest.mark.campaign
@pytest.mark.timeout(600)
async def test_events_are_told_alike_to_a_thousand_random_subscriptions(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema]
) -> None:
    assert await compare_subscriptions(api, schemas, range(1_000, 2_000)) > 1_500


async def test_a_page_with_what_an_item_must_never_be_is_told_alike(
    api: Api, schemas: tuple[PreparedSchema, PreparedSchema], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a list with one that is not plain the general way tells what is wrong, and where."""
    items = [await make_item(api.services, f"S-{number}") for number in range(4)]
    query = (
        "{ items { nodes { id sku name category price stock minStock status version unit } "
        "edges { node { name stock deletedAt visibility } } } }"
    )
    for broken in BROKEN:
        odd = [*items[:3], replace(items[3], **broken)]

        async def page(*_: Any, found: Any = odd) -> Any:
            return [(item.sku, *item.row()) for item in found], item_reader(None, 1)

        monkeypatch.setattr(Catalogue, "rows_of_page", page)
        for asked in (query, query.replace("edges {", "edges { cursor")):
            told = await answers(api, schemas, Role.ADMIN, asked, {})
            assert len(told) == 3 and told == told[:1] * 3, broken


async def test_subscriptions_share_the_parts_that_they_show_of_an_event(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: a thousand documents executed each event a thousand times."""
    await make_item(api.services, cost=5)
    (event,) = [e for e in await api.services.hub.read(0, 10) if e.topic == "inventory"]
    made: list[Part] = []
    real = Part.text

    def counted(part: Part, value: Any) -> str:
        made.append(part)
        return real(part, value)

    monkeypatch.setattr(Part, "text", counted)
    viewer = Viewer(USER_IDS[Role.ADMIN], 0, Role.ADMIN, 0)
    execution = Execution(api.app.schema)
    told = []
    for selected in ("item { sku name }", "item { name x: sku } type", "type", "item { cost sku }"):
        plan = execution.plan(f"subscription {{ u: inventoryUpdated {{ {selected} }} }}", None, {})
        opened = await execution.subscribe(plan, viewer, lambda: Context(api.services, viewer))
        told.append(opened.render(event, api.services.hub.head.epoch))
    assert told == [
        '{"data":{"u":{"item":{"sku":"SKU-1","name":"Item SKU-1"}}}}',
        '{"data":{"u":{"item":{"name":"Item SKU-1","x":"SKU-1"},"type":"CREATED"}}}',
        '{"data":{"u":{"type":"CREATED"}}}',
        '{"data":{"u":{"item":{"cost":"0.0005","sku":"SKU-1"}}}}',  # the general way's
    ]
    assert len(made) == 5  # that both objects are of their types, sku, name, type
