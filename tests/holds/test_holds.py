"""Holds: units set aside, sold, given back, run out; and what others can do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.errors import (
    IdempotencyKeyReused,
    InsufficientStock,
    InvalidTransition,
    NotFound,
    Refusal,
)
from graphql_api.holds.commands import LINES_MAX
from graphql_api.holds.holds import Holds
from graphql_api.holds.lifecycle import EXPIRES_IN_DAYS_MAX, TOPIC, HoldStatus
from graphql_api.holds.listing import HoldFilter, HoldListing
from graphql_api.holds.retention import HoldRetention
from graphql_api.inventory.items import ItemRef, Items
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.inventory.reversals import Reversals, ReverseMovement
from graphql_api.inventory.stock import ActionType, BatchRefused, StockLedger
from graphql_api.inventory.units import ItemUnit
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    batch,
    change,
    hide,
    item_now,
    line,
    make_item,
    make_location,
    removal,
    set_stock,
    transfer,
)
from tests.holds.making import consume, done, extend, place, release, units
from tests.invariants import assert_sound, events_of, fact_of


async def book(services: Services, command: Any) -> Any:
    return await services.of(StockLedger).carry_out(command)


async def refusals(services: Services, command: Any) -> list[tuple[str, str]]:
    """The codes and last path names of a refused command, which must have left no trace."""
    before = await services.log.head()
    with pytest.raises(Refusal) as caught:
        await done(services, command)
    assert await services.log.head() == before
    refused = caught.value
    told = refused.refusals if isinstance(refused, BatchRefused) else [refused]
    return [(one.code, "/".join((one.field or ())[1:])) for one in told]


async def test_units_are_set_aside_and_sold_as_one(services: Services, clock: HeldClock) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    await book(services, transfer(item, 4, MAIN, shop.id))
    basket = [units(item, 2), units(item, 1, shop.id), units(item, 3)]
    placed = await done(services, place(*basket, reference="CART-1"))
    now = await item_now(services, item)
    assert (now.stock, now.held, now.available, now.version) == (10, 6, 4, 3)
    assert now.level_quantities is not None
    assert now.level_quantities.held == {MAIN: 5, shop.id: 1}
    assert [(each.location_id, each.quantity) for each in placed.hold.lines] == [
        (MAIN, 5),
        (shop.id, 1),
    ]
    await assert_sound(services)
    clock.advance(5)
    sold = await done(services, consume(placed.hold))
    assert [(m.action_type, m.quantity, m.reference) for m in sold.movements] == [
        (ActionType.SALE, -5, "CART-1"),
        (ActionType.SALE, -1, "CART-1"),
    ]
    assert (sold.hold.status, sold.hold.ended_at) == (HoldStatus.CONSUMED, clock.now_us())
    assert (sold.hold.ended_by_id, sold.hold.user_id) == (USER_ID, USER_ID)
    now = await item_now(services, item)
    assert (now.stock, now.held, now.available) == (4, 0, 4)
    read = await assert_sound(services)
    told = [fact_of(event).item for event in read.events if event["subject"] == item.id]
    assert [(state.stock, state.held) for state in told][-3:] == [(10, 6), (5, 1), (4, 0)]
    assert told[-2].held_levels == ((shop.id, 1),)


async def test_what_is_over_is_free_though_nobody_came(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    hold = (await done(services, place(units(item, 10), seconds=60))).hold
    other = (await done(services, place(units(await make_item(services, "B"), 1)))).hold
    await done(services, extend(other, 120))
    clock.advance(59.999_999)
    assert await refusals(services, place(units(item, 1))) == [
        ("INSUFFICIENT_STOCK", "lines/0/quantity")
    ]
    clock.advance(0.000_001)
    listing = services.of(HoldListing)
    read = (await listing.by_ids([hold.id], True))[hold.id]
    assert (read.status, read.ended_at) == (HoldStatus.EXPIRED, hold.expires_at)
    assert await listing.count(HoldFilter(statuses=(HoldStatus.HELD,)), True) == 1
    assert await listing.count(HoldFilter(statuses=(HoldStatus.EXPIRED,)), True) == 1
    for command in (consume(hold), release(hold), extend(hold, 60)):
        with pytest.raises(InvalidTransition, match="EXPIRED"):
            await done(services, command)
    assert (await item_now(services, item)).held == 0
    await done(services, place(units(item, 10)))
    assert await services.of(Holds).expire_due() == 0, "it was ended before"
    ends = [event["kind"] for event in await events_of(services) if event["subject"] == hold.id]
    assert ends == ["PLACED", "EXPIRED"]
    await assert_sound(services)


async def test_what_cannot_be_held_is_refused_whole(services: Services, clock: HeldClock) -> None:
    item, few = await make_item(services), await make_item(services, "FEW", initial_stock=1)
    now_us = clock.now_us()
    wanted: list[tuple[Any, list[tuple[str, str]]]] = [
        (place(), [("INVALID_INPUT", "lines")]),
        (place(*[units(item, 1)] * (LINES_MAX + 1)), [("INVALID_INPUT", "lines")]),
        (place(units(item, 0)), [("INVALID_INPUT", "lines/0/quantity")]),
        (place(units(item, -1)), [("INVALID_INPUT", "lines/0/quantity")]),
        (place(units(item, 2**31)), [("INVALID_INPUT", "lines/0/quantity")]),
        (place(units(item, 6), units(item, 6)), [("INSUFFICIENT_STOCK", "lines/1/quantity")]),
        (
            place(units(item, 1), units(few, 2), units(item, 1, 10**9), units(10**9, 1)),
            [
                ("INSUFFICIENT_STOCK", "lines/1/quantity"),
                ("NOT_FOUND", "lines/2/location"),
                ("NOT_FOUND", "lines/3/item"),
            ],
        ),
        (place(units(item, 1), until_us=now_us), [("INVALID_INPUT", "expiresAt")]),
        (
            place(units(item, 1), until_us=now_us + EXPIRES_IN_DAYS_MAX * DAY_US + 1),
            [("INVALID_INPUT", "expiresAt")],
        ),
        (place(units(item, 1), seconds=0), [("INVALID_INPUT", "expiresInSeconds")]),
        (place(units(item, 1), key=""), [("INVALID_INPUT", "idempotencyKey")]),
        (place(units(item, 1), reference="x" * 201), [("INVALID_INPUT", "reference")]),
        (consume(10**9), [("NOT_FOUND", "id")]),
        (release(10**9), [("NOT_FOUND", "")]),
        (extend(10**9, 5), [("NOT_FOUND", "id")]),
    ]
    for command, expected in wanted:
        assert await refusals(services, command) == expected, command
    assert (await item_now(services, item)).held == 0
    await assert_sound(services)


async def test_a_key_stands_for_one_hold_and_for_one_sale(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    until_us = clock.now_us() + 60 * SECOND_US
    first = await done(services, place(units(item, 4), until_us=until_us, key="k"))
    sold = await done(services, consume(first.hold, key="s"))
    clock.advance(3_600)  # its expiry is long past: the answer is the first one all the same
    again = await done(services, place(units(item, 4), until_us=until_us, key="k"))
    assert (again.replayed, again.hold, again.cursor) == (True, first.hold, first.cursor)
    again = await done(services, consume(first.hold, key="s"))
    assert (again.replayed, again.hold, again.movements) == (True, sold.hold, sold.movements)
    for other in (
        place(units(item, 5), until_us=until_us, key="k"),
        place(units(item, 4), seconds=60, key="k"),
        consume(first.hold, key="k"),
        consume(first.hold, key="s", reference="other"),
    ):
        with pytest.raises(IdempotencyKeyReused):
            await done(services, other)
    assert (await item_now(services, item)).stock == 6
    await assert_sound(services)


async def test_others_get_what_is_free_and_what_is_so_is_so(services: Services) -> None:
    item = await make_item(services, "HAM")
    shop = await make_location(services)
    hold = (await done(services, place(units(item, 8)))).hold
    for taking in (
        adjust(item, -3, ActionType.SALE),
        adjust(item, -3, ActionType.RETURN),
        transfer(item, 3, MAIN, shop.id),
    ):
        with pytest.raises(InsufficientStock, match="has 10 at MAIN, 8 of them held; 3 are") as no:
            await book(services, taking)
        assert no.value.available == 2
    assert not (await book(services, adjust(item, -2, ActionType.SALE))).warnings
    told = await book(services, set_stock(item, 7, 8, key="count"))
    (warning,) = told.warnings
    assert "HAM has 7 at MAIN now, and 8 are held there: 1 too few" in warning.message
    assert warning.field == ("input", "stock")
    again = await book(services, set_stock(item, 7, 8, key="count"))
    assert (again.replayed, again.warnings) == (True, [warning])
    lines = [line(item, -1, ActionType.WRITE_OFF), line(item, -1, ActionType.CORRECTION)]
    told = await book(services, batch(*lines))
    assert [each.field[2:] for each in told.warnings] == [("0", "quantity"), ("1", "quantity")]
    now = await item_now(services, item)
    assert (now.stock, now.held, now.available) == (5, 8, -3)
    with pytest.raises(InsufficientStock, match="has 5 at MAIN; 8 are wanted"):
        await done(services, consume(hold))
    with pytest.raises(BatchRefused):
        await done(services, place(units(item, 1)))
    await assert_sound(services)
    await book(services, adjust(item, 3, ActionType.RECEIPT))
    await done(services, consume(hold))
    assert (await item_now(services, item)).stock == 0
    await assert_sound(services)


async def test_whatever_states_less_than_is_held_says_so_also_when_it_has_become_more(
    services: Services,
) -> None:
    """A count of 4 with 6 held is no better for having been 3; a reversal takes goods too."""
    item = await make_item(services, "HAM", initial_stock=3)
    receipt = await book(services, adjust(item, 3, ActionType.RECEIPT))
    await done(services, place(units(item, 6)))
    movement_id, key = receipt.movements[0].id, "back"
    command = ReverseMovement(key, movement_id, None, USER_ID, True)
    told = await services.of(Reversals).reverse(command)
    (warning,) = told.warnings
    assert "HAM has 3 at MAIN now, and 6 are held there: 3 too few" in warning.message
    assert warning.field == ("input", "movementId")
    again = await services.of(Reversals).reverse(command)
    assert (again.replayed, again.warnings) == (True, [warning])
    for statement in (
        set_stock(item, 3, 3),
        set_stock(item, 4, 3),
        adjust(item, 1, ActionType.CORRECTION),
    ):
        assert len((await book(services, statement)).warnings) == 1
    assert not (await book(services, set_stock(item, 6, 5))).warnings
    await book(services, set_stock(item, 1, 6))
    assert not (await book(services, adjust(item, 1, ActionType.RECEIPT))).warnings
    await assert_sound(services)


async def test_a_short_place_goes_to_who_comes_first(services: Services) -> None:
    item = await make_item(services)
    one, other = [(await done(services, place(units(item, 5)))).hold for _ in range(2)]
    await book(services, set_stock(item, 7, 10))
    await done(services, consume(other))
    with pytest.raises(InsufficientStock):
        await done(services, consume(one))
    await done(services, release(one))
    now = await item_now(services, item)
    assert (now.stock, now.held) == (2, 0)
    await assert_sound(services)


async def test_what_exists_for_admins_hides_its_holds(services: Services) -> None:
    item, plain = await make_item(services), await make_item(services, "PLAIN")
    placed = await done(services, place(units(item, 1), units(plain, 1), key="both"))
    hold = placed.hold
    await hide(services, item)
    listing = services.of(HoldListing)
    assert await listing.by_ids([hold.id], False) == {}
    assert await listing.page(HoldFilter(), False, 10, None) == []
    assert await listing.count(HoldFilter(item_ids=(plain.id,)), False) == 0
    assert await listing.count(HoldFilter(item_ids=(plain.id,)), True) == 1
    for command in (
        consume(hold, sees_admins=False),
        release(hold, sees_admins=False),
        extend(hold, 90, sees_admins=False),
        place(units(item, 1), sees_admins=False),
        place(units(item, 1), units(plain, 1), key="both", sees_admins=False),
    ):
        with pytest.raises((NotFound, BatchRefused)) as refused:
            await done(services, command)
        assert "PLAIN" not in str(refused.value)
    await done(services, release(hold))
    told = [event for event in await events_of(services) if event["topic"] == TOPIC]
    assert [(event["kind"], event["roles"]) for event in told] == [("PLACED", 1), ("RELEASED", 1)]
    narrowed = [e["subject"] for e in await events_of(services) if e["kind"] == "RESTRICTED"]
    assert narrowed == [item.id, hold.id], "who has them in memory is told"


async def test_an_item_is_named_in_any_way_and_at_the_default_place(services: Services) -> None:
    item = await make_item(services, "AR-1")
    wanted = units(item, 2)
    by_sku = type(wanted)(ItemRef("sku", " ar-1 "), 3)
    hold = (await done(services, place(wanted, by_sku))).hold
    assert [(each.item_id, each.location_id, each.quantity) for each in hold.lines] == [
        (item.id, MAIN, 5)
    ]


async def test_units_of_a_basket_are_told_in_any_unit_of_the_item(services: Services) -> None:
    item = await make_item(services, unit="g", units=[ItemUnit("kg", 1_000)], initial_stock=2_000)
    wanted = units(item, 0)
    half = replace(wanted, quantity=0, amount=Decimal("0.50"), unit="KG")
    command = place(half, replace(wanted, quantity=1, unit="kg"), key="k")
    hold = (await done(services, command)).hold
    assert [each.quantity for each in hold.lines] == [1_500]
    same = replace(command, lines=(replace(half, amount=Decimal("0.5")), command.lines[1]))
    assert (await done(services, same)).replayed
    with pytest.raises(IdempotencyKeyReused):
        await done(services, replace(command, lines=(half, units(item, 1_000))))
    assert await refusals(services, place(half, units(item, 1))) == [
        ("INSUFFICIENT_STOCK", "lines/1/quantity")
    ]
    assert await refusals(services, place(replace(half, amount=Decimal(3)))) == [
        ("INSUFFICIENT_STOCK", "lines/0/amount")
    ]
    assert await refusals(services, place(replace(half, quantity=1))) == [
        ("INVALID_INPUT", "lines/0/amount")
    ]
    assert await refusals(services, place(replace(half, unit="box"))) == [
        ("INVALID_INPUT", "lines/0/unit")
    ]


async def test_what_is_held_is_not_deleted(services: Services) -> None:
    item = await make_item(services)
    hold = (await done(services, place(units(item, 2)))).hold
    with pytest.raises(InvalidTransition, match="2 of SKU-1 are held"):
        await services.of(Items).remove(removal(item))
    await done(services, release(hold))
    await services.of(Items).remove(removal(item))
    assert await refusals(services, place(units(item, 1))) == [("NOT_FOUND", "lines/0/item")]


async def test_a_changed_item_tells_what_is_held_of_it(services: Services) -> None:
    item = await make_item(services)
    await done(services, place(units(item, 2)))
    await services.of(Items).change(change(item, name="Other"))
    now = await item_now(services, item)
    assert (now.name, now.held) == ("Other", 2)
    told = fact_of((await events_of(services))[-1]).item
    assert (told.held, told.held_levels) == (2, ((MAIN, 2),))
    await assert_sound(services)


async def test_the_ledger_check_finds_what_is_held_in_vain(services: Services) -> None:
    item, other, third = [await make_item(services, sku) for sku in "ABC"]
    for each in (item, other, third):
        await done(services, place(units(each, 2)))
    assert (await check_ledger(services.scanning)).ok
    change = services.database.writing.change
    await change("UPDATE item SET held = 3 WHERE id = ?", item.id)
    await change("UPDATE level SET held = 3 WHERE item_id = ?", other.id)
    await change("UPDATE item SET held = 3 WHERE id = ?", other.id)
    await change("DELETE FROM hold_line WHERE item_id = ?", third.id)
    check = await check_ledger(services.scanning)
    assert (check.ok, check.drifted) == (False, (item.id, other.id, third.id))


async def test_ended_holds_are_kept_for_a_while(services: Services, clock: HeldClock) -> None:
    item = await make_item(services, initial_stock=500)
    ended = [(await done(services, place(units(item, 1), units(item, 1)))).hold for _ in range(3)]
    for hold in ended[:2]:
        await done(services, release(hold))
    await done(services, extend(ended[2], 80 * 86_400))
    retention = HoldRetention(services.writer, clock, 7)
    clock.advance(7 * 86_400)
    assert await retention.run() == 0
    clock.advance(1)
    assert await retention.run() == 2
    left = await services.of(HoldListing).page(HoldFilter(), True, 10, None)
    assert [hold.id for hold in left] == [ended[2].id]
    row = await services.reading.row("SELECT count(*) FROM hold_line")
    assert row is not None
    assert row[0] == 1
    await assert_sound(services)
