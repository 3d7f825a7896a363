"""Booking as any noun uses it inside a transaction: here an order that ships several items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from graphql_api.database.writer import single
from graphql_api.errors import InsufficientStock
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.booking import Booking, PlainLine
from graphql_api.inventory.items import Item, ItemRef
from graphql_api.inventory.locations import Location
from graphql_api.inventory.movements import ActionType, Movement
from graphql_api.inventory.named_items import NamedItems
from graphql_api.services import Services
from tests.builders import MAIN, USER_ID, item_now, make_item
from tests.invariants import assert_sound, events_of

HERE = Location(MAIN, "MAIN", "Main location")


@dataclass(frozen=True, slots=True)
class Order:
    """A command. lines: SKU and how many units leave."""

    lines: tuple[tuple[str, int], ...]


async def ship(transaction: LogTransaction, order: Order) -> list[Movement]:
    refs = [ItemRef("sku", sku) for sku, _ in order.lines]
    items = await NamedItems.load(transaction.connection, refs)
    booking = Booking(transaction)
    await booking.take(items)
    plan = booking.plan()
    for ref, (sku, units) in zip(refs, order.lines, strict=True):
        line = PlainLine(-units, ActionType.SALE, reference=f"order of {sku}")
        plan.add(items.find(ref, True, ("item",)), HERE, line, ("lines", sku))
    movements = plan.book(USER_ID)
    await booking.store()
    return movements


async def shipped(services: Services, *lines: tuple[str, int]) -> Sequence[Movement]:
    movements: Sequence[Movement] = await services.writer.submit(single(ship), Order(lines))
    return movements


async def two_items(services: Services) -> list[Item]:
    return [await make_item(services, sku) for sku in "AB"]


async def test_lines_become_movements_levels_and_events(services: Services) -> None:
    a, b = await two_items(services)
    movements = await shipped(services, ("A", 3), ("b", 4), ("A", 7))
    told = [(m.item_id, m.quantity, m.old_stock, m.new_stock) for m in movements]
    assert told == [(a.id, -3, 10, 7), (b.id, -4, 10, 6), (a.id, -7, 7, 0)]
    now = await item_now(services, a)
    assert (now.stock, now.level_quantities, now.version) == (0, {MAIN: 0}, 3)
    events = [e["subject"] for e in await events_of(services) if e["kind"] == "STOCK_UPDATED"]
    assert events == [a.id, b.id, a.id]
    await assert_sound(services)


async def test_a_level_below_zero_is_refused_and_nothing_of_the_plan_is_booked(
    services: Services,
) -> None:
    a, _ = await two_items(services)
    before = await services.log.head()
    with pytest.raises(InsufficientStock) as refused:
        await shipped(services, ("A", 3), ("B", 1), ("A", 8))
    assert (refused.value.available, refused.value.field) == (7, ("lines", "A"))
    assert await services.log.head() == before
    assert (await item_now(services, a)).stock == 10
    await assert_sound(services)
