"""Alerts by what nobody holds, where that is set: in the change itself, and by the check."""

from __future__ import annotations

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.clock import HeldClock
from graphql_api.inventory.stock import StockLedger
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from tests.builders import make_item, move, set_stock
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
