"""The ledger: single changes, absolute counts, transfers, and what each refuses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from graphql_api import values
from graphql_api.clock import MINUTE_US, HeldClock
from graphql_api.errors import (
    InsufficientStock,
    InvalidInput,
    NotFound,
    Refusal,
    StockConflict,
)
from graphql_api.inventory.history import History
from graphql_api.inventory.items import ItemRef, StockStatus, item_of
from graphql_api.inventory.stock import ActionType, BatchRefused, BulkPolicy, StockLedger
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    batch,
    item_now,
    line,
    make_item,
    make_location,
    move,
    set_stock,
    transfer,
)
from tests.invariants import assert_sound, events_of, fact_of

INT32_MAX = values.INT32_MAX
NUL = "\x00"


async def refused(services: Services, command: Any, kind: type[Refusal]) -> Any:
    """The refusal of a command, which must have left no trace."""
    before = await services.log.head()
    with pytest.raises(kind) as caught:
        await services.of(StockLedger).carry_out(command)
    assert await services.log.head() == before
    row = await services.database.reading.row(
        "SELECT count(*) FROM idempotency_key WHERE key = ?", command.key
    )
    assert row is not None
    assert row[0] == 0, "a refused command does not use up its key"
    return caught.value


# ---- adjustStock -----------------------------------------------------------------------------


async def test_a_change_is_booked_with_the_state_around_it(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    clock.advance(5)
    result = await services.of(StockLedger).carry_out(
        adjust(item, -4, ActionType.SALE, reason="sold", reference="INV-1", occurred_at_us=77)
    )
    (movement,) = result.movements
    assert (movement.old_stock, movement.new_stock, movement.quantity) == (10, 6, -4)
    assert (movement.reason, movement.reference) == ("sold", "INV-1")
    assert (movement.user_id, movement.location_id) == (USER_ID, MAIN)
    assert (movement.occurred_at, movement.recorded_at) == (77, clock.now_us())
    assert not result.replayed
    assert result.item is not None
    assert result.item == await item_now(services, item)
    assert (result.item.stock, result.item.version) == (6, 2)
    assert await services.of(History).page(item.id, True, 1, None) == [movement]
    await assert_sound(services)


async def test_without_a_time_of_its_own_a_change_happened_when_it_was_recorded(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    clock.advance(5)
    (movement,) = (await move(services, item, 1)).movements
    assert movement.occurred_at == movement.recorded_at == clock.now_us()


async def test_every_change_may_have_happened_earlier_and_none_happens_in_the_future(
    services: Services, clock: HeldClock
) -> None:
    """A client's clock may be five minutes ahead of ours."""
    item = await make_item(services)
    shop = await make_location(services)
    ledger = services.of(StockLedger)
    commands: list[tuple[Any, tuple[str, ...]]] = [
        (lambda at: adjust(item, 1, occurred_at_us=at), ("input", "occurredAt")),
        (lambda at: batch(line(item, 1), line(item, 1, occurred_at_us=at)),
         ("input", "lines", "1", "occurredAt")),
        (lambda at: replace(set_stock(item, 7, 10), occurred_at_us=at), ("input", "occurredAt")),
        (lambda at: replace(transfer(item, 1, MAIN, shop.id), occurred_at_us=at),
         ("input", "occurredAt")),
    ]  # fmt: skip
    limit_us = clock.now_us() + 5 * MINUTE_US
    for made, field in commands:
        with pytest.raises(Refusal) as caught:
            await ledger.carry_out(made(limit_us + 1))
        refusal = caught.value
        if isinstance(refusal, BatchRefused):
            (refusal,) = refusal.refusals
        assert isinstance(refusal, InvalidInput)
        assert (refusal.field, "in the future" in refusal.message) == (field, True)
    skipping = batch(
        line(item, 1, occurred_at_us=limit_us + 1), line(item, 1), on_error=BulkPolicy.SKIP_FAILED
    )
    result = await ledger.carry_out(skipping)
    assert (len(result.movements), len(result.refusals)) == (1, 1)
    await ledger.carry_out(adjust(item, -1))
    for made, _ in reversed(commands):
        for occurred_at_us in (77, limit_us):
            try:
                booked = (await ledger.carry_out(made(occurred_at_us))).movements
            except StockConflict:
                continue
            assert occurred_at_us in {m.occurred_at for m in booked}
            assert {m.recorded_at for m in booked} == {clock.now_us()}
    await assert_sound(services)


