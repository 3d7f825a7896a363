"""Alerts by what nobody holds, where that is set: in the change itself, and by the check."""

from __future__ import annotations

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.lifecycle import Alert
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.alerts.rules import AlertStatus
from graphql_api.clock import HeldClock
from graphql_api.holds.holds import Holds
from graphql_api.inventory.item import Item
from graphql_api.inventory.items import Items
from graphql_api.inventory.minimums import LocationMinimum, Minimums
from graphql_api.inventory.stock import StockLedger
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    change,
    make_item,
    make_location,
    move,
    ref,
    set_stock,
    transfer,
)
from tests.holds.making import consume, done, place, release, units
from tests.invariants import alert_called_for


async def live(services: Services) -> list[tuple[int, str, int, int | None]]:
    alerts = await services.of(AlertListing).page(AlertFilter(), True, 50, None)
    return sorted(
        (a.item_id, a.type.value, int(a.severity), a.current_stock) for a in alerts if a.is_live
    )


async def agree(services: Services) -> list[tuple[int, str, int, int | None]]:
    """The live alerts, which must be what the rule calls for, and what the check finds right."""
    found = await live(services)
    rows = await services.reading.rows("SELECT id, stock, held, min_stock FROM item ORDER BY id")
    free = {row["id"]: max(row["stock"] - row["held"], 0) for row in rows}
    wanted = [
        (row["id"], *called, free[row["id"]])
        for row in rows
        if (called := alert_called_for(free[row["id"]], row["min_stock"], False, True))
    ]
    assert found == wanted
    check = await services.of(Alerts).check()
    assert (check.raised, check.resolved) == (0, 0)
    assert await live(services) == found
    return found


async def test_holding_alerts_and_giving_back_ends_it(settings: Settings, clock: HeldClock) -> None:
    by_available = settings.model_copy(update={"alerts_by": "available"})
    async with open_services(by_available, clock=clock) as services:
        item = await make_item(services, min_stock=4)
        bare = await make_item(services, "BARE")
        assert await agree(services) == []
        hold = (await done(services, place(units(item, 8), units(bare, 10)))).hold
        assert await agree(services) == [
            (item.id, "LOW_STOCK", 2, 2),
            (bare.id, "OUT_OF_STOCK", 4, 0),
        ]
        await services.of(StockLedger).carry_out(set_stock(item, 5, 10))
        assert (await agree(services))[0] == (item.id, "OUT_OF_STOCK", 4, 0)
        await done(services, release(hold))
        assert await agree(services) == []
        sold = (await done(services, place(units(item, 4)))).hold
        before = await agree(services)
        await done(services, consume(sold))
        assert await agree(services) == before == [(item.id, "LOW_STOCK", 3, 1)]
        await done(services, place(units(bare, 10)))
        assert len(await agree(services)) == 2
        clock.advance(60)
        await move(services, item, 1)  # another's change ends what is due
        assert [found[0] for found in await agree(services)] == [item.id]
    async with open_services(settings, clock=clock) as services:  # as set: by stock
        await make_item(services, "C", min_stock=4)
        hold = (await done(services, place(units(bare, 9)))).hold
        assert [found[0] for found in await live(services)] == [item.id]
        check = await services.of(Alerts).check()
        assert (check.raised, check.resolved) == (0, 0)


async def test_a_check_finds_what_the_setting_now_calls_for(
    settings: Settings, clock: HeldClock
) -> None:
    async with open_services(settings, clock=clock) as services:
        item = await make_item(services, min_stock=4)
        await done(services, place(units(item, 8)))
        assert await live(services) == []
    by_available = settings.model_copy(update={"alerts_by": "available"})
    async with open_services(by_available, clock=clock) as services:
        assert (await services.of(Alerts).check()).raised == 1
        assert await agree(services) == [(item.id, "LOW_STOCK", 2, 2)]
    async with open_services(settings, clock=clock) as services:
        assert (await services.of(Alerts).check()).resolved == 1
        assert await live(services) == []


async def minimum(services: Services, item: Item, place_id: int, min_stock: int) -> None:
    command = LocationMinimum(ref(item), place_id, min_stock, USER_ID, True)
    await services.of(Minimums).set(command)


async def places_agree(services: Services) -> dict[int, tuple[str, int, int | None]]:
    """Location id → its live alert, of the one item: what the raw tables call for, and what the
    check finds right."""

    async def there_are() -> dict[int, tuple[str, int, int | None]]:
        alerts = await services.of(AlertListing).page(AlertFilter(), True, 50, None)
        return {
            a.location_id: (a.type.value, int(a.severity), a.current_stock)
            for a in alerts
            if a.is_live and a.location_id is not None
        }

    found = await there_are()
    rows = await services.reading.rows(
        "SELECT l.location_id, l.quantity, l.held, m.min_stock FROM level l JOIN level_minimum m "
        "ON m.item_id = l.item_id AND m.location_id = l.location_id JOIN location p "
        "ON p.id = l.location_id AND p.archived_at IS NULL"
    )
    free = {row["location_id"]: max(row["quantity"] - row["held"], 0) for row in rows}
    assert found == {
        place_id: (*called, free[place_id])
        for place_id, _, _, min_stock in map(tuple, rows)
        if (called := alert_called_for(free[place_id], min_stock, False, True))
    }
    check = await services.of(Alerts).check()
    assert (check.raised, check.resolved) == (0, 0)
    assert await there_are() == found
    return found


