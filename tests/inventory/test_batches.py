"""Batches of stock changes, under both policies."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.inventory.items import ItemRef
from graphql_api.inventory.stock import (
    BATCH_LINES_MAX,
    ActionType,
    BatchRefused,
    BulkPolicy,
    StockLedger,
)
from graphql_api.services import Services
from tests.builders import MAIN, batch, item_now, line, make_item, make_location, move
from tests.invariants import assert_sound, events_of

SKIP_FAILED, ABORT_ALL = BulkPolicy.SKIP_FAILED, BulkPolicy.ABORT_ALL


@pytest.mark.parametrize("on_error", list(BulkPolicy))
async def test_lines_are_applied_in_their_order_an_item_may_come_twice(
    services: Services, on_error: BulkPolicy
) -> None:
    item = await make_item(services, "A", initial_stock=0)
    other = await make_item(services, "B")
    result = await services.of(StockLedger).carry_out(
        batch(
            line(item, 5, ActionType.RECEIPT),
            line(other, -1, ActionType.SALE),
            line(ItemRef("sku", "a"), -5, ActionType.SALE),  # possible only after the first
            line(item, 2),
            on_error=on_error,
        )
    )
    told = [(m.item_id, m.quantity, m.old_stock, m.new_stock) for m in result.movements]
    assert told == [
        (item.id, 5, 0, 5),
        (other.id, -1, 10, 9),
        (item.id, -5, 5, 0),
        (item.id, 2, 0, 2),
    ]
    assert result.item is None
    assert result.refusals == []
    assert (await item_now(services, item)).version == 4, "one version for each line"
    events = [e for e in await events_of(services) if e["kind"] == "STOCK_UPDATED"]
    assert [event["subject"] for event in events] == [item.id, other.id, item.id, item.id]
    assert result.cursor.position == events[-1]["position"]
    await assert_sound(services)


async def test_one_bad_line_aborts_all_and_every_bad_line_is_told(services: Services) -> None:
    item = await make_item(services)
    before = await services.log.head()
    command = batch(
        line(item, 1),
        line(ItemRef("sku", "nowhere"), 1),
        line(item, -12),
        line(item, 1, location_id=4711),
        line(item, -11),  # the first line would have made it possible
    )
    with pytest.raises(BatchRefused) as refused:
        await services.of(StockLedger).carry_out(command)
    told = [(r.code, r.field) for r in refused.value.refusals]
    assert told == [
        ("NOT_FOUND", ("input", "lines", "1", "item")),
        ("INSUFFICIENT_STOCK", ("input", "lines", "2", "quantity")),
        ("NOT_FOUND", ("input", "lines", "3", "location")),
    ]
    assert await services.log.head() == before
    assert (await item_now(services, item)).stock == 10
    await assert_sound(services)


async def test_an_aborted_batch_leaves_its_key_for_a_better_one(services: Services) -> None:
    item = await make_item(services)
    with pytest.raises(BatchRefused):
        await services.of(StockLedger).carry_out(batch(line(item, -99), key="k"))
    result = await services.of(StockLedger).carry_out(batch(line(item, -9), key="k"))
    assert not result.replayed
    await assert_sound(services)


async def test_failed_lines_are_skipped_and_the_others_applied(services: Services) -> None:
    item = await make_item(services)
    result = await services.of(StockLedger).carry_out(
        batch(
            line(item, -4),
            line(ItemRef("barcode", "nowhere"), 1),
            line(item, -7),  # six are left
            line(item, -6),
            on_error=SKIP_FAILED,
        )
    )
    assert [m.quantity for m in result.movements] == [-4, -6]
    assert [(r.code, r.field) for r in result.refusals] == [
        ("NOT_FOUND", ("input", "lines", "1", "item")),
        ("INSUFFICIENT_STOCK", ("input", "lines", "2", "quantity")),
    ]
    assert (await item_now(services, item)).stock == 0
    await assert_sound(services)


async def test_a_line_that_was_refused_says_it_again_for_every_language(
    services: Services,
) -> None:
    item = await make_item(services)
    command = batch(line(item, -4), line(item, -11), on_error=SKIP_FAILED, key="k")
    first, again = [await services.of(StockLedger).carry_out(command) for _ in range(2)]
    assert (first.replayed, again.replayed) == (False, True)
    told, retold = first.refusals[0], again.refusals[0]
    assert told.values and told.template != told.message
    assert (retold.message, retold.template, retold.values) == (
        told.message,
        told.template,
        told.values,
    )


async def test_a_batch_of_which_every_line_failed_leaves_nothing(services: Services) -> None:
    item = await make_item(services)
    before = await services.log.head()
    command = batch(line(item, -11), line(item, -12), on_error=SKIP_FAILED, key="k")
    result = await services.of(StockLedger).carry_out(command)
    assert (result.movements, len(result.refusals), result.replayed) == ([], 2, False)
    assert result.cursor == before.cursor
    assert await services.log.head() == before
    await move(services, item, 20)
    again = await services.of(StockLedger).carry_out(
        command
    )  # nothing was recorded, its key included
    assert not again.replayed
    assert [m.quantity for m in again.movements] == [-11, -12]
    await assert_sound(services)


@pytest.mark.parametrize("on_error", list(BulkPolicy))
async def test_a_batch_has_from_1_to_250_lines(services: Services, on_error: BulkPolicy) -> None:
    assert BATCH_LINES_MAX == 250
    item = await make_item(services)
    for count in (0, BATCH_LINES_MAX + 1):
        with pytest.raises(InvalidInput) as refused:
            await services.of(StockLedger).carry_out(
                batch(*(line(item, 1) for _ in range(count)), on_error=on_error)
            )
        assert refused.value.field == ("input", "lines")
        assert str(count) in refused.value.message


async def test_the_largest_batch_is_applied_whole(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}") for n in range(10)]
    lines = [line(items[n % 10], 1 + n % 3) for n in range(BATCH_LINES_MAX)]
    result = await services.of(StockLedger).carry_out(batch(*lines))
    assert [m.quantity for m in result.movements] == [li.quantity for li in lines]
    await assert_sound(services)


@pytest.mark.parametrize("on_error", list(BulkPolicy))
async def test_a_line_that_can_never_be_refuses_the_batch_under_any_policy(
    services: Services, on_error: BulkPolicy
) -> None:
    item = await make_item(services, "A")
    before = await services.log.head()
    for bad, name in (
        (line(item, 0), "quantity"),
        (line(item, 1, ActionType.SALE), "quantity"),
        (line(item, 1, ActionType.COUNT), "actionType"),
        (line(item, 1, ActionType.RETURN, reason="x" * 501), "reason"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await services.of(StockLedger).carry_out(batch(line(item, 1), bad, on_error=on_error))
        assert refused.value.field == ("input", "lines", "1", name)
    assert await services.log.head() == before


async def test_lines_that_together_go_beyond_32_bits_are_refused_from_there_on(
    services: Services,
) -> None:
    item = await make_item(services, initial_stock=0)
    shop = await make_location(services)
    half = values.INT32_MAX // 2 + 1
    result = await services.of(StockLedger).carry_out(
        batch(
            line(item, half),
            line(item, half, location_id=shop.id),
            line(item, half - 1, location_id=shop.id),
            line(item, 1),
            on_error=SKIP_FAILED,
        )
    )
    assert [m.quantity for m in result.movements] == [half, half - 1]
    assert [(r.code, r.field) for r in result.refusals] == [
        ("INVALID_INPUT", ("input", "lines", "1", "quantity")),
        ("INVALID_INPUT", ("input", "lines", "3", "quantity")),
    ]
    assert (await assert_sound(services)).items[item.id]["stock"] == values.INT32_MAX


async def test_an_item_named_in_two_ways_is_one_item(services: Services) -> None:
    item = await make_item(services, "AR-1", barcode="777", initial_stock=3)
    names = [ItemRef("id", str(item.id)), ItemRef("sku", "ar-1"), ItemRef("barcode", "777")]
    result = await services.of(StockLedger).carry_out(batch(*(line(name, -1) for name in names)))
    assert [m.new_stock for m in result.movements] == [2, 1, 0]
    with pytest.raises(BatchRefused):
        await services.of(StockLedger).carry_out(batch(*(line(name, -1) for name in names)))
    await assert_sound(services)


async def test_a_batch_moves_at_several_locations(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    await services.of(StockLedger).carry_out(
        batch(line(item, -3), line(item, 3, location_id=shop.id), line(item, 1, location_id=MAIN))
    )
    assert (await item_now(services, item)).level_quantities == {MAIN: 8, shop.id: 3}
    await assert_sound(services)


async def test_a_refused_batch_does_not_disturb_its_neighbours(services: Services) -> None:
    item = await make_item(services)
    before = services.writer.transactions
    results = await asyncio.gather(
        services.of(StockLedger).carry_out(batch(line(item, -4), line(item, 1))),
        services.of(StockLedger).carry_out(batch(line(item, -1), line(item, -99))),
        services.of(StockLedger).carry_out(
            batch(line(item, -6), line(item, -6), on_error=SKIP_FAILED)
        ),
        return_exceptions=True,
    )
    assert services.writer.transactions == before + 1, "the test needs one transaction"
    assert isinstance(results[1], BatchRefused)
    assert (await item_now(services, item)).stock == 1
    await assert_sound(services)