async def test_an_item_is_named_by_sku_in_any_case_or_by_barcode(services: Services) -> None:
    item = await make_item(services, "AR-1", barcode="4006381")
    for by, value in (
        ("sku", "AR-1"),
        ("sku", "ar-1"),
        ("sku", "  Ar-1 "),
        ("sku", "\uff21\uff32-1"),
        ("barcode", "4006381"),
        ("barcode", " 4006381 "),
    ):
        result = await services.of(StockLedger).carry_out(adjust(ItemRef(by, value), 1))
        assert result.movements[0].item_id == item.id, value


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("id", ["1", "0", "-5", "x", "", "9" * 18, "9" * 40]),
        ("sku", ["AR-2", "", "%", f"AR-1{NUL}"]),
        ("barcode", ["AR-1", "", NUL]),
    ],
)
async def test_an_unknown_item_is_not_found(services: Services, by: str, values: list[str]) -> None:
    # NUL: PostgreSQL cannot even be asked for it, which was answered with a fault.
    await make_item(services, "AR-1")
    for value in values:
        named = ItemRef(by, value)
        refusal = await refused(services, adjust(named, 1), NotFound)
        assert refusal.field == ("input", "item")
        refusal = await refused(services, set_stock(named, 1, 10), NotFound)
        assert refusal.field == ("input", "item")


async def test_a_deleted_item_is_told_apart_from_an_unknown_one(services: Services) -> None:
    item = await make_item(services)
    await services.database.writing.change("UPDATE item SET deleted_at = 1")
    refusal = await refused(services, adjust(item, 1), NotFound)
    assert "was deleted" in refusal.message


async def test_a_change_of_nothing_is_refused(services: Services) -> None:
    item = await make_item(services)
    refusal = await refused(services, adjust(item, 0), InvalidInput)
    assert refusal.field == ("input", "quantity")


async def test_a_quantity_has_the_sign_of_its_action(services: Services) -> None:
    item = await make_item(services)
    for action_type, quantity in (
        (ActionType.RECEIPT, -1),
        (ActionType.SALE, 1),
        (ActionType.WRITE_OFF, 1),
    ):
        refusal = await refused(services, adjust(item, quantity, action_type), InvalidInput)
        assert refusal.field == ("input", "quantity")
        await services.of(StockLedger).carry_out(adjust(item, -quantity, action_type))


async def test_returns_and_corrections_go_both_ways(services: Services) -> None:
    item = await make_item(services)
    for action_type in (ActionType.RETURN, ActionType.CORRECTION):
        for quantity in (3, -3):
            await services.of(StockLedger).carry_out(adjust(item, quantity, action_type))
    await assert_sound(services)


async def test_counts_and_transfers_have_mutations_of_their_own(services: Services) -> None:
    item = await make_item(services)
    for action_type, mutation in (
        (ActionType.COUNT, "setStock"),
        (ActionType.TRANSFER, "transferStock"),
    ):
        refusal = await refused(services, adjust(item, 1, action_type), InvalidInput)
        assert mutation in refusal.message
        assert refusal.field == ("input", "actionType")


async def test_a_change_below_zero_is_refused_with_what_there_is(services: Services) -> None:
    item = await make_item(services)
    refusal = await refused(services, adjust(item, -11, ActionType.SALE), InsufficientStock)
    assert refusal.available == 10
    assert refusal.field == ("input", "quantity")
    await services.of(StockLedger).carry_out(adjust(item, -10, ActionType.SALE))
    refusal = await refused(services, adjust(item, -1, ActionType.SALE), InsufficientStock)
    assert refusal.available == 0
    await refused(services, adjust(item, -(2**31)), InsufficientStock)


async def test_what_one_location_has_does_not_serve_another(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    refusal = await refused(services, adjust(item, -1, location_id=shop.id), InsufficientStock)
    assert refusal.available == 0
    assert "SHOP" in refusal.message


async def test_stock_beyond_32_bits_is_refused_in_one_step_and_in_many(
    services: Services,
) -> None:
    item = await make_item(services, initial_stock=0)
    shop = await make_location(services)
    result = await move(services, item, INT32_MAX)
    assert result.movements[0].new_stock == INT32_MAX
    refusal = await refused(services, adjust(item, 1), InvalidInput)
    assert refusal.field == ("input", "quantity")
    # The sum over all locations is what must fit.
    await refused(services, adjust(item, 1, location_id=shop.id), InvalidInput)
    await refused(services, adjust(item, INT32_MAX), InvalidInput)
    await move(services, item, -1)
    await services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))
    await assert_sound(services)


