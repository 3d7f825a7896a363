"""What to order: what is on the list, in which order, how much, by category and by place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.errors import BadRequest
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.items import Items
from graphql_api.inventory.locations import LocationMove, Locations, NewLocation
from graphql_api.inventory.minimums import LocationMinimum, Minimums
from graphql_api.inventory.reorder import Reorder
from graphql_api.inventory.reorder_list import ReorderFilter, ReorderList
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from graphql_api.values import INT32_MAX
from tests.builders import MAIN, adjust, archival, hide, make_item, make_location, ref
from tests.holds.making import done, place, units

WANTED = ReorderFilter(lead_time_days=7, cover_days=30)


async def sell(services: Services, item: Item, quantity: int, location: int | None = None) -> None:
    sale = adjust(item, -quantity, action_type=ActionType.SALE, location_id=location)
    await services.of(StockLedger).carry_out(sale)


async def listed(services: Services, wanted: ReorderFilter = WANTED) -> list[str]:
    lines = await services.of(ReorderList).page(wanted, 100)
    assert len(lines) == await services.of(ReorderList).count(wanted)
    return [line.item.sku for line in lines]


async def test_the_gravest_come_first_and_pages_follow_each_other_either_way(
    services: Services, clock: HeldClock
) -> None:
    made = {}
    for sku, stock, minimum in (
        ("QUIET-EMPTY", 0, 0),  # nothing says how much is enough
        ("EMPTY-MINIMUM", 0, 5),
        ("SOLD-OUT", 60, 0),
        ("SOLD-OUT-FAST", 90, 0),
        ("THREE-DAYS", 36, 0),
        ("LASTS-LONG", 500, 0),
        ("LOW-BADLY", 1, 10),
        ("LOW-HARDLY", 9, 10),
        ("MINIMUM-SOON", 47, 10),  # one a day: 17 are left, and 10 in a week
        ("ENOUGH", 50, 10),
        ("HIDDEN", 0, 5),
        ("RETIRED", 0, 5),
    ):
        made[sku] = await make_item(services, sku, initial_stock=stock, min_stock=minimum)
    await hide(services, made["HIDDEN"])
    await services.of(Items).archive(archival(made["RETIRED"]))
    clock.advance(40 * DAY_US / SECOND_US)
    for sku, sold in (
        ("SOLD-OUT", 60),
        ("SOLD-OUT-FAST", 90),
        ("THREE-DAYS", 33),
        ("LASTS-LONG", 30),
        ("MINIMUM-SOON", 30),
        ("ENOUGH", 30),
    ):
        await sell(services, made[sku], sold)
    expected = [
        "SOLD-OUT-FAST",
        "SOLD-OUT",
        "EMPTY-MINIMUM",
        "THREE-DAYS",
        "MINIMUM-SOON",
        "LOW-BADLY",
        "LOW-HARDLY",
    ]
    assert await listed(services) == expected
    all_of_it = await listed(services, replace(WANTED, sees_admins=True))
    assert set(all_of_it) - set(expected) == {"HIDDEN"}
    assert "ENOUGH" in await listed(services, replace(WANTED, lead_time_days=10))
    use_case = services.of(ReorderList)
    forwards, beyond = [], None
    while page := await use_case.page(WANTED, 2, beyond):
        forwards += [line.item.sku for line in page]
        beyond = page[-1].place
    assert forwards == expected
    whole = await use_case.page(WANTED, 100)
    last = await use_case.page(WANTED, 2, until=whole[4].place, backwards=True)
    assert [line.item.sku for line in last] == expected[2:4]
    lines = {line.item.sku: line for line in whole}
    # One a day: 37 days from now on, and the minimum is there still.
    soon = lines["MINIMUM-SOON"]
    assert (soon.stock, soon.min_stock, soon.units_out, soon.suggested_quantity) == (17, 10, 30, 30)
    assert (soon.units_per_day, soon.days_of_cover) == (1.0, 17.0)
    assert lines["SOLD-OUT-FAST"].suggested_quantity == 3 * 37
    low = lines["LOW-HARDLY"]
    assert (low.days_of_cover, low.suggested_quantity) == (None, 2)
    for lead, cover in ((-1, 0), (366, 0), (0, -1), (0, 366)):
        with pytest.raises(BadRequest):
            await use_case.page(ReorderFilter(lead_time_days=lead, cover_days=cover), 1)


async def test_a_young_item_is_judged_by_its_own_days(services: Services, clock: HeldClock) -> None:
    item = await make_item(services, "YOUNG", initial_stock=30)
    clock.advance(2 * DAY_US / SECOND_US)
    await sell(services, item, 10)
    (line,) = await services.of(ReorderList).page(WANTED, 10)
    assert (line.units_per_day, line.days_of_cover) == (5.0, 4.0)


async def test_an_items_own_lead_time_says_when_it_is_ordered_and_how_much(
    services: Services, clock: HeldClock
) -> None:
    for sku, days in (("SLOW", 20), ("AT-ONCE", 0), ("AS-USUAL", None)):
        await make_item(services, sku, initial_stock=40, lead_time_days=days)
        clock.advance(1)
    clock.advance(40 * DAY_US / SECOND_US)
    for sku in ("SLOW", "AT-ONCE", "AS-USUAL"):
        found = await services.of(Catalogue).find(ItemRef("sku", sku), True)
        assert found is not None
        await sell(services, found, 30)  # one a day: ten are left
    assert await listed(services) == ["SLOW"]
    assert await listed(services, replace(WANTED, lead_time_days=10)) == ["SLOW", "AS-USUAL"]
    slow, usual = await services.of(ReorderList).page(replace(WANTED, lead_time_days=10), 9)
    assert (slow.lead_time_days, slow.suggested_quantity) == (20, 20 + 30 - 10)
    assert (usual.lead_time_days, usual.suggested_quantity) == (10, 10 + 30 - 10)


async def test_categories_and_places_have_lists_of_their_own(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    a = await make_item(services, "A", initial_stock=20, location_id=shop.id, category="Tools")
    b = await make_item(services, "B", initial_stock=100, min_stock=200, category="Candles")
    clock.advance(30 * DAY_US / SECOND_US)
    await sell(services, a, 15, shop.id)
    assert await listed(services) == ["B"]
    assert await listed(services, replace(WANTED, categories=("tOOls",))) == []
    assert await listed(services, replace(WANTED, categories=("candles", "none"))) == ["B"]
    assert await listed(services, replace(WANTED, categories=())) == []
    at_shop = replace(WANTED, location_ids=(shop.id,))
    assert await listed(services, at_shop) == []
    for item in (a, b):
        minimum = LocationMinimum(ref(item), shop.id, 4, 1, True)
        await services.of(Minimums).set(minimum)
    assert await listed(services, at_shop) == ["B", "A"]
    (_, line) = await services.of(ReorderList).page(at_shop, 10)
    assert (line.stock, line.min_stock, line.units_out) == (5, 4, 15)
    # Half a unit a day for 37 days is 19 when it is rounded up; the minimum stays.
    assert line.suggested_quantity == 4 + 19 - 5


async def test_an_archived_place_is_not_filled_up(services: Services) -> None:
    """Its minimums stay for when it is restored; until then nothing can come in."""
    shop = await make_location(services)
    shelf = await services.of(Locations).create(NewLocation("SHELF", "Shelf", shop.id))
    item = await make_item(services, "A", location_id=shop.id)
    await services.of(Minimums).set(LocationMinimum(ref(item), shelf.id, 50, 1, True))
    at_shop = replace(WANTED, location_ids=(shop.id, shelf.id))
    assert await listed(services, at_shop) == ["A"]
    await services.of(Locations).archive(LocationMove(shelf.id))
    assert await listed(services, at_shop) == []
    await services.of(Locations).restore(LocationMove(shelf.id))
    assert await listed(services, at_shop) == ["A"]


async def test_grams_by_the_ton_are_listed_too(services: Services) -> None:
    """The share of a minimum that is there was more than PostgreSQL's integers hold."""
    await make_item(services, "FLOUR", initial_stock=3_000_000, min_stock=4_000_000)
    await make_item(services, "MOST", initial_stock=INT32_MAX, min_stock=INT32_MAX)
    assert await listed(services) == ["FLOUR", "MOST"]


async def test_what_is_held_is_ordered_anew_where_alerts_go_by_what_is_available(
    settings: Settings, clock: HeldClock
) -> None:
    by_available = settings.model_copy(update={"alerts_by": "available"})
    async with open_services(by_available, clock=clock) as services:
        item = await make_item(services, "A", min_stock=4)
        assert await listed(services) == []
        await done(services, place(units(item, 8), seconds=None))
        (line,) = await services.of(ReorderList).page(WANTED, 10)
        assert (line.stock, line.suggested_quantity) == (10, 4 + 1 - 2)
        assert await services.of(Reorder).suggestions([item.id]) == {item.id: 3}
        await services.of(Minimums).set(LocationMinimum(ref(item), MAIN, 4, 1, True))
        there = (item.id, MAIN)
        assert await services.of(Reorder).place_suggestions([there]) == {there: 3}
        at_main = replace(WANTED, location_ids=(MAIN,))
        assert (await services.of(ReorderList).page(at_main, 9))[0].suggested_quantity == 3
    async with open_services(settings, clock=clock) as services:  # as set: by stock
        assert await listed(services) == []
        assert await services.of(Reorder).suggestions([item.id]) == {item.id: 0}
