"""Importing stock: what a file of counts or of goods books, what it refuses, and that it books
nothing twice. On both databases."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from graphql_api.database.writer import Writer
from graphql_api.exports.stock import export_stock
from graphql_api.files.tables import MissingColumns
from graphql_api.imports import stock as imports
from graphql_api.imports.items import BadRow
from graphql_api.imports.stock import StockCounts, StockImports, StockOptions
from graphql_api.imports.stock_command import BookStock
from graphql_api.imports.stock_tables import StockMode, stock_table
from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Item, Items
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.inventory.units import ItemUnit
from graphql_api.process import stock_imports_of
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    change,
    item_now,
    make_item,
    make_location,
    move,
    new_item,
    removal,
    set_stock,
)
from tests.invariants import assert_sound

COUNT, ADD = StockMode.COUNT, StockMode.ADD


@dataclass
class Taken:
    """What came of an import."""

    counts: StockCounts = field(default_factory=StockCounts)
    bad: list[BadRow] = field(default_factory=list)
    odd: list[BadRow] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        return [f"{row.line}: {row}" for row in self.bad]


async def take(
    services: Services,
    text: str,
    mode: StockMode,
    *,
    columns: Mapping[str, str] | None = None,
    is_wide: bool = False,
    stop_after: int | None = None,
    **options: Any,
) -> Taken:
    """Import `text`, as the command does; given up after `stop_after` steps."""
    everywhere = await services.of(Locations).all()
    source = io.BytesIO(text.encode())
    table = stock_table(source, "utf-8", columns or {}, everywhere, is_wide)
    taken = Taken()
    going = importing(services).run(table, StockOptions(mode, **options))
    async for progress in going:
        taken.counts = progress.counts
        taken.bad += progress.bad
        taken.odd += progress.odd
        if stop_after is not None and (stop_after := stop_after - 1) == 0:
            await going.aclose()
            break
    return taken


def importing(services: Services) -> StockImports:
    return StockImports(services.writer, services.of(Locations), services.database.scanning)


async def levels(services: Services, item: Item) -> dict[int, int]:
    found = (await item_now(services, item)).level_quantities
    assert found is not None
    return {place: quantity for place, quantity in found.items() if quantity}


async def exported(services: Services) -> str:
    return "".join([page.text async for page in export_stock(services.database.scanning)])


async def test_goods_add_up_and_counts_replace_each_at_its_place(services: Services) -> None:
    shop = await make_location(services)
    a, b = await make_item(services, "A"), await make_item(services, "B", initial_stock=4)
    text = "SKU;Location;Quantity\na;main;2\nA;SHOP;3\nA;SHOP;4\nB;;1\nB;MAIN;0\n"
    taken = await take(services, text, ADD, location_id=MAIN, name="goods.csv")
    assert taken.counts == StockCounts(booked=4, unchanged=1)
    assert await levels(services, a) == {MAIN: 12, shop.id: 7}
    assert await levels(services, b) == {MAIN: 5}
    booked = await services.of(History).page(a.id, True, 3, None)
    assert {(m.action_type, m.reference) for m in booked} == {(ActionType.RECEIPT, "goods.csv")}

    text = "sku,location,quantity\nA,MAIN,9\nA,SHOP,7\nB,SHOP,2\n"
    taken = await take(services, text, COUNT, reference="May")
    assert taken.counts == StockCounts(booked=2, unchanged=1)
    assert await levels(services, a) == {MAIN: 9, shop.id: 7}
    assert await levels(services, b) == {MAIN: 5, shop.id: 2}
    (newest,) = await services.of(History).page(a.id, True, 1, None)
    assert (newest.action_type, newest.quantity, newest.reference) == (ActionType.COUNT, -3, "May")
    await assert_sound(services)


async def test_items_are_found_as_a_scanner_finds_them_and_units_are_exact(
    services: Services,
) -> None:
    a = await make_item(services, "A", initial_stock=0, unit="g")
    codes = [WantedBarcode("4006381333931"), WantedBarcode("CARTON", 12)]
    await services.of(Items).change(change(a, barcodes=codes, units=[ItemUnit("kg", 1000)]))
    b = await make_item(services, "4006381333948", initial_stock=0)
    text = (
        "barcode,quantity,unit\n"
        "04006381333931,1,\n"  # the GTIN with a zero in front
        "carton,1,\nCARTON,2,\n"  # codes compare as they are written
        "4006381333931,0.5,KG\n"
        "CARTON,3,g\n"  # a unit says what is counted, whatever was scanned
        "A,100,\n4006381333948,7,\n"  # SKUs, typed into the same column
        "(01)04006381333931(10)LOT,2,\n"
        "4006381333931,0.0005,kg\nA,1,lb\nA,1.5,\n"
    )
    taken = await take(services, text, ADD)
    assert [row.line for row in taken.bad] == [3, 10, 11, 12]
    assert "no item with the barcode or SKU 'carton'" in taken.told[0]
    assert "no whole number of g" in taken.told[1]
    assert "no unit 'lb'" in taken.told[2]
    assert (await item_now(services, a)).stock == 1 + 24 + 500 + 3 + 100 + 2
    assert (await item_now(services, b)).stock == 7
    text = "sku,barcode,quantity\nA,4006381333948,1\nA,CARTON,1\nX,CARTON,1\n,CARTON,1\n"
    taken = await take(services, text, ADD)
    assert [row.line for row in taken.bad] == [2, 4]
    assert taken.told[0].endswith("is a barcode of '4006381333948', not of 'A'.")
    assert (await item_now(services, a)).stock == 630 + 1 + 12  # by SKU one, by barcode a carton
    await assert_sound(services)


async def test_a_wide_file_has_a_column_for_each_location(services: Services) -> None:
    shop, van = await make_location(services, "SHOP"), await make_location(services, "VAN 1")
    a, b = await make_item(services, "A"), await make_item(services, "B")
    text = "SKU\tname\tmain\tSHOP\tvan 1\nA\tx\t1\t\t3\nB\ty\t\t0\t2.5\n"
    taken = await take(services, text, COUNT)
    assert taken.told == [
        "3: 2.5 unit is no whole number of unit, in which the item is kept: the smallest step is "
        "1 unit."
    ]
    assert await levels(services, a) == {MAIN: 1, van.id: 3}
    assert await levels(services, b) == {MAIN: 10}, "a row is booked whole or not at all"
    text = "sku,quantity,SHOP\nA,99,5\n"
    assert (await take(services, text, ADD, is_wide=True)).counts.booked == 1
    assert await levels(services, a) == {MAIN: 1, shop.id: 5, van.id: 3}
    for text in ("sku,STORE\nA,1\n", "name,quantity\nA,1\n", "sku\nA\n"):
        with pytest.raises(MissingColumns) as caught:
            await take(services, text, COUNT)
        assert "sku or barcode" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        # Square, Vend and Loyverse: a column for each place, found by its code or its name.
        "Token,Item Name,Variation Name,SKU,Current Quantity Shop,Current Quantity Back room\n"
        "T,Saw,Regular,A,30,4\n",
        "handle,sku,name,supply_price,retail_price,inventory_Shop,inventory_Back_room\n"
        "h,A,Saw,1,2,30,4\n",
        "Handle,SKU,Name,Sold by weight,In stock [Shop],In stock [Back room]\nh,A,Saw,N,30,4\n",
        # Shopify: a row for each.
        "Handle,Title,Option1 Value,SKU,HS Code,COO,Location,On hand (current),On hand (new)\n"
        "h,Saw,S,A,,,Shop,30,\nh,Saw,S,A,,,Back room,4,\n",
    ],
)
async def test_the_stock_of_other_programs_is_counted_at_their_places(
    services: Services, text: str
) -> None:
    """An import of items sent people here with them, where they were refused."""
    item = await make_item(services, "A", initial_stock=0)
    shop = await make_location(services, "SHOP")
    back = await services.of(Locations).create(NewLocation("BACK", "Back room"))
    taken = await take(services, text, COUNT)
    assert taken.told == []
    assert await levels(services, item) == {shop.id: 30, back.id: 4}


async def test_what_cannot_be_is_told_with_its_line_and_the_rest_is_in(services: Services) -> None:
    shop = await make_location(services)
    a = await make_item(services, "A")
    gone = await make_item(services, "GONE", initial_stock=3)
    await services.of(Items).remove(removal(gone))
    text = (
        "sku,location,quantity,expected\n"
        "A,MAIN,5,\nB,MAIN,1,\nA,ATTIC,1,\nA,SHOP,,\nA,SHOP,-1,\nA,SHOP,x,\nA,SHOP,1.000,\n"
        "A,MAIN,6,\nGONE,MAIN,4,\nGONE,MAIN,1,\nA,SHOP,7,1\n,SHOP,7,\nA,,1,\nA,MAIN,1,2,3\n"
    )
    checked = await take(services, text, COUNT, dry_run=True)
    before = await services.log.head()
    assert (await take(services, text, COUNT, strict=True)).told == checked.told
    assert await services.log.head() == before
    taken = await take(services, text, COUNT)
    assert taken.told == checked.told
    assert taken.counts == checked.counts
    said = dict(line.split(": ", 1) for line in taken.told)
    assert said == {
        "3": "There is no item with the SKU or barcode 'B'.",
        "4": "There is no location with the code 'ATTIC'.",
        "5": "quantity must not be empty: 0 says that there is none.",
        "6": "quantity must be at least 0, not -1.",
        "7": "quantity 'x' is not a number like 12 or 0.5.",
        "8": "quantity '1.000' may be 1 or 1000: write it without a point.",
        "9": "A at MAIN is counted in line 2 already.",
        "10": "The item 'GONE' was deleted: nothing comes in.",
        "11": "GONE at MAIN is counted in line 10 already.",
        "12": "A had 1 at SHOP when it was counted and checked, and has 0 now: count it again.",
        "13": "sku or barcode is needed.",
        "14": "The row names no location, and there are several.",
        "15": "The row has 5 cells, the header 4 columns.",
    }
    assert await levels(services, a) == {MAIN: 5}
    assert await levels(services, gone) == {MAIN: 3}
    assert shop.id != MAIN
    await assert_sound(services)


async def test_the_same_file_again_books_nothing_and_one_broken_off_goes_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 2)
    a = await make_item(services, "A", initial_stock=0)
    text = "sku,quantity\n" + "".join(f"A,{n}\n" for n in range(1, 8)) + "LATE,1\n"
    given_up = await take(services, text, ADD, stop_after=2)
    assert given_up.counts == StockCounts(booked=4)
    taken = await take(services, text, ADD, name="another name")
    assert taken.counts == StockCounts(booked=3, already=4, bad=1)
    assert (await item_now(services, a)).stock == 28
    late = await make_item(services, "LATE", initial_stock=0)
    assert (await take(services, text, ADD, dry_run=True)).counts.already == 7
    taken = await take(services, text, ADD)
    assert taken.counts == StockCounts(booked=1, already=7)
    before = await services.log.head()
    assert (await take(services, text, ADD)).counts == StockCounts(already=8)
    assert await services.log.head() == before
    assert ((await item_now(services, a)).stock, (await item_now(services, late)).stock) == (28, 1)
    # The same goods came again: who says so by a reference has them booked, once.
    for expected in (8, 0):
        assert (await take(services, text, ADD, reference="June")).counts.booked == expected
    await assert_sound(services)


async def test_a_count_that_was_taken_over_is_not_taken_over_again_after_a_sale(
    services: Services,
) -> None:
    a = await make_item(services, "A")
    text = "sku,quantity\nA,10\n"
    assert (await take(services, text, COUNT)).counts == StockCounts(unchanged=1)
    await move(services, a, -4)
    assert (await take(services, text, COUNT)).counts == StockCounts(already=1)
    assert (await item_now(services, a)).stock == 6


async def test_two_imports_of_one_file_at_once_book_it_once(services: Services) -> None:
    a = await make_item(services, "A", initial_stock=0)
    text = "sku,quantity\n" + "A,1\n" * 500
    one, other = await asyncio.gather(take(services, text, ADD), take(services, text, ADD))
    assert one.counts.booked + other.counts.booked == 500
    assert one.counts.already + other.counts.already == 500
    assert (await item_now(services, a)).stock == 500
    await assert_sound(services)


async def test_a_level_that_changed_since_the_check_is_told_and_counted_again_by_the_next_run(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = await make_item(services, "A")
    b = await make_item(services, "B")
    plain = Writer.submit

    async def late(self: Writer[Any], handler: Any, command: Any, weight: int = 1) -> Any:
        if isinstance(command, BookStock):  # somebody sells one between check and booking
            monkeypatch.setattr(Writer, "submit", plain)
            await move(services, a, -1)
        return await plain(self, handler, command, weight)

    for strict in (False, True):
        await services.of(StockLedger).carry_out(
            set_stock(a, 10, (await item_now(services, a)).stock)
        )
        monkeypatch.setattr(Writer, "submit", late)
        text = f"sku,quantity\nA,12\nB,{5 + strict}\n"
        taken = await take(services, text, COUNT, strict=strict)
        assert taken.told == [
            "2: A had 10 at MAIN when it was counted and checked, and has 9 now: count it again."
        ]
        assert (await item_now(services, a)).stock == 9
        assert (await item_now(services, b)).stock == 5 + strict
        assert (await take(services, text, COUNT)).counts == StockCounts(booked=1, already=1)
        assert (await item_now(services, a)).stock == 12
    await assert_sound(services)


async def test_an_export_is_exact_and_a_count_takes_it_back_unchanged(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.exports.stock.ROWS_PER_PAGE", 2)
    shop = await make_location(services)
    items = [await make_item(services, f'S"{n},', initial_stock=n) for n in range(4)]
    for item in items[1:]:
        await services.of(StockLedger).carry_out(adjust(item, 5, location_id=shop.id))
    codes = [WantedBarcode("CARTON", 12), WantedBarcode("PIECE")]
    await services.of(Items).change(change(items[1], barcodes=codes))
    await services.of(Items).remove(removal(items[3]))
    text = await exported(services)
    assert text.splitlines() == [
        "sku,name,location,quantity,unit,barcode",
        '"S""0,","Item S""0,",MAIN,0,unit,',
        '"S""1,","Item S""1,",MAIN,1,unit,PIECE',
        '"S""1,","Item S""1,",SHOP,5,unit,PIECE',
        '"S""2,","Item S""2,",MAIN,2,unit,',
        '"S""2,","Item S""2,",SHOP,5,unit,',
        '"S""3,","Item S""3,",MAIN,3,unit,',
        '"S""3,","Item S""3,",SHOP,5,unit,',
    ]
    before = await services.log.head()
    assert (await take(services, text, COUNT)).counts == StockCounts(unchanged=7)
    assert await services.log.head() == before
    assert await exported(services) == text


async def test_many_alerts_of_an_import_are_one_notification(services: Services) -> None:
    for n in range(30):
        await services.of(Items).create(new_item(f"S{n}", initial_stock=9, min_stock=5))
    text = "sku,quantity\n" + "".join(f"S{n},0\n" for n in range(30))
    table = stock_table(io.BytesIO(text.encode()), "utf-8", {}, ())
    async for _ in stock_imports_of(services).run(table, StockOptions(COUNT, name="c.csv")):
        pass
    rows = await services.reading.rows("SELECT title, message FROM notification")
    assert len(rows) == 1, [tuple(row) for row in rows]
    assert "c.csv" in rows[0][0] and "30 rows booked" in rows[0][1]
    await assert_sound(services)
