"""Every command finds what has run out given back, though the expiry has not come.

The clock is held, and the process of these tests runs no expiry.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.errors import Refusal
from graphql_api.holds import book
from graphql_api.holds.holds import Holds
from graphql_api.holds.lifecycle import TOPIC
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.items import Items
from graphql_api.inventory.retirement import DeletedStock
from graphql_api.inventory.stock import ActionType, CountLine, StockLedger
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    archival,
    batch,
    change,
    count_batch,
    item_now,
    line,
    make_item,
    make_location,
    removal,
    set_stock,
    transfer,
)
from tests.holds.making import consume, done, place, units
from tests.invariants import assert_sound, events_of

Do = Callable[[Services, Item], Awaitable[Any]]


def booked(command: Callable[[Item], Any]) -> Do:
    return lambda services, item: services.of(StockLedger).carry_out(command(item))


async def moved_away(services: Services, item: Item) -> Any:
    shop = await make_location(services)
    return await services.of(StockLedger).carry_out(transfer(item, 10, MAIN, shop.id))


COMMANDS: dict[str, Do] = {
    "delete": lambda services, item: services.of(Items).remove(removal(item)),
    "delete with its stock": lambda services, item: services.of(Items).remove(
        removal(item, stock=DeletedStock.WRITE_OFF)
    ),
    "archive": lambda services, item: services.of(Items).archive(archival(item)),
    "change": lambda services, item: services.of(Items).change(change(item, name="New")),
    "sell": booked(lambda item: adjust(item, -10, ActionType.SALE)),
    "sell many": booked(lambda item: batch(line(item, -10, ActionType.SALE))),
    "write off": booked(lambda item: adjust(item, -10, ActionType.WRITE_OFF)),
    "count": booked(lambda item: set_stock(item, 0, 10)),
    "count many": booked(lambda item: count_batch(CountLine(ref(item), 0, 10))),
    "transfer": moved_away,
    "hold": lambda services, item: done(services, place(units(item, 10))),
}


def ref(item: Item) -> ItemRef:
    return ItemRef("id", str(item.id))


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_due_hold_is_in_no_commands_way(
    services: Services, clock: HeldClock, name: str
) -> None:
    """How the bug came about: only commands on holds ended first what was due."""
    item = await make_item(services)
    hold = (await done(services, place(units(item, 10), seconds=60))).hold
    clock.advance(60)
    assert (await item_now(services, item)).held == 10, "nobody came yet"
    result = await COMMANDS[name](services, item)
    assert not getattr(result, "warnings", None), "nothing is held that could be missing"
    assert (await item_now(services, item)).held == (10 if name == "hold" else 0)
    ends = [event["kind"] for event in await events_of(services) if event["subject"] == hold.id]
    assert ends == ["PLACED", "EXPIRED"]
    await assert_sound(services)


@pytest.mark.parametrize("name", ["delete", "sell", "transfer", "hold"])
async def test_a_hold_is_in_the_way_up_to_its_moment(
    services: Services, clock: HeldClock, name: str
) -> None:
    item = await make_item(services)
    await done(services, place(units(item, 10), seconds=60))
    clock.advance(59.999_999)
    with pytest.raises(Refusal):
        await COMMANDS[name](services, item)
    assert (await item_now(services, item)).held == 10


async def test_what_is_due_is_ended_once_and_before_the_commands(
    services: Services, clock: HeldClock
) -> None:
    item, other = await make_item(services), await make_item(services, "B")
    first = (await done(services, place(units(item, 4)))).hold
    second = (await done(services, place(units(item, 6), units(other, 1)))).hold
    lasting = (await done(services, place(units(other, 2), seconds=600))).hold
    clock.advance(60)
    before = await services.log.head()
    sold = await services.of(StockLedger).carry_out(adjust(other, -8, ActionType.SALE))
    told = await services.log.page(before.position, sold.cursor.position)
    assert [(e.kind, e.subject) for e in told if e.topic == TOPIC] == [
        ("EXPIRED", first.id),
        ("EXPIRED", second.id),
    ]
    assert told[-1].kind == "STOCK_UPDATED"
    assert await services.of(Holds).expire_due() == 0
    assert (await done(services, consume(lasting))).movements[0].quantity == -2
    await assert_sound(services)


async def test_more_than_one_transaction_ends_is_ended_by_the_next(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "DUE_MAX", 2)
    item = await make_item(services)
    for _ in range(5):
        await done(services, place(units(item, 1)))
    clock.advance(60)
    await services.of(Items).change(change(item, name="New"))
    assert (await item_now(services, item)).held == 3
    assert await services.of(Holds).expire_due() == 3
    assert (await item_now(services, item)).held == 0
    await assert_sound(services)


async def test_a_fault_in_ending_holds_spoils_no_command(
    services: Services,
    clock: HeldClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    item = await make_item(services)
    await done(services, place(units(item, 1)))
    clock.advance(60)

    async def broken(*_: object) -> None:
        raise ValueError("a bug")

    with monkeypatch.context() as bug, caplog.at_level(logging.ERROR):
        bug.setattr(book.HoldBook, "store", broken)
        await services.of(StockLedger).carry_out(adjust(item, 5))
    assert "before the commands" in caplog.text
    now = await item_now(services, item)
    assert (now.stock, now.held) == (15, 1), "and nothing of it is half done"
    assert await services.of(Holds).expire_due() == 1
    await assert_sound(services)