async def test_texts_that_break_their_rules_are_refused(services: Services) -> None:
    item = await make_item(services)
    for name, value in (
        ("reason", "x" * 501),
        ("reason", f"a{NUL}b"),
        ("reference", "x" * 201),
        ("reference", "a\nb"),
    ):
        text: dict[str, Any] = {name: value}
        refusal = await refused(services, adjust(item, 1, **text), InvalidInput)
        assert refusal.field == ("input", name)


async def test_a_key_that_breaks_its_rule_is_refused(services: Services) -> None:
    item = await make_item(services)
    before = await services.log.head()
    for key in ("", "   ", "k" * 201, "a\nb", f"a{NUL}"):
        with pytest.raises(InvalidInput) as caught:
            await services.of(StockLedger).carry_out(adjust(item, 1, key=key))
        assert caught.value.field == ("input", "idempotencyKey")
    assert await services.log.head() == before


async def test_many_who_change_one_item_at_once_lose_no_update(services: Services) -> None:
    item = await make_item(services, initial_stock=0)
    await asyncio.gather(*(move(services, item, 1 + n % 5) for n in range(100)))
    assert (await item_now(services, item)).stock == sum(1 + n % 5 for n in range(100))
    read = await assert_sound(services)
    assert read.items[item.id]["version"] == 101


