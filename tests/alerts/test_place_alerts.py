"""Alerts of places with minimums of their own: against a recount from the raw tables.

Whatever happens to items and places in whatever order, a place has the live alert that its level
and its minimum call for, beside the item's own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.lifecycle import Alert, alert_in
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.alerts.rules import PLACE_STOCK, AlertStatus, AlertType, Severity
from graphql_api.alerts.subjects import PLACES, subject_of
from graphql_api.clock import HeldClock
from graphql_api.errors import InvalidInput, InvalidTransition, NotFound, Refusal
from graphql_api.inventory.figures import KEPT_S, Figures
from graphql_api.inventory.item import Item
from graphql_api.inventory.items import Items
from graphql_api.inventory.locations import Location, LocationChange, LocationMove, Locations
from graphql_api.inventory.minimums import LocationMinimum, Minimums, minimums_of
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.notifications import Notifications
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    batch,
    change,
    hide,
    line,
    make_item,
    make_location,
    move,
    ref,
    removal,
    set_stock,
    transfer,
)
from tests.invariants import ALERTS, alert_called_for, events_of, fact_of
from tests.notifications.people import BOB

LOW, OUT = AlertType.LOW_STOCK, AlertType.OUT_OF_STOCK


async def minimum(
    services: Services, item: Item, place: Location | int, min_stock: int | None, sees: bool = True
) -> Item:
    place_id = place if isinstance(place, int) else place.id
    command = LocationMinimum(ref(item), place_id, min_stock, USER_ID, sees)
    return (await services.of(Minimums).set(command)).item


async def live(services: Services) -> dict[int, Alert]:
    """Location id → its live alert; there is one item."""
    alerts = await services.of(AlertListing).page(AlertFilter(), True, 100, None)
    return {a.location_id: a for a in alerts if a.is_live and a.location_id is not None}


async def carry_out(services: Services, *commands: Any) -> None:
    for command in commands:
        await services.of(StockLedger).carry_out(command)


async def told(services: Services) -> list[tuple[str, int | None, AlertType, Severity]]:
    """What was told of alerts: kind, place, type, severity."""
    events = [event for event in await events_of(services) if event["topic"] == ALERTS]
    alerts = [alert_in(fact_of(event)) for event in events]
    return [
        (event["kind"], alert.location_id, alert.type, alert.severity)
        for event, alert in zip(events, alerts, strict=True)
    ]


async def test_a_place_has_an_alert_of_its_own_beside_the_items(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, min_stock=5, initial_stock=20)
    await carry_out(services, transfer(item, 10, MAIN, shop.id))
    now = await minimum(services, item, shop, 8)
    assert now.version == item.version + 2
    assert await live(services) == {}
    await carry_out(services, transfer(item, 3, shop.id, MAIN))
    assert await told(services) == [("RAISED", shop.id, LOW, Severity.LOW)]
    (alert,) = (await live(services)).values()
    assert (alert.current_stock, alert.min_stock) == (7, 8)
    assert alert.title == "Low stock at SHOP: Item SKU-1 (SKU-1)"
    assert alert.message == "Item SKU-1 (SKU-1) at SHOP is down to 7; its minimum there is 8."
    await carry_out(services, set_stock(item, 2, 7, location_id=shop.id))
    await carry_out(services, adjust(item, -2, location_id=shop.id), adjust(item, -10))
    assert (await told(services))[1:] == [
        ("RAISED", shop.id, LOW, Severity.HIGH),
        ("RAISED", shop.id, OUT, Severity.CRITICAL),
        ("RAISED", None, LOW, Severity.LOW),
    ]
    (alert,) = (await live(services)).values()
    assert alert.message == "Item SKU-1 (SKU-1) at SHOP is out of stock; its minimum there is 8."
    await carry_out(services, adjust(item, 30, location_id=shop.id))
    assert await live(services) == {}
    assert [row[:2] for row in (await told(services))[4:]] == [
        ("CHANGED", None),
        ("CHANGED", shop.id),
    ]


async def test_an_alert_of_a_place_is_silent_until_it_gets_worse_and_escalates(
    services: Services,
) -> None:
    item = await make_item(services, initial_stock=10)
    await minimum(services, item, MAIN, 8)
    await move(services, item, -3)
    (alert,) = (await live(services)).values()
    await services.of(Alerts).acknowledge(alert.id, 5, True)
    await move(services, item, -1)
    assert (await live(services))[MAIN].status is AlertStatus.ACKNOWLEDGED
    await move(services, item, -4)
    assert (await live(services))[MAIN].status is AlertStatus.OPEN
    assert (await live(services))[MAIN].id == alert.id


async def test_a_minimum_is_taken_away_with_its_alert_and_comes_back(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10)
    await minimum(services, item, shop, 0)
    assert await live(services) == {}, "nothing was ever there, and nothing need be"
    await minimum(services, item, shop, 4)
    first = (await live(services))[shop.id]
    assert await minimums_of(services.database.reading, [item.id]) == {item.id: {shop.id: 4}}
    await minimum(services, item, shop, None)
    assert await live(services) == {}
    assert await minimums_of(services.database.reading, [item.id]) == {item.id: {}}
    await minimum(services, item, shop, 4)
    assert (await live(services))[shop.id].id != first.id
    await carry_out(services, adjust(item, 9, location_id=shop.id))
    await minimum(services, item, shop, 0)
    await carry_out(services, adjust(item, -9, location_id=shop.id))
    assert (await live(services))[shop.id].severity is Severity.CRITICAL


async def test_a_minimum_of_what_is_not_there_is_refused(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services)
    hidden = await make_item(services, "HIDDEN")
    await hide(services, hidden)
    await services.of(Locations).archive(LocationMove(shop.id))
    before = len(await events_of(services))
    cases: list[tuple[Any, type[Refusal], str]] = [
        ((item, MAIN, -1), InvalidInput, "minStock"),
        ((item, MAIN, 2**31), InvalidInput, "minStock"),
        ((item, 4_711, 1), NotFound, "location"),
        ((item, shop, 1), InvalidTransition, "location"),
        ((hidden, MAIN, 1, False), NotFound, "item"),
    ]
    for arguments, kind, field in cases:
        with pytest.raises(kind) as refused:
            await minimum(services, *arguments)
        assert refused.value.field == ("input", field)
    await minimum(services, item, shop, None)
    assert len(await events_of(services)) == before + 1


async def test_alerts_follow_their_place_and_their_item(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10)
    await minimum(services, item, shop, 4)
    await services.of(Locations).change(LocationChange(shop.id, {"code": "STORE"}))
    assert "at STORE" in (await live(services))[shop.id].title
    assert (await services.of(Alerts).check()).raised == 0
    clock.advance(KEPT_S)
    figures = services.of(Figures)
    assert (await figures.summary(False, (shop.id,))).live_alerts == 1
    assert (await figures.summary(False, (MAIN,))).live_alerts == 0
    await services.of(Locations).archive(LocationMove(shop.id))
    assert await live(services) == {}
    await services.of(Locations).restore(LocationMove(shop.id))
    assert (await live(services)).keys() == {shop.id}
    await services.of(Items).change(change(item, name="Hammer"))
    assert "Hammer" in (await live(services))[shop.id].title
    await hide(services, item)
    assert (await live(services))[shop.id].admins_only
    page = services.of(AlertListing).page(AlertFilter(), False, 10, None)
    assert await page == []
    await services.of(Items).remove(removal(item))
    assert await live(services) == {}


async def test_two_places_of_an_item_are_told_as_two(services: Services) -> None:
    """A grown notification knows alerts by their keys: one of two places used to hide the other."""
    places = [await make_location(services, code) for code in ("A", "B")]
    item = await make_item(services, initial_stock=10)
    for place in places:
        await minimum(services, item, place, 4)
    assert len(await live(services)) == 2
    notices = await services.of(Notifications).page(BOB, False, 10, None)
    assert ["2 CRITICAL" in notice.message for notice in notices].count(True) == 1, notices
    events = [event for event in await events_of(services) if event["topic"] == ALERTS]
    assert len({alert_in(fact_of(event)).live_key for event in events}) == 2


async def _called_for(services: Services) -> dict[tuple[int, int], tuple[str, int]]:
    """Item and location → the alert that the raw tables call for."""
    read = services.database.reading.rows
    items = {row["id"]: row for row in await read("SELECT * FROM item")}
    closed = {r[0] for r in await read("SELECT id FROM location WHERE archived_at IS NOT NULL")}
    levels = {(r[0], r[1]): r[2] for r in await read(
        "SELECT item_id, location_id, sum(quantity) FROM movement GROUP BY 1, 2")}  # fmt: skip
    stocked = {(r[0], r[1]) for r in await read(
        "SELECT item_id, location_id FROM movement WHERE quantity > 0")}  # fmt: skip
    found = {}
    for row in await read("SELECT * FROM level_minimum WHERE min_stock IS NOT NULL"):
        place = row["item_id"], row["location_id"]
        is_over = items[place[0]]["deleted_at"] is not None or place[1] in closed
        wanted = alert_called_for(
            int(levels.get(place, 0)), row["min_stock"], is_over, place in stocked
        )
        if wanted is not None:
            found[place] = wanted
    return found


async def _there_are(services: Services) -> dict[tuple[int, int], tuple[str, int]]:
    rows = await services.database.reading.rows(
        "SELECT item_id, location_id, type, severity, minimum_id, live_item_id FROM alert "
        "WHERE live_item_id IS NOT NULL AND location_id IS NOT NULL"
    )
    assert all(row[5] == PLACE_STOCK.key(row[4]) for row in rows)
    found = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    assert len(found) == len(rows), "one live alert a place"
    return found


async def _step(
    services: Services, chance: random.Random, items: Sequence[Item], places: Sequence[int]
) -> None:
    item, (one, other) = chance.choice(items), chance.sample(places, 2)
    quantity = chance.randint(1, 9)
    match chance.choice(["in", "out", "move", "minimum", "batch", "archive", "restore", "delete"]):
        case "in":
            await carry_out(services, adjust(item, quantity, location_id=one))
        case "out":
            await carry_out(services, adjust(item, -quantity, location_id=one))
        case "move":
            await carry_out(services, transfer(item, quantity, one, other))
        case "minimum":
            await minimum(services, item, one, chance.choice([None, 0, 1, 4, 8]))
        case "batch":
            lines = [line(chance.choice(items), chance.randint(1, 5), location_id=one)] * 2
            await carry_out(services, batch(*lines, line(item, -3, location_id=other)))
        case "archive":
            await services.of(Locations).archive(LocationMove(one))
        case "restore":
            await services.of(Locations).restore(LocationMove(one))
        case "delete" if chance.random() < 0.1 and item is not items[0]:
            await services.of(Items).remove(removal(item))


async def test_the_live_alerts_of_places_are_those_recomputed(services: Services) -> None:
    chance = random.Random(20_261_129)  # noqa: S311  # a walk that is the same each time
    places = [MAIN, *[(await make_location(services, code)).id for code in "ABC"]]
    items = [await make_item(services, f"SKU-{n}", initial_stock=5) for n in range(3)]
    seen = 0
    for number in range(120):
        try:
            await _step(services, chance, items, places)
        except Refusal:
            continue
        called_for = await _called_for(services)
        assert await _there_are(services) == called_for, number
        seen += len(called_for)
    assert seen > 100, "or this shows little"
    assert (await services.of(Alerts).check()).raised == 0
    await services.database.writing.change("DELETE FROM alert WHERE location_id IS NOT NULL")
    wanted = await _called_for(services)
    assert (await services.of(Alerts).check()).raised == len(wanted) > 0
    assert await _there_are(services) == wanted
    await services.database.writing.change("UPDATE level_minimum SET min_stock = NULL")
    assert (await services.of(Alerts).check()).resolved == len(wanted)


async def test_the_check_looks_at_every_place_that_calls_for_an_alert(services: Services) -> None:
    shop = await make_location(services)
    for number, (stock, wanted) in enumerate([(0, 0), (0, 3), (1, 1), (9, 1), (4, 8)]):
        item = await make_item(services, f"S-{number}", initial_stock=stock, location_id=shop.id)
        await minimum(services, item, shop, wanted)
    read = services.database.reading.rows
    subjects = [subject_of(r) for r in await read(f"SELECT {PLACES.columns} FROM {PLACES.tables}")]
    rows = await read(f"SELECT m.id FROM {PLACES.tables} WHERE {PLACE_STOCK.candidates}")
    called_for = {s.minimum_id for s in subjects if PLACE_STOCK.judge(s) is not None}
    assert called_for
    assert called_for <= {row[0] for row in rows}
