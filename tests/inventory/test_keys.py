"""Idempotency keys: one key stands for one change, for ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.database.database import Database
from graphql_api.errors import IdempotencyKeyReused, InsufficientStock, StockConflict
from graphql_api.inventory.items import Item, ItemRef, Items
from graphql_api.inventory.levels import Levels
from graphql_api.inventory.stock import (
    ActionType,
    AdjustStock,
    BulkPolicy,
    SetStock,
    StockLedger,
    StockResult,
    TransferStock,
)
from graphql_api.kernel.codec import WrittenByNewer
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    batch,
    change,
    item_now,
    line,
    make_item,
    make_location,
    move,
    removal,
    set_stock,
    transfer,
)
from tests.conftest import OpenServices, settings_for
from tests.databases import Maker, migrate_again
from tests.invariants import assert_sound

AnyCommand = AdjustStock | SetStock | TransferStock

SHOP = 1004  # the location that `prepared` makes
KINDS = ["adjust", "batch", "skipping batch", "set", "transfer"]


async def prepared(services: Services) -> Item:
    item = await make_item(services)
    assert (await make_location(services)).id == SHOP
    return item


def command_of(kind: str, item: Item, key: str = "k") -> AnyCommand:
    match kind:
        case "adjust":
            return adjust(item, -3, ActionType.SALE, key=key, reason="r", reference="f")
        case "batch":
            return batch(line(item, -3), line(item, 1), key=key)
        case "skipping batch":
            lines = line(item, -3), line(item, -99), line(ItemRef("sku", "nowhere"), 1)
            return batch(*lines, on_error=BulkPolicy.SKIP_FAILED, key=key)
        case "set":
            return set_stock(item, 7, 10, key=key)
        case _:
            return transfer(item, 3, MAIN, SHOP, key=key)


def told(result: StockResult) -> dict[str, Any]:
    """All that a result says, but whether it is a repetition."""
    return {
        "movements": result.movements,
        "item": result.item,
        "cursor": result.cursor,
        "refusals": [(r.code, r.message, r.field) for r in result.refusals],
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_key_and_input_again_gives_the_first_result(
    services: Services, clock: HeldClock, kind: str
) -> None:
    item = await prepared(services)
    first = await services.of(StockLedger).carry_out(command_of(kind, item))
    clock.advance(100)
    await services.of(Items).change(change(item, name="Renamed", minStock=50))
    await move(services, item, 7)
    before = await services.log.head()
    again = await services.of(StockLedger).carry_out(command_of(kind, item))
    assert told(again) == told(first)
    assert (first.replayed, again.replayed) == (False, True)
    assert await services.log.head() == before
    await assert_sound(services)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_first_result_outlives_a_restart_and_the_item(
    open_again: OpenServices, kind: str
) -> None:
    async with open_again() as services:
        item = await prepared(services)
        first = await services.of(StockLedger).carry_out(command_of(kind, item))
        await services.of(Items).remove(removal(item))
    async with open_again() as services:
        again = await services.of(StockLedger).carry_out(command_of(kind, item))
        assert told(again) == told(first)
        assert again.replayed
        await assert_sound(services)


@pytest.mark.parametrize("kind", KINDS)
async def test_of_many_who_send_one_key_at_once_one_is_booked_and_all_hear_of_it(
    services: Services, kind: str
) -> None:
    item = await prepared(services)
    results = await asyncio.gather(
        *(services.of(StockLedger).carry_out(command_of(kind, item)) for _ in range(12))
    )
    assert [result.replayed for result in results].count(False) == 1
    assert all(told(result) == told(results[0]) for result in results)
    await assert_sound(services)


@pytest.mark.parametrize("first", KINDS)
async def test_a_key_of_one_command_does_not_serve_another(services: Services, first: str) -> None:
    item = await prepared(services)
    await services.of(StockLedger).carry_out(command_of(first, item))
    before = await services.log.head()
    for other in KINDS:
        if other != first:
            with pytest.raises(IdempotencyKeyReused) as refused:
                await services.of(StockLedger).carry_out(command_of(other, item))
            assert refused.value.field == ("input", "idempotencyKey")
    assert await services.log.head() == before


def variants_of_adjust(item: Item) -> list[AdjustStock]:
    command = adjust(item, -3, ActionType.SALE, key="k", reason="r", reference="f")
    (first,) = command.lines
    lines = [
        replace(first, quantity=-4),
        replace(first, action_type=ActionType.WRITE_OFF),
        replace(first, location_id=MAIN),
        replace(first, reason=None),
        replace(first, reference="g"),
        replace(first, occurred_at_us=5),
        replace(first, item=ItemRef("sku", item.sku)),
    ]
    return [
        *(replace(command, lines=(line,)) for line in lines),
        replace(command, is_batch=True),
        replace(command, lines=(first, first), is_batch=True),
    ]


def variants_of_others(item: Item) -> list[tuple[AnyCommand, AnyCommand]]:
    counting = set_stock(item, 7, 10, key="set")
    moving = transfer(item, 3, MAIN, SHOP, key="transfer")
    several = batch(line(item, 1), line(item, 2), key="batch")
    assert isinstance(counting, SetStock)
    assert isinstance(moving, TransferStock)
    return [
        (counting, replace(counting, stock=8)),
        (counting, replace(counting, expected_stock=9)),
        (counting, replace(counting, location_id=MAIN)),
        (counting, replace(counting, reason="r")),
        (moving, replace(moving, quantity=4)),
        (moving, replace(moving, from_id=SHOP, to_id=MAIN)),
        (moving, replace(moving, reference="r")),
        (several, replace(several, lines=several.lines[::-1])),
        (several, replace(several, on_error=BulkPolicy.SKIP_FAILED)),
    ]


async def test_any_other_input_under_a_known_key_is_refused(services: Services) -> None:
    item = await prepared(services)
    await services.of(StockLedger).carry_out(command_of("adjust", item))
    for other in variants_of_adjust(item):
        with pytest.raises(IdempotencyKeyReused):
            await services.of(StockLedger).carry_out(other)
    await services.of(StockLedger).carry_out(set_stock(item, 10, 7))
    done: set[str] = set()
    for command, variant in variants_of_others(item):
        if command.key not in done:
            await services.of(StockLedger).carry_out(command)
            done.add(command.key)
            now = await item_now(services, item)
            levels = now.level_quantities or Levels()
            await services.of(StockLedger).carry_out(set_stock(item, 10, levels[MAIN]))
        with pytest.raises(IdempotencyKeyReused):
            await services.of(StockLedger).carry_out(variant)
    await assert_sound(services)


async def test_a_key_of_one_user_says_nothing_to_another(services: Services) -> None:
    """How the bug came about: keys were global, so a guessed one answered with what somebody
    else had booked, or refused an honest change as IDEMPOTENCY_KEY_REUSED."""
    item = await make_item(services)
    users = (USER_ID, USER_ID + 1, None)
    for number, user_id in enumerate(users):
        command = replace(adjust(item, 1 + number, key="k"), user_id=user_id)
        assert not (await services.of(StockLedger).carry_out(command)).replayed
    for number, user_id in enumerate(users):
        command = replace(adjust(item, 1 + number, key="k"), user_id=user_id)
        again = await services.of(StockLedger).carry_out(command)
        assert (again.replayed, again.movements[0].quantity) == (True, 1 + number)
    await assert_sound(services)


async def test_one_key_of_two_users_in_one_transaction_stands_for_two_changes(
    services: Services,
) -> None:
    item = await make_item(services)
    results = await asyncio.gather(
        *(
            services.of(StockLedger).carry_out(
                replace(adjust(item, 1, key="k"), user_id=USER_ID + n % 2)
            )
            for n in range(4)
        )
    )
    assert [result.replayed for result in results].count(False) == 2
    await assert_sound(services)


async def test_keys_of_before_go_on_answering_to_those_who_used_them(
    maker: Maker, clock: HeldClock
) -> None:
    """Migration 0033 on a filled table."""
    url = maker.fresh()
    async with open_services(settings_for(url), clock=clock) as services:
        item = await prepared(services)
        commands = [
            replace(command_of(kind, item, kind), user_id=user_id)
            for kind, user_id in zip(
                sorted(KINDS, reverse=True), (USER_ID, USER_ID + 1, None, 7, 8), strict=True
            )
        ]
        firsts = []
        for command in sorted(commands, key=lambda command: command.key != "set"):
            firsts.append((command, await services.of(StockLedger).carry_out(command)))
            await move(services, item, 100)
        await _as_it_was_before(services.database)
        await migrate_again(services.database, "0033_keys_of_users")
    async with open_services(settings_for(url), clock=clock) as services:
        for command, first in firsts:
            again = await services.of(StockLedger).carry_out(command)
            assert again.replayed
            assert again.movements == first.movements
            other = replace(command, user_id=4_711)
            with suppress(StockConflict):
                assert not (await services.of(StockLedger).carry_out(other)).replayed
        await assert_sound(services)
    maker.discard(url)


async def _as_it_was_before(database: Database) -> None:
    """Make the table of the first migration out of today's, with its rows."""
    for statement in (
        "CREATE TABLE before AS SELECT key, input_hash, result, recorded_at FROM idempotency_key",
        "DROP TABLE idempotency_key",
        "CREATE TABLE idempotency_key (key VARCHAR(200) NOT NULL PRIMARY KEY, "
        "input_hash VARCHAR(64) NOT NULL, result TEXT NOT NULL, recorded_at BIGINT NOT NULL)",
        "INSERT INTO idempotency_key SELECT key, input_hash, result, recorded_at FROM before",
        "DROP TABLE before",
    ):
        await database.writing.change(statement)