async def test_many_who_sell_at_once_never_sell_more_than_there_is(services: Services) -> None:
    item = await make_item(services, initial_stock=30)
    results = await asyncio.gather(
        *(services.of(StockLedger).carry_out(adjust(item, -2, ActionType.SALE)) for _ in range(40)),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 15
    assert all(
        isinstance(result, InsufficientStock) and result.available == 0
        for result in results
        if isinstance(result, BaseException)
    )
    assert (await assert_sound(services)).items[item.id]["stock"] == 0


async def test_results_are_snapshots_that_later_changes_do_not_touch(services: Services) -> None:
    item = await make_item(services)
    results = await asyncio.gather(*(move(services, item, 1) for _ in range(5)))
    told = [(r.item.stock, r.item.version) for r in results if r.item is not None]
    assert told == [(11, 2), (12, 3), (13, 4), (14, 5), (15, 6)]
    positions = [result.cursor.position for result in results]
    events = {event["position"]: event for event in await events_of(services)}
    for result, position in zip(results, positions, strict=True):
        assert item_of(fact_of(events[position]).item) == result.item


# ---- setStock --------------------------------------------------------------------------------


async def test_a_count_sets_the_level_and_books_the_difference(services: Services) -> None:
    item = await make_item(services)
    result = await services.of(StockLedger).carry_out(set_stock(item, 4, 10))
    (movement,) = result.movements
    assert movement.action_type is ActionType.COUNT
    assert (movement.quantity, movement.old_stock, movement.new_stock) == (-6, 10, 4)
    assert result.item is not None
    assert result.item.stock == 4
    await assert_sound(services)


async def test_a_count_that_finds_what_was_expected_is_booked_too(services: Services) -> None:
    item = await make_item(services)
    (movement,) = (await services.of(StockLedger).carry_out(set_stock(item, 10, 10))).movements
    assert (movement.quantity, movement.new_stock) == (0, 10)
    await assert_sound(services)


async def test_a_count_of_another_level_than_expected_is_refused(services: Services) -> None:
    item = await make_item(services)
    for expected in (0, 9, 11, INT32_MAX):
        refusal = await refused(services, set_stock(item, 5, expected), StockConflict)
        assert refusal.current == 10
        assert refusal.field == ("input", "expectedStock")


async def test_a_count_speaks_of_one_location_only(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    refusal = await refused(services, set_stock(item, 5, 10, location_id=shop.id), StockConflict)
    assert refusal.current == 0
    result = await services.of(StockLedger).carry_out(set_stock(item, 5, 0, location_id=shop.id))
    assert (result.movements[0].old_stock, result.movements[0].new_stock) == (10, 15)
    assert (await item_now(services, item)).level_quantities == {MAIN: 10, shop.id: 5}
    await assert_sound(services)


async def test_a_count_at_an_unknown_location_is_refused(services: Services) -> None:
    item = await make_item(services)
    for location_id in (2, -1, 10**17):
        command = set_stock(item, 5, 0, location_id=location_id)
        assert (await refused(services, command, NotFound)).field == ("input", "location")


async def test_a_count_outside_of_32_bits_is_refused(services: Services) -> None:
    item = await make_item(services)
    for stock in (-1, INT32_MAX + 1):
        refusal = await refused(services, set_stock(item, stock, 10), InvalidInput)
        assert refusal.field == ("input", "stock")
        refusal = await refused(services, set_stock(item, 5, stock), InvalidInput)
        assert refusal.field == ("input", "expectedStock")


async def test_a_count_may_not_take_the_sum_of_all_levels_beyond_32_bits(
    services: Services,
) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    command = set_stock(item, INT32_MAX, 0, location_id=shop.id)
    assert (await refused(services, command, InvalidInput)).field == ("input", "stock")
    await services.of(StockLedger).carry_out(
        set_stock(item, INT32_MAX - 10, 0, location_id=shop.id)
    )
    await assert_sound(services)


async def test_of_many_who_count_one_level_at_once_one_succeeds(services: Services) -> None:
    item = await make_item(services)
    results = await asyncio.gather(
        *(services.of(StockLedger).carry_out(set_stock(item, 20 + n, 10)) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, StockConflict) for result in results) == 5
    await assert_sound(services)


# ---- transferStock ---------------------------------------------------------------------------


async def test_a_transfer_moves_units_and_leaves_the_stock(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    result = await services.of(StockLedger).carry_out(transfer(item, 4, MAIN, shop.id))
    told = [(m.location_id, m.quantity, m.old_stock, m.new_stock) for m in result.movements]
    assert told == [(MAIN, -4, 10, 6), (shop.id, 4, 6, 10)]
    now = await item_now(services, item)
    assert (now.stock, now.level_quantities) == (10, {MAIN: 6, shop.id: 4})
    assert now.version == 2, "one change of the item"
    (event,) = [e for e in await events_of(services) if e["kind"] == "STOCK_UPDATED"]
    assert event["payload"]["details"] == [10, 10, 4, "TRANSFER", shop.id, MAIN]
    await assert_sound(services)


async def test_a_transfer_of_more_than_there_is_is_refused(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    refusal = await refused(services, transfer(item, 11, MAIN, shop.id), InsufficientStock)
    assert (refusal.available, refusal.field) == (10, ("input", "quantity"))
    refusal = await refused(services, transfer(item, 1, shop.id, MAIN), InsufficientStock)
    assert refusal.available == 0


async def test_a_transfer_of_everything_raises_no_alert_on_the_way(services: Services) -> None:
    item = await make_item(services, min_stock=5)
    shop = await make_location(services)
    await services.of(StockLedger).carry_out(transfer(item, 10, MAIN, shop.id))
    assert (await item_now(services, item)).status is StockStatus.IN_STOCK
    assert [e["topic"] for e in await events_of(services)] == [
        "inventory",
        "locations",
        "inventory",
    ]
    await assert_sound(services)


async def test_a_transfer_is_of_one_unit_at_least(services: Services) -> None:
    item = await make_item(services)
    for quantity in (0, -1, INT32_MAX + 1):
        refusal = await refused(services, transfer(item, quantity, MAIN, 2), InvalidInput)
        assert refusal.field == ("input", "quantity")


async def test_a_transfer_to_where_it_is_is_refused(services: Services) -> None:
    item = await make_item(services)
    refusal = await refused(services, transfer(item, 1, MAIN, MAIN), InvalidInput)
    assert refusal.field == ("input", "to")


async def test_a_transfer_from_or_to_an_unknown_location_is_refused(services: Services) -> None:
    item = await make_item(services)
    assert (await refused(services, transfer(item, 1, MAIN, 2), NotFound)).field == ("input", "to")
    refusal = await refused(services, transfer(item, 1, 2, MAIN), NotFound)
    assert refusal.field == ("input", "from")


async def test_transfers_both_ways_at_once_end_where_they_should(services: Services) -> None:
    item = await make_item(services, initial_stock=20)
    shop = await make_location(services)
    await services.of(StockLedger).carry_out(transfer(item, 10, MAIN, shop.id))
    await asyncio.gather(
        *(services.of(StockLedger).carry_out(transfer(item, 1, MAIN, shop.id)) for _ in range(10)),
        *(services.of(StockLedger).carry_out(transfer(item, 1, shop.id, MAIN)) for _ in range(10)),
    )
    assert (await item_now(services, item)).level_quantities == {MAIN: 10, shop.id: 10}
    await assert_sound(services)
