"""Figures of some locations agree with what is at them, and with what moved there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graphql_api.clock import HeldClock
from graphql_api.database.dialect import Dialect
from graphql_api.inventory.figures import KEPT_S, Figures, Seller
from graphql_api.inventory.items import Items, StockStatus
from graphql_api.inventory.kept_at import movements_within, units_at
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    batch,
    hide,
    line,
    make_item,
    make_location,
    removal,
    set_stock,
    sold,
    transfer,
)

DAY_S = 86_400
TRANSFERRED = 4


async def carry_out(services: Services, *commands: object) -> None:
    for command in commands:
        await services.of(StockLedger).carry_out(command)  # type: ignore[arg-type]  # commands


async def test_the_summary_of_some_places_counts_what_is_there(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    bin_ = await services.of(Locations).create(NewLocation("BIN", "x", shop.id))
    a = await make_item(services, "A", initial_stock=10, min_stock=10, price=10_000)
    b = await make_item(services, "B", initial_stock=3, location_id=shop.id, price=25_000)
    await make_item(services, "C", initial_stock=7, price=10_000)
    hidden = await make_item(services, "HIDDEN", initial_stock=2, location_id=bin_.id, price=10_000)
    # What is left of a deleted item is there, but it is no item any more.
    gone = await make_item(services, "GONE", initial_stock=9, location_id=shop.id, price=10_000)
    await hide(services, hidden)
    await services.of(Items).remove(removal(gone))
    await carry_out(services, transfer(a, 4, MAIN, bin_.id), transfer(b, 1, shop.id, bin_.id))
    figures = services.of(Figures)
    within = await services.of(Locations).nested([shop.id])

    async def counted(sees: bool, ids: Sequence[int]) -> tuple[int, int, int]:
        clock.advance(KEPT_S)
        found = await figures.summary(sees, tuple(ids))
        return found.items, found.units, found.stock_value

    assert await counted(False, within) == (2, 7 + 9, 4 * 10_000 + 3 * 25_000 + 9 * 10_000)
    assert await counted(True, within) == (
        3,
        9 + 9,
        4 * 10_000 + 3 * 25_000 + 2 * 10_000 + 9 * 10_000,
    )
    assert await counted(False, [shop.id]) == (1, 2 + 9, 50_000 + 9 * 10_000)
    assert await counted(False, [MAIN]) == (2, 13, 130_000)
    assert await counted(True, []) == (0, 0, 0)
    found = await figures.summary(False, within)
    assert found.by_status == {
        StockStatus.IN_STOCK: 1, StockStatus.LOW_STOCK: 1, StockStatus.OUT_OF_STOCK: 0,
    }  # fmt: skip


async def test_what_crosses_the_border_of_places_comes_in_or_goes_out(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    bin_ = await services.of(Locations).create(NewLocation("BIN", "x", shop.id))
    item, other = [await make_item(services, sku, initial_stock=50) for sku in "AB"]
    await carry_out(
        services,
        transfer(item, TRANSFERRED, MAIN, shop.id),  # the level is new there
        transfer(item, TRANSFERRED, MAIN, shop.id),
        transfer(other, TRANSFERRED, MAIN, bin_.id),
        transfer(item, 3, shop.id, bin_.id),
        transfer(item, 1, bin_.id, MAIN),
        adjust(item, 5, ActionType.RECEIPT, location_id=bin_.id),
        set_stock(item, 3, 5, location_id=shop.id),
    )
    clock.advance(DAY_S)
    await carry_out(services, adjust(item, -2, ActionType.SALE, location_id=shop.id))

    async def series(*ids: int, sees: bool = True) -> list[tuple[int, int, int]]:
        clock.advance(KEPT_S)
        wanted = tuple(ids) if ids else None
        found = await services.of(Figures).movement_series(2, sees, location_ids=wanted)
        return [(b.movements, b.units_in, b.units_out) for b in found]

    assert await series(shop.id, bin_.id) == [
        (8, 3 * TRANSFERRED + 5, 1 + 2), (1, 0, 2),
    ]  # fmt: skip
    assert await series(shop.id) == [(4, 2 * TRANSFERRED, 3 + 2), (1, 0, 2)]
    assert await series(bin_.id) == [(4, TRANSFERRED + 3 + 5, 1), (0, 0, 0)]
    assert await series(MAIN) == [(6, 100 + 1, 3 * TRANSFERRED), (0, 0, 0)]
    assert await series(MAIN, shop.id, bin_.id) == await series()
    await hide(services, other)
    assert (await series(bin_.id, sees=False))[0] == (3, 3 + 5, 1)
    clock.advance(90 * DAY_S)
    assert await series(shop.id) == [(0, 0, 0), (0, 0, 0)]


async def test_several_transfers_of_one_command_run_are_told_apart(services: Services) -> None:
    """The lines of a transfer are next to each other; those of the next one are too."""
    a, b, c = [(await make_location(services, code)).id for code in "ABC"]
    item = await make_item(services, initial_stock=20, location_id=a)
    for step in [(a, b), (b, c), (c, a), (a, c), (c, b), (b, a)] * 2:
        await carry_out(services, transfer(item, 5, *step))
    (today,) = await services.of(Figures).movement_series(1, True, location_ids=(a, b))
    assert (today.units_in, today.units_out) == (20 + 4 * 5, 4 * 5)


async def test_what_sells_fastest_at_some_places_and_how_long_it_lasts_there(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    a, b = [await make_item(services, sku, initial_stock=50) for sku in "AB"]
    await carry_out(
        services,
        transfer(a, 20, MAIN, shop.id),
        transfer(b, 20, MAIN, shop.id),
        batch(
            line(a, -8, ActionType.SALE, location_id=shop.id),
            line(b, -9, ActionType.SALE, location_id=shop.id),
            line(a, -30, ActionType.SALE),
            line(b, 4, ActionType.RETURN, location_id=shop.id),
        ),
    )
    figures = services.of(Figures)
    assert sold(await figures.fastest_sellers(30, 10, True, location_ids=(shop.id,))) == [
        (a.id, 8),
        (b.id, 5),
    ]
    assert sold(await figures.fastest_sellers(30, 10, True)) == [(a.id, 38), (b.id, 5)]
    assert await units_at(services.database.reading, [a.id, b.id], (shop.id, MAIN)) == {
        a.id: 12, b.id: 45,
    }  # fmt: skip
    there = await figures.units_at([a.id], (shop.id,))
    assert figures.mover(a, Seller(a.id, 8, a.created_at), 30, there[a.id]).days_of_cover == 12 / 8
    clock.advance(31 * DAY_S)
    assert sold(await figures.fastest_sellers(30, 10, True, location_ids=(shop.id,))) == []


async def test_figures_of_a_place_read_its_own_movements(services: Services) -> None:
    """Of years of movements elsewhere nothing is read."""
    scanning = services.database.scanning
    if scanning.dialect is not Dialect.SQLITE:
        pytest.skip("PostgreSQL reads so small a table from end to end")
    condition, parameters = movements_within(scanning.dialect, "recorded_at", (1, 2**62), (MAIN,))
    rows = await scanning.rows(
        f"EXPLAIN QUERY PLAN SELECT sum(m.quantity) FROM movement m WHERE {condition}", *parameters
    )
    assert "movement_by_location" in str([row["detail"] for row in rows])
