"""Filters of subscriptions: no part of what is shared, and each passes what its words say."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.alerts.rules import AlertStatus, AlertType, Severity
from graphql_api.engine.execution import Execution, OpenSubscription
from graphql_api.events.log import Event
from graphql_api.holds.lifecycle import HoldStatus
from graphql_api.inventory.items import UpdateType
from graphql_api.inventory.places import DEFAULT_ID
from graphql_api.inventory.stock import StockLedger
from graphql_api.transport.lanes import Channels, Lane
from schema.context import Context
from tests.builders import hide, make_item, make_location, move, transfer
from tests.holds.making import done, place, units
from tests.schema.api import USER_IDS, Api

SEED = 20_261_129
ROLES = (Role.ADMIN, Role.VIEWER)
UPDATES = """subscription ($where: InventoryUpdateFilter, $full: Boolean = true) {
  inventoryUpdated(where: $where) { type item { sku @include(if: $full) } } }"""


async def opened(
    api: Api, query: str, role: Role = Role.VIEWER, **variables: Any
) -> OpenSubscription:
    viewer = Viewer(USER_IDS[role], 0, role, 0)
    execution = api.app.backend.execution  # type: ignore[union-attr]
    assert isinstance(execution, Execution)
    plan = execution.plan(query, None, variables)
    return await execution.subscribe(plan, viewer, lambda: Context(api.services, viewer))


# Sharing


async def test_what_differs_in_filters_and_cursors_alone_shares_its_rendering(api: Api) -> None:
    cursor = (await api.viewer.query("{ syncCursor }"))["syncCursor"]
    fields = "{ type item { ...I } }"
    fragments = "fragment I on InventoryItem { sku }"
    texts: list[tuple[str, dict[str, Any]]] = [
        (f"subscription {{ inventoryUpdated {fields} }} {fragments}", {}),
        (
            f'subscription A {{ inventoryUpdated(where: {{ skus: ["a"] }}) {fields} }} {fragments}',
            {},
        ),
        (
            "subscription B($where: InventoryUpdateFilter, $after: Cursor) {"
            f" inventoryUpdated(where: $where, after: $after) {fields} }} {fragments}",
            {"where": {"itemIds": ["1"], "types": ["CREATED"]}, "after": cursor},
        ),
    ]
    found = [await opened(api, query, **variables) for query, variables in texts]
    assert len({one.key for one in found}) == 1
    assert len({one.interest for one in found}) == 3
    root = (
        "subscription ($where: InventoryUpdateFilter) { ...R } "
        f"fragment R on Subscription {{ inventoryUpdated(where: $where) {fields} }} {fragments}"
    )
    through = [await opened(api, root, where={"skus": [sku]}) for sku in "ab"]
    assert through[0].key == through[1].key
    watched = "subscription ($ids: [ID!]) { presenceChanged(itemIds: $ids) { itemId } }"
    states = [await opened(api, watched, ids=ids) for ids in (["1"], ["2"], None)]
    assert len({one.key for one in states}) == 1
    assert [one.interest.subjects for one in states] == [{1}, {2}, None]


async def test_what_changes_how_an_event_looks_is_rendered_apart(api: Api) -> None:
    where = {"itemIds": ["1"]}
    one = await opened(api, UPDATES, where=where)
    assert one.key == (await opened(api, UPDATES, where={"itemIds": ["2"]})).key
    assert one.key == (await opened(api, UPDATES, where=where, full=True)).key
    without = await opened(api, UPDATES, where=where, full=False)
    assert one.key != without.key
    assert one.key != (await opened(api, UPDATES, Role.ADMIN, where=where)).key
    movements = """subscription ($first: Int!) {
      inventoryUpdated { item { movements(first: $first) { nodes { id } } } } }"""
    pages = [await opened(api, movements, first=size) for size in (1, 2)]
    assert pages[0].key != pages[1].key
    mine = "subscription { notificationReceived { cursor } }"
    assert (await opened(api, mine)).key != (await opened(api, mine, Role.ADMIN)).key


async def test_the_same_is_opened_once_for_a_role_and_never_for_another(api: Api) -> None:
    one = await opened(api, UPDATES)
    assert await opened(api, UPDATES) is one
    assert await opened(api, UPDATES, Role.ADMIN) is not one
    assert await opened(api, UPDATES, full=False) is not one
    cursor = (await api.viewer.query("{ syncCursor }"))["syncCursor"]
    resumed = "subscription ($after: Cursor) { inventoryUpdated(after: $after) { type } }"
    first = await opened(api, resumed, after=cursor)
    assert await opened(api, resumed, after=cursor) is not first  # its cursor is checked again
    assert first.after is not None and (await opened(api, resumed)).after is None
    mine = "subscription { notificationReceived { cursor } }"
    assert await opened(api, mine) is not await opened(api, mine)


# What passes

Passes = Callable[[dict[str, Any], Event], bool]


def any_of(given: list[Any] | None, told: set[Any]) -> bool:
    return given is None or not told.isdisjoint(given)


def update_passes(where: dict[str, Any], event: Event) -> bool:
    told = event.payload
    return (
        any_of(where.get("types"), {event.kind})
        and any_of(where.get("itemIds"), {str(told.item.id)})
        and any_of(where.get("skus"), {told.item.sku.lower()})
        and any_of(where.get("categories"), {told.item.category})
        and any_of(where.get("locationIds"), {str(one) for one in (*told.places, *told.around)})
    )


def alert_passes(kind: str) -> Passes:
    def passes(where: dict[str, Any], event: Event) -> bool:
        alert, least = event.payload.alert, where.get("minSeverity")
        return (
            event.kind == kind
            and any_of(where.get("types"), {alert.type.name})
            and any_of(where.get("statuses"), {alert.status.name})
            and any_of(where.get("itemIds"), {str(alert.item_id)})
            and any_of(where.get("locationIds"), {str(event.payload.location_id)})
            and (least is None or alert.severity >= Severity[least])
        )

    return passes


def hold_passes(where: dict[str, Any], event: Event) -> bool:
    hold, reference = event.payload.hold, where.get("reference")
    return (
        any_of(where.get("itemIds"), {str(line.item_id) for line in hold.lines})
        and any_of(where.get("statuses"), {hold.status})
        and (reference is None or hold.reference == reference)
    )


async def a_day(api: Api) -> tuple[list[str], list[str]]:
    """Things happen to items at places; the ids of both."""
    services = api.services
    places = [await make_location(services, code) for code in ("SHOP", "VAN")]
    items = []
    for number in range(4):
        category = ["paint", "screws", None, "paint"][number]
        items.append(await make_item(services, f"sku-{number}", category=category, min_stock=16))
        await move(services, items[-1], 20)
        await services.of(StockLedger).carry_out(
            transfer(items[-1], 8, DEFAULT_ID, places[number % 2].id)
        )
        held = place(units(items[-1], 1 + number), reference=["CART", None][number % 2])
        await done(services, held)
        await move(services, items[-1], -[12, 10, 8, 9][number])
    await move(services, items[0], 20)
    await hide(services, items[3])
    await move(services, items[3], -1)
    return [str(item.id) for item in items], [str(DEFAULT_ID), *(str(one.id) for one in places)]


def random_filters(random: Random, fields: dict[str, list[Any]], count: int) -> list[Any]:
    """Some values of some fields; of a field that takes one value, one."""
    filters: list[dict[str, Any]] = [{}]
    while len(filters) < count:
        where: dict[str, Any] = {}
        for name, values in fields.items():
            if random.random() < 0.4:
                one = name in ("minSeverity", "reference")
                some = random.sample(values, random.randrange(len(values) + 1))
                where[name] = random.choice(values) if one else some
        filters.append(where)
    return filters


async def test_each_filter_passes_what_it_says_whatever_others_there_are(api: Api) -> None:
    items, places = await a_day(api)
    random = Random(SEED)  # noqa: S311  # which filters are tried
    of_alerts = {
        "types": [kind.name for kind in AlertType],
        "statuses": [status.name for status in AlertStatus],
        "itemIds": items,
        "locationIds": places,
        "minSeverity": [severity.name for severity in Severity],
    }
    programme: dict[str, tuple[str, dict[str, list[Any]], Passes]] = {
        "inventoryUpdated": (
            "InventoryUpdateFilter",
            {
                "types": [kind.name for kind in UpdateType],
                "itemIds": items,
                "skus": ["sku-0", "sku-1", "sku-3", "none"],
                "categories": ["paint", "screws", "none"],
                "locationIds": places,
            },
            update_passes,
        ),
        "alertRaised": ("AlertFilter", of_alerts, alert_passes("RAISED")),
        "alertChanged": ("AlertFilter", of_alerts, alert_passes("CHANGED")),
        "holdUpdated": (
            "HoldFilter",
            {
                "itemIds": items,
                "statuses": [status.name for status in HoldStatus],
                "reference": ["CART", "none"],
            },
            hold_passes,
        ),
    }
    channels: Channels[Any] = Channels()
    expected: dict[Lane[Any], tuple[str, dict[str, Any], Passes]] = {}
    for name, (kind, fields, passes) in programme.items():
        query = f"subscription ($where: {kind}) {{ {name}(where: $where) {{ cursor }} }}"
        for where in random_filters(random, fields, 60):
            for role in ROLES:
                one = await opened(api, query, role, where=where)
                lane: Lane[Any] = Lane(Group(role), one.interest)
                expected[lane] = one.interest.topic, where, passes
                channels.add(lane)
    seen: set[str] = set()
    for event in await api.services.log.page(0, await api.head()):
        found = channels.find(event)
        assert not found.failed
        assert len(set(found.receivers)) == len(found.receivers)
        for lane, (topic, where, passes) in expected.items():
            wanted = bool(
                event.topic == topic and event.roles & lane.group.role_bit and passes(where, event)
            )
            assert (lane in found.receivers) is wanted, (event, where)
            assert lane.passes(event) is wanted  # as one that follows the log is asked
        for lane in found.receivers:
            seen.update(lane.interest.kinds & {event.kind})
        if expected:  # some leave
            gone = random.choice(list(expected))
            del expected[gone]
            channels.remove(gone)
    assert {"STOCK_UPDATED", "RAISED", "CHANGED", "PLACED"} <= seen


class Group:
    """Of a lane: whom it is for."""

    def __init__(self, role: Role) -> None:
        self.role_bit = role.bit
        self.user_id = 0
