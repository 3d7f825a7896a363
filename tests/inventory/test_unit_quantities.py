"""Quantities told in an item's units: booked exactly, refused whole, replayed for ever."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from graphql_api.errors import IdempotencyKeyReused, InsufficientStock, InvalidInput, NotFound
from graphql_api.inventory.items import Item, ItemRef, Items
from graphql_api.inventory.minimums import LocationMinimum, Minimums, minimums_of
from graphql_api.inventory.packaging import Quantity
from graphql_api.inventory.quantities import NO_STOCK
from graphql_api.inventory.stock import ActionType, BatchRefused, StockLedger
from graphql_api.inventory.units import ItemUnit
from graphql_api.kernel.codec import digest
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    batch,
    change,
    item_now,
    line,
    make_item,
    make_location,
    ref,
    removal,
    set_stock,
    transfer,
)
from tests.invariants import assert_sound

HALF = Decimal("0.5")
KG = [ItemUnit("kg", 1_000), ItemUnit("bag", 250)]


async def flour(services: Services) -> Item:
    return await make_item(services, "FLOUR", unit="g", units=KG, initial_stock=0)


async def test_every_stock_mutation_takes_a_quantity_of_a_unit(services: Services) -> None:
    item = await flour(services)
    shop = await make_location(services)
    book = services.of(StockLedger).carry_out
    got = await book(adjust(item, 0, ActionType.RECEIPT, amount=Decimal("2.5"), unit="KG"))
    assert [m.quantity for m in got.movements] == [2_500]
    got = await book(adjust(item, -2, ActionType.SALE, unit="bag"))
    assert [m.quantity for m in got.movements] == [-500]
    got = await book(
        batch(line(item, 1, unit="kg"), line(item, 7), line(item, 0, amount=HALF, unit="bag"))
    )
    assert [m.quantity for m in got.movements] == [1_000, 7, 125]
    got = await book(replace(transfer(item, 0, MAIN, shop.id), amount=HALF, unit="kg"))
    assert [m.quantity for m in got.movements] == [-500, 500]
    got = await book(replace(transfer(item, 2, MAIN, shop.id), unit="bag"))
    assert [m.quantity for m in got.movements] == [-500, 500]
    level = (await item_now(services, item)).level_quantities
    assert level is not None
    counted = replace(set_stock(item, NO_STOCK, level[MAIN]), amount=Decimal("1.75"), unit="kg")
    assert (await book(counted)).movements[0].quantity == 1_750 - level[MAIN]
    await book(replace(set_stock(item, 3, 1_750), unit="bag"))
    now = await item_now(services, item)
    assert now.level_quantities == {MAIN: 750, shop.id: 1_000}
    await assert_sound(services)


async def test_what_a_deleted_item_has_goes_out_by_units_and_does_not_come_in(
    services: Services,
) -> None:
    item = await make_item(services, "FLOUR", unit="g", units=KG, initial_stock=5_000)
    await services.of(Items).remove(removal(item))
    book = services.of(StockLedger).carry_out
    for more in (
        adjust(item, 0, amount=HALF, unit="kg"),
        replace(set_stock(item, NO_STOCK, 5_000), amount=Decimal(6), unit="kg"),
        replace(set_stock(item, 6, 5_000), unit="kg"),
    ):
        with pytest.raises(NotFound, match="only be booked out"):
            await book(more)
    await book(adjust(item, 0, ActionType.SALE, amount=-HALF, unit="kg"))
    await book(replace(set_stock(item, 4, 4_500), unit="kg"))
    assert (await item_now(services, item)).stock == 4_000


async def test_more_than_there_is_is_told_of_the_field_that_was_given(services: Services) -> None:
    item = await flour(services)
    shop = await make_location(services)
    book = services.of(StockLedger).carry_out
    for command in (
        adjust(item, 0, ActionType.SALE, amount=-HALF, unit="kg"),
        replace(transfer(item, 0, MAIN, shop.id), amount=HALF, unit="kg"),
    ):
        with pytest.raises(InsufficientStock) as refused:
            await book(command)
        assert refused.value.field == ("input", "amount")


async def test_what_cannot_be_is_refused_where_it_stands_and_books_nothing(
    services: Services,
) -> None:
    item = await flour(services)
    shop = await make_location(services)
    tiny, path = Decimal("0.0001"), ("input",)
    to_shop = transfer(item, 0, MAIN, shop.id)
    count = set_stock(item, NO_STOCK, 0)
    cases: list[tuple[Any, tuple[str, ...], str]] = [
        (adjust(item, 0, amount=tiny, unit="kg"), (*path, "amount"), "0.001 kg"),
        (adjust(item, 0, amount=HALF), (*path, "amount"), "smallest step is 1 g"),
        (adjust(item, 1, unit="box"), (*path, "unit"), "g, kg, bag"),
        (adjust(item, 1, amount=HALF, unit="kg"), (*path, "amount"), "not both"),
        (adjust(item, 0, unit="kg"), (*path, "quantity"), "not be 0"),
        (adjust(item, 0, amount=Decimal(0), unit="kg"), (*path, "amount"), "not be 0"),
        (adjust(item, 0, ActionType.SALE, amount=HALF, unit="kg"), (*path, "amount"), "negative"),
        (adjust(item, 2_147_484, unit="kg"), (*path, "quantity"), "at most"),
        (replace(to_shop, amount=tiny, unit="kg"), (*path, "amount"), "0.001 kg"),
        (replace(to_shop, amount=-HALF, unit="kg"), (*path, "amount"), "above 0"),
        (replace(to_shop, unit="kg"), (*path, "quantity"), "at least 1"),
        (replace(count, amount=tiny, unit="kg"), (*path, "amount"), "0.001 kg"),
        (replace(count, amount=-HALF, unit="kg"), (*path, "amount"), "at least 0"),
        (count, (*path, "stock"), "at least 0"),
    ]
    for command, field, words in cases:
        with pytest.raises(InvalidInput) as refused:
            await services.of(StockLedger).carry_out(command)
        assert refused.value.field == field, words
        assert words in refused.value.message
    with pytest.raises(BatchRefused) as whole:
        await services.of(StockLedger).carry_out(
            batch(line(item, 1), line(item, 0, amount=tiny, unit="kg"))
        )
    assert [one.field for one in whole.value.refusals] == [("input", "lines", "1", "amount")]
    assert (await item_now(services, item)).stock == 0


async def test_a_key_stands_for_what_was_asked_and_booked_stays_booked(services: Services) -> None:
    item = await flour(services)
    asked = adjust(item, 0, key="k", amount=HALF, unit="kg")
    await services.of(StockLedger).carry_out(asked)
    await services.of(Items).change(change(item, units=[ItemUnit("kg", 500)]))
    again = adjust(item, 0, key="k", amount=Decimal("0.50"), unit="kg")
    replayed = await services.of(StockLedger).carry_out(again)
    assert (replayed.replayed, replayed.movements[0].quantity) == (True, 500)
    assert (await item_now(services, item)).stock == 500
    for other in (
        adjust(item, 0, key="k", amount=HALF, unit="bag"),
        adjust(item, 500, key="k"),
        adjust(item, 1, key="k", unit="kg"),
    ):
        with pytest.raises(IdempotencyKeyReused):
            await services.of(StockLedger).carry_out(other)


def test_a_key_of_before_units_still_stands_for_its_input() -> None:
    """Kept by the version before; see kernel/codec.py, `digest`."""
    ref = ItemRef("sku", "A")
    old = adjust(ref, 5, ActionType.RECEIPT)
    assert digest(old.as_input()) == "38f8e372ebefa9db9eaa02ca5250cf39"
    assert digest(set_stock(ref, 5, 3).as_input()) == "fecd64c0d0b30bf945524d387e31cd0f"
    assert digest(transfer(ref, 5, 1, 2).as_input()) == "4ca37f5cabd3cee4fdf73763979cfa84"


async def test_minimum_and_opening_stock_in_a_unit(services: Services) -> None:
    item = await make_item(
        services, "RICE", unit="g", units=KG, display_unit="KG", initial_stock=0,
        initial_quantity=Quantity(Decimal("1.5"), "kg"), min_quantity=Quantity(HALF, "kg"),
    )  # fmt: skip
    assert (item.stock, item.min_stock, item.shown_unit) == (1_500, 500, "kg")
    item = (
        await services.of(Items).change(change(item, minQuantity=Quantity(Decimal(2), "bag")))
    ).item
    assert item.min_stock == 500
    with pytest.raises(InvalidInput, match="not both"):
        await services.of(Items).change(change(item, minStock=1, minQuantity=Quantity(HALF, "kg")))
    with pytest.raises(InvalidInput, match=r"0\.001 kg") as refused:
        await services.of(Items).change(change(item, minQuantity=Quantity(Decimal("0.0001"), "kg")))
    assert refused.value.field == ("input", "minQuantity", "amount")


async def test_the_unit_shown_falls_back_to_the_base_when_it_goes(services: Services) -> None:
    item = await flour(services)
    items = services.of(Items)
    item = (await items.change(change(item, displayUnit="BAG"))).item
    assert (item.shown_unit, item.units[0]) == ("bag", ItemUnit("g", 1))
    item = (await items.change(change(item, units=KG[:1]))).item
    assert (item.shown_unit, item.display_unit) == ("g", None)
    item = (await items.change(change(item, unit="gram"))).item
    assert item.units == (ItemUnit("gram", 1), ItemUnit("kg", 1_000))
    assert item.shown_unit == "gram"


async def test_a_places_minimum_is_told_in_a_unit_of_the_item(services: Services) -> None:
    item = await flour(services)
    half = LocationMinimum(ref(item), MAIN, None, 1, True, Quantity(HALF, "kg"))
    minimums = services.of(Minimums)
    await minimums.set(half)
    assert await minimums_of(services.reading, [item.id]) == {item.id: {MAIN: 500}}
    for wrong, field in (
        (replace(half, min_stock=1), ("input", "minQuantity")),
        (replace(half, min_quantity=Quantity(HALF, "box")), ("input", "minQuantity", "unit")),
        (replace(half, min_quantity=Quantity(-HALF, "kg")), ("input", "minQuantity", "amount")),
    ):
        with pytest.raises(InvalidInput) as caught:
            await minimums.set(wrong)
        assert caught.value.field == field
    await minimums.set(replace(half, min_quantity=None))
    assert await minimums_of(services.reading, [item.id]) == {item.id: {}}