async def item_at(services: Services, place_id: int) -> Item:
    """20 of it at MAIN, 10 there."""
    item = await make_item(services, initial_stock=30)
    await services.of(StockLedger).carry_out(transfer(item, 10, MAIN, place_id))
    return item


async def place_alert(services: Services) -> Alert:
    """The newest alert of a place."""
    alerts = await services.of(AlertListing).page(AlertFilter(), True, 50, None)
    return next(a for a in alerts if a.location_id is not None)


async def test_what_is_held_at_a_place_is_missing_there(
    settings: Settings, clock: HeldClock
) -> None:
    by_available = settings.model_copy(update={"alerts_by": "available"})
    async with open_services(by_available, clock=clock) as services:
        shop = (await make_location(services)).id
        item = await item_at(services, shop)
        await minimum(services, item, shop, 8)
        await minimum(services, item, MAIN, 8)
        assert await places_agree(services) == {}
        hold = (await done(services, place(units(item, 10, shop)))).hold
        assert await places_agree(services) == {shop: ("OUT_OF_STOCK", 4, 0)}
        alert = await place_alert(services)
        assert (
            alert.message == "Item SKU-1 (SKU-1) at SHOP is out of stock; its minimum there is 8."
        )
        assert alert.stock_before is None
        await done(services, release(hold))
        assert await places_agree(services) == {}
        ended = await place_alert(services)
        assert (ended.id, ended.status) == (alert.id, AlertStatus.RESOLVED)
        assert ended.current_stock == 10
        hold = (await done(services, place(units(item, 6, shop), units(item, 13, MAIN)))).hold
        before = await places_agree(services)
        assert before == {shop: ("LOW_STOCK", 2, 4), MAIN: ("LOW_STOCK", 1, 7)}
        await done(services, consume(hold))
        assert await places_agree(services) == before
        await done(services, place(units(item, 4, shop)))
        assert (await places_agree(services))[shop] == ("OUT_OF_STOCK", 4, 0)
        clock.advance(60)
        await services.of(Holds).expire_due()
        assert await places_agree(services) == before


async def test_other_changes_of_a_place_heed_what_is_held_there(
    settings: Settings, clock: HeldClock
) -> None:
    by_available = settings.model_copy(update={"alerts_by": "available"})
    async with open_services(by_available, clock=clock) as services:
        shop = (await make_location(services)).id
        item = await item_at(services, shop)
        ledger = services.of(StockLedger)
        await done(services, place(units(item, 7, shop)))
        await minimum(services, item, shop, 8)
        assert await places_agree(services) == {shop: ("LOW_STOCK", 2, 3)}
        await services.of(Items).change(change(item, name="Hammer"))
        await ledger.carry_out(adjust(item, -1, location_id=shop))
        assert await places_agree(services) == {shop: ("LOW_STOCK", 3, 2)}
        await ledger.carry_out(set_stock(item, 5, 9, location_id=shop))  # fewer than are held
        assert await places_agree(services) == {shop: ("OUT_OF_STOCK", 4, 0)}
        await ledger.carry_out(adjust(item, 12, location_id=shop))
        assert await places_agree(services) == {}
        await minimum(services, item, shop, 10)
        assert await places_agree(services) == {shop: ("LOW_STOCK", 1, 10)}
        await minimum(services, item, shop, 0)
        await done(services, place(units(item, 10, shop)))
        assert await places_agree(services) == {shop: ("OUT_OF_STOCK", 4, 0)}


async def test_a_check_finds_what_the_setting_now_calls_for_at_places(
    settings: Settings, clock: HeldClock
) -> None:
    by_available = settings.model_copy(update={"alerts_by": "available"})
    async with open_services(settings, clock=clock) as services:
        item = await make_item(services)
        await minimum(services, item, MAIN, 8)
        await done(services, place(units(item, 10)))
        assert await live(services) == []
    async with open_services(by_available, clock=clock) as services:
        assert (await services.of(Alerts).check()).raised == 2
        assert await places_agree(services) == {MAIN: ("OUT_OF_STOCK", 4, 0)}
    async with open_services(settings, clock=clock) as services:
        assert (await services.of(Alerts).check()).resolved == 2
        assert await live(services) == []
