"""Figures over the whole stock agree with the items and movements that they are about."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Never

import pytest

from graphql_api.business import zone_of
from graphql_api.clock import DAY_US, HOUR_US, HeldClock, from_datetime, to_rfc3339
from graphql_api.errors import BadRequest
from graphql_api.inventory import figures as figures_module
from graphql_api.inventory.days import last_days
from graphql_api.inventory.figures import KEPT_S, CountedBy, Figures, Seller, Summary
from graphql_api.inventory.items import Items, StockStatus
from graphql_api.inventory.kept_at import movements_within
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.services import Services
from graphql_api.values import INT32_MAX, MONEY_MAX
from tests.builders import (
    MAIN,
    adjust,
    hide,
    make_item,
    make_location,
    move,
    removal,
    set_stock,
    sold,
    transfer,
)
from tests.conftest import OpenServices
from tests.patience import PATIENCE_S
from tests.plans import plan

DAY_S = 86_400


async def summary(services: Services, clock: HeldClock, sees_admins: bool = True) -> Summary:
    """The summary as it is now, not as it was kept."""
    clock.advance(KEPT_S)
    return await services.of(Figures).summary(sees_admins)


async def sell(services: Services, item: object, quantity: int) -> None:
    await services.of(StockLedger).carry_out(adjust(item, -quantity, ActionType.SALE))  # type: ignore[arg-type]


async def test_who_waits_for_a_figure_when_the_services_end_is_let_go(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()

    async def never(*_: object) -> Never:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with open_again() as services:
        dialect = services.database.scanning.dialect
        monkeypatch.setattr(
            services.of(Figures), "_scanning", SimpleNamespace(rows=never, dialect=dialect)
        )
        asking = asyncio.create_task(services.of(Figures).summary(False))
        await asyncio.wait_for(reached.wait(), PATIENCE_S)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asking, PATIENCE_S)


# ---- the summary -----------------------------------------------------------------------------


async def test_the_summary_of_an_empty_stock_has_every_status_with_none(
    services: Services, clock: HeldClock
) -> None:
    found = await services.of(Figures).summary(False)
    assert found == Summary(0, 0, 0, dict.fromkeys(StockStatus, 0), 0, clock.now_us())


async def test_the_summary_counts_items_by_status_units_and_their_value(
    services: Services, clock: HeldClock
) -> None:
    await make_item(services, "A", initial_stock=10, min_stock=9, price=15_000)
    await make_item(services, "B", initial_stock=10, min_stock=10, price=10_001)
    await make_item(services, "C", initial_stock=0, min_stock=0, price=70_000)
    await make_item(services, "D", initial_stock=3, min_stock=0, price=0)
    found = await summary(services, clock)
    assert (found.items, found.units, found.stock_value) == (4, 23, 250_010)
    assert found.by_status == {
        StockStatus.IN_STOCK: 2, StockStatus.LOW_STOCK: 1, StockStatus.OUT_OF_STOCK: 1,
    }  # fmt: skip
    assert found.live_alerts == 1  # C never had stock, and has no minimum
    assert found.as_of_us == clock.now_us()


async def test_hidden_items_count_for_admin_alone_and_deleted_ones_by_their_stock_only(
    services: Services, clock: HeldClock
) -> None:
    seen = await make_item(services, "SEEN", initial_stock=1, price=10_000)
    hidden = await make_item(services, "HIDDEN", initial_stock=2, min_stock=5, price=10_000)
    gone = await make_item(services, "GONE", initial_stock=4, min_stock=5, price=10_000)
    await hide(services, hidden)
    await services.of(Items).remove(removal(gone))
    for_admin, for_others = (
        await summary(services, clock, True),
        await summary(services, clock, False),
    )
    assert (for_admin.items, for_admin.units, for_admin.stock_value) == (2, 7, 70_000)
    assert (for_others.items, for_others.units, for_others.stock_value) == (1, 5, 50_000)
    assert (for_admin.live_alerts, for_others.live_alerts) == (1, 0)
    assert seen.stock == 1


async def test_the_value_is_exact_where_a_product_is_beyond_64_bits(
    services: Services, clock: HeldClock
) -> None:
    dear = MONEY_MAX - 1
    for sku in "AB":
        await make_item(services, sku, initial_stock=INT32_MAX, price=dear)
    await make_item(services, "C", initial_stock=1, price=1)
    found = await summary(services, clock)
    assert found.stock_value == 2 * INT32_MAX * dear + 1
    assert found.units == 2 * INT32_MAX + 1


async def test_a_figure_is_kept_for_some_seconds_apart_for_each_role(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    assert (await services.of(Figures).summary(False)).units == 10
    await move(services, item, 5)
    assert (await services.of(Figures).summary(False)).units == 10
    assert (await services.of(Figures).summary(True)).units == 15
    clock.advance(KEPT_S)
    assert (await services.of(Figures).summary(False)).units == 15


# ---- movements by day ------------------------------------------------------------------------


async def test_the_series_has_every_day_oldest_first_and_today_last(
    services: Services, clock: HeldClock
) -> None:
    today = clock.now_us() // DAY_US
    found = await services.of(Figures).movement_series(4, True)
    assert [bucket.start_us for bucket in found] == [(today - n) * DAY_US for n in (3, 2, 1, 0)]
    assert all((b.movements, b.units_in, b.units_out) == (0, 0, 0) for b in found)


async def test_a_day_has_what_the_ledger_took_between_its_midnights(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services, initial_stock=100)
    clock.advance(DAY_S - 0.000_001)  # the held clock began at midnight
    await sell(services, item, 7)
    clock.advance(0.000_001)
    await sell(services, item, 8)
    await services.of(StockLedger).carry_out(set_stock(item, 95, 85))
    clock.advance(2 * DAY_S)
    found = await services.of(Figures).movement_series(5, True)
    assert [(b.movements, b.units_in, b.units_out) for b in found] == [
        (0, 0, 0), (2, 100, 7), (2, 10, 8), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip
    assert len(await services.of(Figures).movement_series(2, True)) == 2


async def test_what_moves_between_locations_neither_comes_in_nor_goes_out(
    services: Services,
) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10)
    await services.of(StockLedger).carry_out(transfer(item, 4, MAIN, shop.id))
    (today,) = await services.of(Figures).movement_series(1, True)
    assert (today.movements, today.units_in, today.units_out) == (3, 10, 0)


async def test_the_series_tells_opening_stock_apart(services: Services, clock: HeldClock) -> None:
    old = await make_item(services, "OLD", initial_stock=50)
    clock.advance(86_400)
    await make_item(services, "NEW", initial_stock=7)
    for quantity in (20, -3):
        action = ActionType.RECEIPT if quantity > 0 else ActionType.SALE
        await services.of(StockLedger).carry_out(adjust(old, quantity, action_type=action))
    found = await services.of(Figures).movement_series(2, False)
    assert [(b.units_in, b.units_out, b.units_opening) for b in found] == [(50, 0, 50), (27, 3, 7)]


async def test_the_series_has_deleted_items_for_all_and_hidden_ones_for_admin(
    services: Services,
) -> None:
    gone = await make_item(services, "GONE", initial_stock=1)
    hidden = await make_item(services, "HIDDEN", initial_stock=2)
    await services.of(Items).remove(removal(gone))
    await hide(services, hidden)
    (for_admin,) = await services.of(Figures).movement_series(1, True)
    (for_others,) = await services.of(Figures).movement_series(1, False)
    assert (for_admin.units_in, for_others.units_in) == (3, 1)


async def test_days_are_those_of_the_time_zone_that_is_asked_for(
    services: Services, clock: HeldClock
) -> None:
    """A Los Angeles evening stood under tomorrow. In Berlin the 29th of March had 23 hours."""
    figures = services.of(Figures)
    clock.advance((from_datetime(datetime(2026, 3, 28, 22, 30, tzinfo=UTC)) - clock.now_us()) / 1e6)
    item = await make_item(services, initial_stock=100)  # 15:30 in Los Angeles, 23:30 in Berlin
    for hours, quantity in ((1, 1), (22, 2), (1, 4), (7, 8), (1, 16)):
        clock.advance(hours * 3_600)
        await sell(services, item, quantity)
    sold = {}
    for zone in ("Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", None):
        days = await figures.movement_series(3, True, zone)
        sold[zone] = [(to_rfc3339(day.start_us), day.units_in, day.units_out) for day in days]
    assert sold["Europe/Berlin"] == [
        ("2026-03-27T23:00:00Z", 100, 0),
        ("2026-03-28T23:00:00Z", 0, 1 + 2),
        ("2026-03-29T22:00:00Z", 0, 4 + 8 + 16),
    ]
    assert sold["America/Los_Angeles"] == [
        ("2026-03-27T07:00:00Z", 0, 0),
        ("2026-03-28T07:00:00Z", 100, 1),
        ("2026-03-29T07:00:00Z", 0, 2 + 4 + 8 + 16),
    ]
    assert sold["Asia/Kathmandu"] == [
        ("2026-03-27T18:15:00Z", 0, 0),
        ("2026-03-28T18:15:00Z", 100, 1),
        ("2026-03-29T18:15:00Z", 0, 2 + 4 + 8 + 16),
    ]
    assert sold[None] == [
        ("2026-03-28T00:00:00Z", 100, 1),
        ("2026-03-29T00:00:00Z", 0, 2 + 4),
        ("2026-03-30T00:00:00Z", 0, 8 + 16),
    ]
    with pytest.raises(BadRequest, match="timeZone: 'Mars/Base' is no time zone"):
        await figures.movement_series(3, True, "Mars/Base")
    with pytest.raises(BadRequest, match="timeZone: 'Mars/Base' is no time zone"):
        await figures.fastest_sellers(3, 1, True, "Mars/Base")


async def test_figures_go_by_when_things_happened_where_that_is_asked(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services, initial_stock=100)
    clock.advance(10 * DAY_S)
    late = adjust(item, -7, ActionType.SALE, occurred_at_us=clock.now_us() - 2 * DAY_US)
    long_ago = adjust(item, -9, ActionType.SALE, occurred_at_us=clock.now_us() - 9 * DAY_US)
    for command in (late, long_ago):
        await services.of(StockLedger).carry_out(command)
    figures = services.of(Figures)
    recorded = await figures.movement_series(3, True)
    occurred = await figures.movement_series(3, True, by=CountedBy.OCCURRED)
    assert [day.units_out for day in recorded] == [0, 0, 16]
    assert [day.units_out for day in occurred] == [7, 0, 0]
    assert sold(await figures.fastest_sellers(3, 1, True)) == [(item.id, 16)]
    assert sold(await figures.fastest_sellers(3, 1, True, by=CountedBy.OCCURRED)) == [(item.id, 7)]


async def test_a_window_has_the_hours_that_its_days_had_there(
    services: Services, clock: HeldClock
) -> None:
    """Noon to noon over the end of summer time in Berlin is 25 hours."""
    noon_us = from_datetime(datetime(2026, 10, 25, 11, tzinfo=UTC))
    clock.advance((noon_us - 24.5 * HOUR_US - clock.now_us()) / 1e6)
    item = await make_item(services, initial_stock=100)
    await sell(services, item, 3)
    clock.advance(24.5 * 3_600)
    figures = services.of(Figures)
    assert sold(await figures.fastest_sellers(1, 1, True, "Europe/Berlin")) == [(item.id, 3)]
    assert sold(await figures.fastest_sellers(1, 1, True, "UTC")) == []


# ---- what sells fastest ----------------------------------------------------------------------


async def test_what_sells_most_comes_first_less_what_customers_brought_back(
    services: Services,
) -> None:
    a, b, c, d = [await make_item(services, sku, initial_stock=100) for sku in "ABCD"]
    await sell(services, a, 10)
    await sell(services, b, 30)
    await sell(services, b, 5)
    await services.of(StockLedger).carry_out(adjust(b, 15, ActionType.RETURN))
    await sell(services, c, 5)
    await services.of(StockLedger).carry_out(adjust(c, 5, ActionType.RETURN))  # all of it came back
    await services.of(StockLedger).carry_out(adjust(a, -50, ActionType.RETURN))  # to the supplier
    await services.of(StockLedger).carry_out(adjust(d, -50, ActionType.WRITE_OFF))
    figures = services.of(Figures)
    assert sold(await figures.fastest_sellers(30, 10, False)) == [(b.id, 20), (a.id, 10)]
    assert sold(await figures.fastest_sellers(30, 1, False)) == [(b.id, 20)]


async def test_what_was_sold_before_the_window_does_not_count(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services, initial_stock=100)
    await sell(services, item, 50)
    clock.advance(7 * DAY_S)
    await sell(services, item, 1)
    assert sold(await services.of(Figures).fastest_sellers(7, 10, True)) == [(item.id, 51)]
    clock.advance(1)
    clock.advance(KEPT_S)
    assert sold(await services.of(Figures).fastest_sellers(7, 10, True)) == [(item.id, 1)]


async def test_the_fastest_are_items_that_are_there_and_may_be_seen(services: Services) -> None:
    seen, hidden, gone = [
        await make_item(services, sku, initial_stock=100) for sku in ("SEEN", "HIDDEN", "GONE")
    ]
    for quantity, item in enumerate((seen, hidden, gone), start=1):
        await sell(services, item, quantity)
    await hide(services, hidden)
    await services.of(Items).remove(removal(gone))
    figures = services.of(Figures)
    assert sold(await figures.fastest_sellers(1, 10, True)) == [(hidden.id, 2), (seen.id, 1)]
    assert sold(await figures.fastest_sellers(1, 10, False)) == [(seen.id, 1)]


async def test_a_mover_is_judged_by_its_own_days_when_it_is_younger_than_the_window(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services, initial_stock=12)
    figures, seller = services.of(Figures), Seller(item.id, 6, item.created_at)
    assert figures.mover(item, seller, 30).units_per_day == 6  # one day at least
    clock.advance(3 * DAY_S)
    young = figures.mover(item, seller, 30)
    assert (young.units_per_day, young.days_of_cover) == (2, 6)
    clock.advance(300 * DAY_S)
    old = figures.mover(item, seller, 30)
    assert (old.units_per_day, old.days_of_cover) == (0.2, 60)


async def test_what_was_sold_before_its_item_was_created_was_not_sold_in_a_day(
    services: Services, clock: HeldClock
) -> None:
    """A shop that moves in enters what it sold in the weeks before, on one day."""
    item, figures = await make_item(services, initial_stock=1_000), services.of(Figures)
    for days in range(1, 21):
        at_us = clock.now_us() - days * DAY_US
        command = adjust(item, -10, ActionType.SALE, occurred_at_us=at_us)
        await services.of(StockLedger).carry_out(command)
    (seller,) = await figures.fastest_sellers(30, 1, True, by=CountedBy.OCCURRED)
    assert figures.mover(item, seller, 30).units_per_day == 10
    (seller,) = await figures.fastest_sellers(30, 1, True)
    assert figures.mover(item, seller, 30).units_per_day == 200  # the ledger took them today


@pytest.mark.parametrize(("days", "first"), [(0, 10), (-1, 10), (91, 10), (30, 0), (30, 51)])
async def test_days_and_numbers_out_of_bounds_are_refused(
    services: Services, days: int, first: int
) -> None:
    with pytest.raises(BadRequest, match="must be from 1 to"):
        await services.of(Figures).fastest_sellers(days, first, True)
    if days != 30:
        with pytest.raises(BadRequest, match="days must be from 1 to 90"):
            await services.of(Figures).movement_series(days, True)


async def test_a_window_reads_its_own_days_alone(services: Services, clock: HeldClock) -> None:
    """Years of movements before it lie in the same index, and are not touched."""
    old_us = clock.now_us() - 400 * DAY_US
    await services.database.writing.change_many(
        "INSERT INTO movement (id, item_id, location_id, action_type, quantity, old_stock, "
        "new_stock, occurred_at, recorded_at) VALUES (?, ?, 1, 'SALE', -1, 1, 0, ?, ?)",
        [(10_000 + n, 1 + n % 7, old_us + n, old_us + n) for n in range(2_000)],
    )
    await services.database.writing.change("ANALYZE movement")
    now_us = clock.now_us()
    for by, index in (
        (CountedBy.RECORDED, "movement_by_time"),
        (CountedBy.OCCURRED, "movement_by_occurrence"),
    ):
        dialect = services.database.scanning.dialect
        span = (now_us - 30 * DAY_US, now_us)
        moved, within = movements_within(dialect, by.value, span, None)
        sellers = figures_module._MOVERS.format(since=figures_module._SINCE[by], moved=moved)
        asked = [(sellers, [*within, 1, 50])]
        for zone in ("UTC", "Europe/Berlin"):
            window = last_days(zone_of(zone), now_us, 90)  # with a change of the clocks, or none
            asked += [figures_module.series_of(dialect, window, by, sees) for sees in (True, False)]
        for statement, parameters in asked:
            assert index in await plan(services, statement, *parameters), (by, statement)
