"""Taking movements back: the opposite, once, and both sides know of each other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from graphql_api.clock import MINUTE_US, HeldClock
from graphql_api.errors import (
    IdempotencyKeyReused,
    InsufficientStock,
    InvalidInput,
    InvalidTransition,
    NotFound,
    Refusal,
)
from graphql_api.inventory.figures import KEPT_S, Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Items
from graphql_api.inventory.reorder import Reorder
from graphql_api.inventory.reversals import Reversal, Reversals, ReverseMovement
from graphql_api.inventory.stock import ActionType, StockLedger, StockResult
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    hide,
    item_now,
    make_item,
    make_location,
    move,
    new_key,
    removal,
    set_stock,
    sold,
    transfer,
)
from tests.invariants import assert_sound, events_of, fact_of

NO_MOVEMENT = 10**17


def reversal(movement_id: int, **fields: Any) -> ReverseMovement:
    """A command; `fields` by the names of ReverseMovement."""
    filled = {"key": new_key(), "reason": None, "user_id": USER_ID, "sees_admins": True}
    return ReverseMovement(movement_id=movement_id, **filled | fields)


async def reverse(services: Services, movement_id: int, **fields: Any) -> StockResult:
    return await services.of(Reversals).reverse(reversal(movement_id, **fields))


async def refused(services: Services, command: ReverseMovement, kind: type[Refusal]) -> Any:
    """The refusal of a command, which must have left no trace."""
    before = await services.log.head()
    with pytest.raises(kind) as caught:
        await services.of(Reversals).reverse(command)
    assert await services.log.head() == before
    rows = await services.database.reading.rows("SELECT * FROM reversal")
    assert all(row["id"] != command.movement_id for row in rows) or kind is InvalidTransition
    return caught.value


async def test_every_kind_of_movement_is_taken_back_where_it_was_and_both_sides_are_told(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10)
    (opening,) = await services.of(History).page(item.id, True, 5, None)
    ledger = services.of(StockLedger)
    for kind, quantity in (
        (ActionType.RECEIPT, 500),
        (ActionType.SALE, -5),
        (ActionType.RETURN, 2),
        (ActionType.RETURN, -2),
        (ActionType.WRITE_OFF, -1),
        (ActionType.CORRECTION, 3),
    ):
        place = shop.id if quantity > 0 else MAIN
        booked = await ledger.carry_out(
            adjust(item, quantity, kind, location_id=place, reference="INV-1", reason="r")
        )
        (movement,) = booked.movements
        clock.advance(1)
        result = await reverse(services, movement.id, reason="typed wrong")
        (opposite,) = result.movements
        assert (opposite.action_type, opposite.quantity) == (ActionType.CORRECTION, -quantity)
        assert (opposite.location_id, opposite.user_id) == (place, USER_ID)
        assert (opposite.reason, opposite.reference) == ("typed wrong", "INV-1")
        assert opposite.occurred_at == opposite.recorded_at == clock.now_us()
        assert result.item == await item_now(services, item)
        assert result.item is not None
        assert result.item.stock == 10
        assert await services.of(Reversals).of([movement.id, opposite.id, opening.id]) == {
            movement.id: Reversal(opposite.id, reverses=False),
            opposite.id: Reversal(movement.id, reverses=True),
        }
        event = (await events_of(services))[-1]
        assert (event["kind"], fact_of(event).details.quantity) == ("STOCK_UPDATED", -quantity)
    counted = await ledger.carry_out(set_stock(item, 7, 10))
    assert (await reverse(services, counted.movements[0].id)).movements[0].quantity == 3
    await reverse(services, opening.id)
    assert (await item_now(services, item)).stock == 0
    await assert_sound(services)


@pytest.mark.parametrize("leg", [0, 1])
async def test_both_legs_of_a_transfer_go_back_in_one_change_by_either_of_them(
    services: Services, leg: int
) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10)
    other = await make_item(services, "OTHER", initial_stock=10)
    moved = await services.of(StockLedger).carry_out(transfer(item, 4, MAIN, shop.id))
    await services.of(StockLedger).carry_out(transfer(other, 4, MAIN, shop.id))
    await services.of(StockLedger).carry_out(transfer(item, 4, MAIN, shop.id))
    before = await item_now(services, item)
    result = await reverse(services, moved.movements[leg].id)
    assert [(m.action_type, m.location_id, m.quantity) for m in result.movements] == [
        (ActionType.TRANSFER, shop.id, -4),
        (ActionType.TRANSFER, MAIN, 4),
    ]
    after = await item_now(services, item)
    assert after.level_quantities == {MAIN: 6, shop.id: 4}
    assert (after.stock, after.version) == (before.stock, before.version + 1)
    links = await services.of(Reversals).of([m.id for m in moved.movements])
    assert [links[m.id].other_id for m in moved.movements] == [
        result.movements[1].id,
        result.movements[0].id,
    ]
    for movement in moved.movements:
        await refused(services, reversal(movement.id), InvalidTransition)
    await assert_sound(services)


async def test_a_movement_is_taken_back_once_and_a_reversal_never(services: Services) -> None:
    item = await make_item(services)
    (movement,) = (await move(services, item, -4)).movements
    (opposite,) = (await reverse(services, movement.id)).movements
    again = await refused(services, reversal(movement.id), InvalidTransition)
    assert str(opposite.id) in again.message
    assert again.field == ("input", "movementId")
    back = await refused(services, reversal(opposite.id), InvalidTransition)
    assert str(movement.id) in back.message
    assert (await item_now(services, item)).stock == 10


async def test_of_many_at_once_one_takes_it_back(services: Services) -> None:
    item = await make_item(services, initial_stock=100)
    (movement,) = (await move(services, item, -4)).movements
    outcomes = await asyncio.gather(
        *(reverse(services, movement.id) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(outcome, StockResult) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, InvalidTransition) for outcome in outcomes) == 19
    assert (await item_now(services, item)).stock == 100
    await assert_sound(services)


async def test_a_key_replays_its_reversal_and_stands_for_no_other(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    moved = await services.of(StockLedger).carry_out(transfer(item, 4, MAIN, shop.id))
    command = reversal(moved.movements[0].id, reason="wrong shop", occurred_at_us=77)
    first = await services.of(Reversals).reverse(command)
    head = await services.log.head()
    again = await services.of(Reversals).reverse(command)
    assert await services.log.head() == head
    assert again.replayed
    assert (again.movements, again.item, again.cursor) == (
        first.movements,
        first.item,
        first.cursor,
    )
    assert {m.occurred_at for m in again.movements} == {77}
    for other in ({"reason": "x"}, {"occurred_at_us": 78}, {"movement_id": moved.movements[1].id}):
        with pytest.raises(IdempotencyKeyReused):
            await services.of(Reversals).reverse(replace(command, **other))
    with pytest.raises(IdempotencyKeyReused):
        await services.of(StockLedger).carry_out(adjust(item, 1, key=command.key))


async def test_what_came_in_and_is_gone_cannot_be_taken_back(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10)
    ledger = services.of(StockLedger)
    (receipt,) = (await ledger.carry_out(adjust(item, 5, location_id=shop.id))).movements
    await ledger.carry_out(adjust(item, -1, location_id=shop.id))
    refusal = await refused(services, reversal(receipt.id), InsufficientStock)
    assert (refusal.available, refusal.field) == (4, ("input", "movementId"))
    moved = await ledger.carry_out(transfer(item, 9, MAIN, shop.id))
    await ledger.carry_out(adjust(item, -6, location_id=shop.id))
    await refused(services, reversal(moved.movements[0].id), InsufficientStock)
    await assert_sound(services)


async def test_what_came_in_of_a_deleted_item_is_taken_back_as_far_as_it_is_there(
    services: Services,
) -> None:
    """How the bug came about: NOT_FOUND for each, though what is left can be booked out."""
    shop = await make_location(services)
    item = await make_item(services, initial_stock=0)
    (receipt,) = (await move(services, item, 5)).movements
    (late,) = (await move(services, item, 4)).movements
    moved = await services.of(StockLedger).carry_out(transfer(item, 3, MAIN, shop.id))
    (sale,) = (await move(services, item, -2)).movements  # of 9, three of which are at SHOP
    await services.of(Items).remove(removal(item))
    refusal = await refused(services, reversal(sale.id), InvalidTransition)
    assert "was deleted" in refusal.message
    assert refusal.field == ("input", "movementId")
    await reverse(services, moved.movements[0].id)
    taken = await reverse(services, receipt.id)
    assert [movement.quantity for movement in taken.movements] == [-5]
    assert (await item_now(services, item)).stock == 2
    short = await refused(services, reversal(late.id), InsufficientStock)
    assert short.available == 2
    await assert_sound(services)


async def test_what_is_not_there_or_not_for_the_caller_is_not_found(services: Services) -> None:
    seen, hidden = [await make_item(services, sku) for sku in ("SEEN", "HIDDEN")]
    movements = [(await move(services, item, 1)).movements[0] for item in (seen, hidden)]
    await hide(services, hidden)
    unknown = await refused(services, reversal(NO_MOVEMENT, sees_admins=False), NotFound)
    secret = await refused(services, reversal(movements[1].id, sees_admins=False), NotFound)
    assert secret.message.replace(str(movements[1].id), str(NO_MOVEMENT)) == unknown.message
    command = reversal(movements[1].id)
    await services.of(Reversals).reverse(command)
    with pytest.raises(NotFound):  # nor is its replay, nor that it was reversed
        await services.of(Reversals).reverse(replace(command, sees_admins=False))
    with pytest.raises(NotFound):
        await reverse(services, movements[1].id, sees_admins=False)


async def test_a_reversal_is_not_booked_into_the_future_and_its_texts_are_bounded(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    (movement,) = (await move(services, item, 1)).movements
    late_us = clock.now_us() + 6 * MINUTE_US
    refusal = await refused(services, reversal(movement.id, occurred_at_us=late_us), InvalidInput)
    assert refusal.field == ("input", "occurredAt")
    long = await refused(services, reversal(movement.id, reason="x" * 501), InvalidInput)
    assert long.field == ("input", "reason")


async def test_500_sold_instead_of_5_are_not_sold_in_any_figure(
    services: Services, clock: HeldClock
) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=1_000)
    ledger, figures = services.of(StockLedger), services.of(Figures)
    wrong = await ledger.carry_out(adjust(item, -500, ActionType.SALE))
    clock.advance(3 * 86_400)
    moved = await ledger.carry_out(transfer(item, 1, MAIN, shop.id))
    for booked in (wrong, moved):
        await reverse(services, booked.movements[0].id)
    await ledger.carry_out(adjust(item, -5, ActionType.SALE))
    clock.advance(KEPT_S)
    for sees_admins in (True, False):
        days = await figures.movement_series(4, sees_admins)
        assert [(d.movements, d.units_in, d.units_out) for d in days] == [
            (1, 1_000, 0), (0, 0, 0), (0, 0, 0), (1, 0, 5),
        ]  # fmt: skip
        assert sold(await figures.fastest_sellers(4, 5, sees_admins)) == [(item.id, 5)]
    clock.advance(27 * 86_400)  # 30 days since the first sale: 5 in 30 days, not 505
    assert await services.of(Reorder).suggestions([item.id]) == {item.id: 0}
    assert await services.of(Reorder)._sold([item.id]) == {item.id: 5}