async def test_keys_are_told_apart_to_the_letter(services: Services) -> None:
    item = await make_item(services)
    for key in ("k", "K", "k2", "ｋ"):
        assert not (await services.of(StockLedger).carry_out(adjust(item, 1, key=key))).replayed
    await assert_sound(services)


@pytest.mark.parametrize(("quantity", "error"), [(-11, InsufficientStock), (None, StockConflict)])
async def test_a_refused_command_may_be_sent_again_with_its_key(
    services: Services, quantity: int | None, error: type[Exception]
) -> None:
    item = await make_item(services)
    command = (
        set_stock(item, 1, 15, key="k") if quantity is None else adjust(item, quantity, key="k")
    )
    with pytest.raises(error):
        await services.of(StockLedger).carry_out(command)
    await move(services, item, 5)
    assert not (await services.of(StockLedger).carry_out(command)).replayed
    assert (await services.of(StockLedger).carry_out(command)).replayed
    await assert_sound(services)


async def test_different_inputs_under_one_key_at_once_book_the_first(services: Services) -> None:
    item = await make_item(services)
    results = await asyncio.gather(
        *(services.of(StockLedger).carry_out(adjust(item, 1 + n, key="k")) for n in range(5)),
        return_exceptions=True,
    )
    booked = [result for result in results if isinstance(result, StockResult)]
    assert len(booked) == 1
    assert all(isinstance(r, IdempotencyKeyReused) for r in results if r is not booked[0])
    await assert_sound(services)


async def test_a_key_that_a_newer_version_remembers_is_told_as_such_and_changes_nothing(
    services: Services,
) -> None:
    item = await make_item(services)
    command = adjust(item, 2, key="k")
    await services.of(StockLedger).carry_out(command)
    row = await services.database.reading.row("SELECT result FROM idempotency_key")
    assert row is not None
    change = "UPDATE idempotency_key SET result = ?"
    await services.database.writing.change(change, 'v7 {"newer": true}')
    with pytest.raises(WrittenByNewer, match="newer version"):
        await services.of(StockLedger).carry_out(command)
    other = await services.of(StockLedger).carry_out(adjust(item, 1, key="another"))
    assert other.movements[0].new_stock == 13, "the next in the same process goes on"
    await services.database.writing.change(
        change + " WHERE key = 'k'", row[0]
    )  # as a server of that version reads it
    assert (await services.of(StockLedger).carry_out(command)).replayed
