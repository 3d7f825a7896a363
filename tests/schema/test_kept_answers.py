"""Answers that are kept: what ends them, whose they are, and that they are never old."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.engine.keeping import is_declared
from graphql_api.inventory.item import Visibility
from graphql_api.inventory.items import Items
from graphql_api.inventory.noun import NOUN
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from schema import build_schema
from tests.builders import change, hide, make_item, make_location, move
from tests.campaigns import by_kind, chance
from tests.conftest import KINDS
from tests.inventory.test_older_servers import written_by_older
from tests.schema.api import Api, Caller, running
from tests.schema.hot_reads import Asked, Changes, some_query, truth
from tests.statements import counted

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

PAGE = "query($where: ItemFilter) { items(first: 2, where: $where) { nodes { sku name stock } } }"
STEPS = by_kind(200, 500, 170_000)  # three seeds on two databases: a million


def hits(services: Services) -> int:
    return services.counters.kept_hits


async def ask_for_the_first_time(api: Api, query: str, **variables: Any) -> None:
    """It is kept from its second time on."""
    assert not await is_kept(api, query, **variables)
    assert not api.services.counters.kept_bytes


async def is_kept(api: Api, query: str, **variables: Any) -> bool:
    """Whether the query is answered with what is kept; it is asked for, and compared with the
    truth."""
    before = hits(api.services)
    answer = await api.admin.post(query, variables)
    assert answer.body == await truth(api, Role.ADMIN, query, variables)
    return hits(api.services) > before


@on_both
@pytest.mark.parametrize("seed", range(by_kind(1, 3, 3)))
async def test_an_answer_is_what_reading_it_now_would_give(
    settings: Settings, clock: HeldClock, seed: int
) -> None:
    """Two processes on one database change items, places and holds; each read asks for the newest
    change, wherever it was made."""
    settings = settings.model_copy(update={"rate_limit": "off"})
    async with running(settings, clock) as api, open_services(settings, clock=clock) as other:
        changes, asked, newest = Changes(chance(seed)), list[Asked](), None
        for step in range(STEPS):
            for _ in range(changes.chance.choice([0, 0, 1, 1, 2])):
                process = changes.chance.choice([api.services, api.services, other])
                newest = await changes.one(process) or newest
            query, variables = some_query(changes, asked)
            role = changes.chance.choice([Role.ADMIN, Role.VIEWER])
            at_least = {} if newest is None else {"at_least": newest.encode()}
            body = orjson.dumps({"query": query, "variables": variables})
            answer = await api.caller(role).send(body, **at_least)
            assert answer.body == await truth(api, role, query, variables), (seed, step)
        counters = api.services.counters
        assert counters.kept_hits > STEPS / 20 and counters.kept_ended > STEPS / 20


@on_both
async def test_what_an_older_server_left_out_is_not_kept_beyond_its_mending(
    settings: Settings, clock: HeldClock
) -> None:
    """The job changes rows without an event of their items; here it runs in another process."""
    async with running(settings, clock) as api, open_services(settings, clock=clock) as other:
        await make_item(api.services, "0-first")
        await written_by_older(other, 77, "ZZZ", "4006381333931")
        await ask_for_the_first_time(api, PAGE)
        assert not await is_kept(api, PAGE)
        assert await is_kept(api, PAGE)
        wrong = (await api.admin.query(PAGE))["items"]["nodes"][0]["sku"]
        assert wrong == "ZZZ"  # it has no place in the order yet
        mend, _ = NOUN.tidying(other)
        assert await mend() == 1
        newest = (await other.log.head()).cursor.encode()
        answer = await api.admin.send(orjson.dumps({"query": PAGE}), at_least=newest)
        assert [node["sku"] for node in answer.data["items"]["nodes"]] == ["0-first", "ZZZ"]


async def test_a_page_outlives_what_is_not_on_it_and_cannot_come_onto_it(api: Api) -> None:
    items = {sku: await make_item(api.services, sku) for sku in ("B", "D", "F", "H")}
    await ask_for_the_first_time(api, PAGE)
    assert not await is_kept(api, PAGE)
    await move(api.services, items["H"], 1)
    await api.services.of(Items).change(change(items["H"], name="Renamed"))
    await make_item(api.services, "X")
    assert await is_kept(api, PAGE)
    await move(api.services, items["D"], 1)
    assert not await is_kept(api, PAGE)
    await make_item(api.services, "A")  # sorts onto it
    assert not await is_kept(api, PAGE)
    await api.services.of(Items).change(change(items["H"], sku="AA"))
    assert not await is_kept(api, PAGE)
    assert await is_kept(api, PAGE)


async def test_a_filtered_page_outlives_what_does_not_pass_the_filter(api: Api) -> None:
    where = {"where": {"categories": ["Tools"]}}
    item = await make_item(api.services, "B")
    await ask_for_the_first_time(api, PAGE, **where)
    assert not await is_kept(api, PAGE, **where)
    await make_item(api.services, "A", category="Parts")
    await move(api.services, item, 1)
    assert await is_kept(api, PAGE, **where)
    await api.services.of(Items).change(change(item, category="tools"))
    assert not await is_kept(api, PAGE, **where)


async def test_what_nobody_declared_or_what_hangs_on_the_moment_is_not_kept(api: Api) -> None:
    await make_item(api.services, "B")
    for query in (
        "{ syncCursor items(first: 1) { nodes { sku } } }",
        "{ viewer { email } }",
        "{ items(first: 1) { nodes { suggestedQuantity } } }",
        "{ ... on Query { items(first: 1) { ...P } } } "
        "fragment P on InventoryItemConnection { nodes { alerts { totalCount } } }",
        "{ alerts { nodes { id } } }",
        "{ presence(itemIds: []) { itemId } }",
        "{ __schema { queryType { name } } }",
    ):
        for _ in range(3):
            await api.admin.query(query)
    counters = api.services.counters
    assert (counters.kept_hits, counters.kept_misses) == (0, 0)


def test_what_may_be_kept_is_listed_here(settings: Settings) -> None:
    """Another field is kept only by somebody who thought of what ends it."""
    found = {
        f"{kind.name}.{name}"
        for kind in build_schema(settings).core.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.endswith("Connection")
        for name, definition in kind.fields.items()
        if is_declared(definition)
    }
    assert found == {
        "Query.item", "Query.items", "Query.locations", "Query.location", "Query.categories",
        "Query.settings", "InventoryItem.cost", "InventoryItem.levels", "InventoryItem.attributes",
        "InventoryItem.displayUnit", "ItemTotals.units", "ItemTotals.unitsExact",
        "StockLevel.minStock", "Location.parent", "Location.children", "Location.path",
    }  # fmt: skip


async def test_each_role_has_answers_of_its_own(api: Api) -> None:
    item = await make_item(api.services, "B")
    await api.services.of(Items).change(change(item, cost=Decimal(5)))
    query = "{ items(first: 2) { nodes { sku cost } } }"
    for _ in range(3):
        assert (await api.admin.query(query))["items"]["nodes"] == [{"sku": "B", "cost": "5.00"}]
        assert (await api.viewer.query(query))["items"]["nodes"] == [{"sku": "B", "cost": None}]
    await hide(api.services, item)
    assert (await api.viewer.query(query))["items"]["nodes"] == []
    assert len((await api.admin.query(query))["items"]["nodes"]) == 1
    await api.services.of(Items).change(change(item, visibility=Visibility.EVERYONE))
    assert len((await api.viewer.query(query))["items"]["nodes"]) == 1


async def ask_until_known(api: Api, caller: Caller) -> bytes:
    """A body that is known by its bytes, and answered with what is kept."""
    body = orjson.dumps({"query": PAGE})
    for _ in range(4):
        await caller.send(body)
    before = hits(api.services)
    await caller.send(body)
    assert hits(api.services) == before + 1
    return body


async def test_a_kept_answer_is_for_those_only_who_may_ask(api: Api) -> None:
    await make_item(api.services, "B")
    body = await ask_until_known(api, api.viewer)
    first = await api.viewer.send(body)
    assert first.body["extensions"]["cost"] > 0 and first.headers["x-content-type-options"]
    assert (await api.nobody.send(body)).codes == ["UNAUTHENTICATED"]
    assert (await api.with_token("no token").send(body)).codes == ["UNAUTHENTICATED"]
    await api.admin.mutate("updateUser", input={"id": "13", "active": False})
    assert (await api.viewer.send(body)).codes == ["UNAUTHENTICATED"]
    assert (await api.admin.send(body, accept="text/html")).status == 406
    assert (await api.admin.send(body, content_type="text/plain")).status == 400


async def test_a_kept_answer_counts_for_limits_as_any_other(
    settings: Settings, clock: HeldClock
) -> None:
    limits = {"rate_operations_per_second": 2}  # ten at once; the clock stands still
    async with running(settings.model_copy(update=limits), clock) as api:
        await make_item(api.services, "B")
        body = await ask_until_known(api, api.viewer)
        statuses = [(await api.viewer.send(body)).status for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        refused = await api.viewer.send(body)
        assert refused.codes == ["RATE_LIMITED"] and refused.headers["retry-after"] == "1"


async def test_those_who_ask_at_once_share_one_reading(api: Api) -> None:
    await make_item(api.services, "B")
    await api.admin.query(PAGE)
    await make_item(api.services, "A")
    before = api.services.counters.kept_misses
    answers = await asyncio.gather(*(api.admin.query(PAGE) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert api.services.counters.kept_misses == before + 1


async def test_a_kept_answer_costs_no_statement_and_one_that_is_read_a_look_at_the_log(
    api: Api,
) -> None:
    await make_item(api.services, "B")
    await api.admin.query("{ viewer { id } }")
    reading = api.services.database.reading
    with counted() as sent:
        await api.admin.query(PAGE)
        assert sent.over(reading) == 1  # and nothing older is kept that could be told next
        await api.admin.query(PAGE)
        assert sent.over(reading) == 3
        await api.admin.query(PAGE)
        await api.admin.query("{ __typename }")
        assert await api.admin.codes("{ items(first: 0) { totalCount } }") == ["INVALID_INPUT"]
        assert sent.over(reading) == 3
        await api.admin.query("{ viewer { id } }")
        assert sent.over(reading) == 5
        await api.admin.query("{ locations { code } }")
        assert sent.over(reading) == 7


async def test_what_is_kept_is_bounded_and_zero_keeps_nothing(
    settings: Settings, clock: HeldClock
) -> None:
    for most in (20_000, 0):
        limits = {"rate_limit": "off", "kept_answers_bytes_max": most}
        async with running(settings.model_copy(update=limits), clock) as api:
            for number in sorted([*range(100)] * 2):
                answer = await api.admin.post(f"query A{number} {{ locations {{ code }} }}")
                assert not answer.errors
                assert api.services.counters.kept_bytes <= most
            assert bool(api.services.counters.kept_bytes) is bool(most)
            await api.services.database.writing.change_many(
                "DELETE FROM session WHERE id > ?", [(0,)]
            )
            await api.services.database.writing.change_many(
                "DELETE FROM user_account WHERE id > ?", [(0,)]
            )


async def test_metrics_tell_of_kept_answers(api: Api) -> None:
    await make_location(api.services)
    for _ in range(3):
        await api.admin.query("{ locations { code } }")
    await make_location(api.services, "YARD")
    await api.admin.query("{ locations { code } }")
    text = (await api.http.get("/metrics")).text
    assert "inventory_kept_hits_total 1.0" in text
    assert "inventory_kept_misses_total 3.0" in text
    assert "inventory_kept_ended_total 1.0" in text
    assert "inventory_kept_bytes 0.0" not in text and "inventory_kept_bytes" in text


async def test_what_is_asked_for_once_pushes_nothing_out(api: Api) -> None:
    await make_item(api.services, "B")
    await ask_for_the_first_time(api, PAGE)
    assert not await is_kept(api, PAGE)
    held = api.services.counters.kept_bytes
    for number in range(50):
        await api.admin.query(f"query A{number} {{ locations {{ code }} }}")
    assert api.services.counters.kept_bytes == held > 0
    assert await is_kept(api, PAGE)
