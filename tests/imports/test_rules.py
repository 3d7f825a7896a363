"""How rows are taken when people ask for it: leniently, with SKUs made, by barcode, with places."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graphql_api.files.tables import Table
from graphql_api.imports.items import BadRow, ImportCounts, ImportOptions, ItemImports
from graphql_api.imports.rows import RowRules
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.conftest import settings_for
from tests.databases import migrated_file


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    file = tmp_path / "inventory.sqlite3"
    file.write_bytes(migrated_file())
    async with open_services(settings_for(f"sqlite://{file}")) as opened:
        yield opened


class Taken:
    def __init__(self) -> None:
        self.counts = ImportCounts()
        self.bad: list[BadRow] = []
        self.odd: list[BadRow] = []

    @property
    def told(self) -> list[str]:
        return [f"{row.line}: {row}" for row in self.odd]


async def take(services: Services, text: str, rules: RowRules | None = None, **how: Any) -> Taken:
    required = how.pop("required", ("sku",))
    table = Table(io.BytesIO(text.encode()), None, {}, required=required)
    importing = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    options = ImportOptions(rules=rules or RowRules(), place=how.pop("place", table.place), **how)
    taken = Taken()
    async for progress in importing.run(table, options):
        taken.counts = progress.counts
        taken.bad += progress.bad
        taken.odd += progress.odd
    return taken


async def find(services: Services, sku: str) -> Item:
    item = await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=True)
    assert item is not None
    return item


async def test_a_lenient_import_takes_rows_without_their_bad_cells(services: Services) -> None:
    await take(services, "sku,name,barcode,initialStock\nOLD,Old,111,5\n")
    text = (
        "sku,name,price,minStock,initialStock,location,barcode,category\n"
        "A,Saw,cheap,7,3,,1,Tools\n"  # no number
        "B,Axe,2,-1,3,NOWHERE,2,#N/A\n"  # a negative minimum, an unknown place, debris
        "C,Pin,3,1,1,,111,Tools\n"  # somebody else's barcode
        "OLD,Old,4,1,99,,111,Tools\n"  # a count that is not the stock
        ",Nameless,4,1,1,,3,Tools\n"  # no SKU: bad all the same
        "E,,4,1,1,,4,Tools\n"  # no name: likewise
    )
    strict = await take(services, text, dry_run=True)
    assert (strict.counts.bad, strict.counts.created) == (6, 0)
    taken = await take(services, text, RowRules(is_lenient=True))
    assert taken.counts == ImportCounts(created=3, updated=1, bad=2, stock_ignored=1)
    assert [row.line for row in taken.bad] == [6, 7]
    assert taken.told == [
        "2: price 'cheap' is not a number like 12.50.",
        "3: category '#N/A' is a spreadsheet's error, not a value. minStock must be at least 0, "
        "not -1. There is no location with the code 'NOWHERE'.",
        "4: Barcode '111' belongs to the item with SKU 'OLD'.",
    ]
    saw, axe, pin = [await find(services, sku) for sku in "ABC"]
    assert (saw.price, saw.min_stock, saw.stock, saw.category) == (0, 7, 3, "Tools")
    assert (axe.price, axe.min_stock, axe.stock, axe.category) == (20_000, 0, 0, None)
    assert (pin.barcode, pin.stock) == (None, 1)
    assert (await find(services, "OLD")).stock == 5
    # What is left out is told each time; what is bad is kept as it stands.
    assert list(taken.bad[0].record)[:2] == ["", "Nameless"]
    again = await take(services, text, RowRules(is_lenient=True))
    assert again.counts == ImportCounts(unchanged=4, bad=2, stock_ignored=1)
    assert [row.line for row in again.odd] == [2, 3, 4]


async def test_an_unknown_visibility_is_left_out_with_a_word(services: Services) -> None:
    taken = await take(services, "sku,name,visibility\nA,Saw,nobody\nB,Axe,admins\n")
    assert taken.counts == ImportCounts(created=2)
    assert taken.told == ["2: visibility 'nobody' is neither EVERYONE nor ADMINS, and is left out."]
    assert [(await find(services, sku)).admins_only for sku in "AB"] == [0, 1]


async def test_rows_without_a_sku_get_the_same_one_each_time(services: Services) -> None:
    text = "Name,Barcode,Price\nSaw,4006381333931,2\nAxe,,3\nAXE,,4\n,,5\n"
    rules = RowRules(makes_skus=True)
    taken = await take(services, text, rules, required=("name",))
    assert taken.counts == ImportCounts(created=2, bad=2)
    assert [str(row) for row in taken.bad] == [
        "SKU 'G-7EEFC097C2' stands in line 3 already.",
        "The row has no SKU, and neither barcode nor name for one.",
    ]
    assert (await find(services, "4006381333931")).name == "Saw"
    again = await take(services, text, rules, required=("name",))
    assert again.counts == ImportCounts(unchanged=2, bad=2)
    own = await take(services, "SKU,Name\nX,Pin\n,Nut\n", rules)
    assert own.counts == ImportCounts(created=2)
    assert (await find(services, "X")).name == "Pin"


async def test_a_row_can_mean_the_item_that_has_its_barcode(services: Services) -> None:
    await take(services, "sku,name,barcodes\nA,Saw,4006381333931 | BOX=12\nB,Axe,222\n")
    text = "EAN,Price\n04006381333931,2\nBOX,3\n222,4\n333,5\n,6\n"
    by_barcode = RowRules(by_barcode=True)
    taken = await take(services, text, by_barcode, required=("barcode",))
    assert taken.counts == ImportCounts(updated=2, bad=3)
    assert [str(row) for row in taken.bad] == [
        "SKU 'A' stands in line 2 already.",
        "No item has '333', and there is no SKU for a new one.",
        "The row has no barcode, and there is no SKU for a new one.",
    ]
    saw = await find(services, "A")
    assert (saw.price, [one.code for one in saw.barcodes]) == (20_000, ["4006381333931", "BOX"])
    # Its own SKU counts for a new item only; a second barcode does not become the first.
    taken = await take(services, "SKU,Name,EAN\nZ,Saw,BOX\nN,Nut,333\n", by_barcode)
    assert taken.counts == ImportCounts(created=1, unchanged=1)
    assert (await find(services, "N")).barcode == "333"
    makes = RowRules(by_barcode=True, makes_skus=True)
    taken = await take(services, "Name,EAN\nSaw,BOX\nBolt,444\n", makes, required=("barcode",))
    assert taken.counts == ImportCounts(created=1, unchanged=1)
    assert (await find(services, "444")).name == "Bolt"


async def test_a_place_is_found_by_its_code_or_by_a_name_that_is_its_alone(
    services: Services,
) -> None:
    locations = services.of(Locations)
    shop = await locations.create(NewLocation("S1", "Shop"))
    for code in ("T1", "T2"):
        await locations.create(NewLocation(code, "Twin"))
    text = "sku,name,initialStock,location\nA,Saw,3,shop\nB,Axe,3,s1\nC,Pin,3,Twin\n"
    taken = await take(services, text)
    assert taken.counts == ImportCounts(created=2, bad=1)
    assert "no location with the code 'Twin'" in str(taken.bad[0])
    # The place that a column is named after, where rows name none; unknown, it is the default one.
    header = "Token,Item Name,Variation Name,SKU,Price,Current Quantity"
    for place, sku, at in (("Shop", "D", shop.id), ("Attic", "E", 1)):
        taken = await take(services, f"{header} {place}\nT,Tea,Regular,{sku},1,4\n")
        assert taken.counts == ImportCounts(created=1)
        item = await find(services, sku)
        assert (await services.of(Catalogue).levels([item.id]))[item.id] == {at: 4}
    await take(services, f"{header} Attic\nT,Tea,Regular,F,1,4\n", create_locations=True)
    assert {one.code for one in await locations.all()} == {"MAIN", "S1", "T1", "T2", "Attic"}


async def test_the_places_of_a_shop_that_begins_are_those_of_its_file(services: Services) -> None:
    text = "Item No,Item,Qty,Warehouse\nA,Saw,3,North\nB,Axe,4,South\nC,Pin,0,West\n"
    for dry_run in (True, False):
        taken = await take(services, text, dry_run=dry_run, makes_first_places=True)
        assert taken.counts == ImportCounts(created=3)
    locations = await services.of(Locations).all()
    assert [one.code for one in locations] == ["MAIN", "North", "South"]
    again = await take(services, text.replace("North", "Nroth"), makes_first_places=True)
    assert again.counts == ImportCounts(unchanged=1, bad=2), "it has places now, and knows them"


@pytest.mark.parametrize(
    "column", ["leadTimeDays", "lead_time_days", "Lieferzeit (Tage)", "Délai de livraison", "納期"]
)
async def test_lead_times_come_in_by_any_name_and_a_blank_one_leaves_what_stands(
    services: Services, column: str
) -> None:
    text = f"sku,name,{column}\nA,Nails,14\nB,Screws,\nC,Bolts,400\n"
    taken = await take(services, text)
    assert taken.counts == ImportCounts(created=2, bad=1)
    assert "leadTimeDays must be from 0 to 365, not 400." in str(taken.bad[0])
    assert (await take(services, text)).counts == ImportCounts(unchanged=2, bad=1)
    await take(services, f"sku,{column}\nA,\nB,0\n")
    assert [(await find(services, sku)).lead_time_days for sku in "AB"] == [14, 0]


async def test_packaging_comes_in_with_its_factors_and_changes_only_when_it_differs(
    services: Services,
) -> None:
    text = (
        "sku,name,unit,units,displayUnit,barcodes,attributes\n"
        'A,Nails,piece,box=100 | carton=1000,box,111 | 222=100 box | 333=7,"colour=red | a\\|b=c"\n'
    )
    for dry_run, created, unchanged in ((True, 1, 0), (False, 1, 0), (False, 0, 1)):
        taken = await take(services, text, dry_run=dry_run)
        assert taken.counts == ImportCounts(created=created, unchanged=unchanged)
    item = await find(services, "A")
    assert [(one.code, one.factor, one.unit) for one in item.barcodes] == [
        ("111", 1, None), ("222", 100, "box"), ("333", 7, None),
    ]  # fmt: skip
    assert [(unit.name, unit.factor) for unit in item.units[1:]] == [("box", 100), ("carton", 1000)]
    assert (item.display_unit, item.attributes) == ("box", '{"a|b":"c","colour":"red"}')
    # A unit's factor is its barcode's; the others stay, and somebody else's is refused.
    taken = await take(services, text.replace("box=100 ", "box=50 ").replace("222=100", "222=50"))
    assert taken.counts == ImportCounts(updated=1)
    assert [one.factor for one in (await find(services, "A")).barcodes] == [1, 50, 7]
    await take(services, "sku,name,barcode\nZ,Zip,999\n")
    taken = await take(services, "sku,barcodes\nA,111 | 999\n")
    assert "Barcode '999' belongs to the item with SKU 'Z'." in str(taken.bad[0])
    bad = (
        "sku,name,unit,barcodes,units\nB,Pin,,444 | 222,\nC,Nut,,555=x,\nD,Cup,,,box\n"
        "E,Key,,1=12 crate,\nF,Fan,,6 | 06,\n"
    )
    taken = await take(services, bad)
    assert taken.counts.bad == 4, taken.bad
    assert "Barcode '222' belongs to the item with SKU 'A'." in str(taken.bad[0])
    assert "says 'x' of '555': a whole number" in str(taken.bad[1])


async def test_barcodes_of_a_file_join_the_items_own(services: Services) -> None:
    """Several in one cell became one code of that length, which no scanner sends."""
    one, two, carton = "4006381333931", "036000291452", "14006381333938"
    await take(services, f"sku,name,barcodes\nA,Saw,{one} | {carton}=12\n")
    text = f'Art. Nr,Item,EAN\nA,Saw,"{one}, {two}"\nB,Axe,"4006381333948; 4006381333955"\n'
    for counts in (ImportCounts(updated=1, created=1), ImportCounts(unchanged=2)):
        taken = await take(services, text)
        assert (taken.counts, taken.bad) == (counts, [])
    codes = {(one.code, one.factor) for one in (await find(services, "A")).barcodes}
    assert codes == {(one, 1), (carton, 12), (two, 1)}
    assert [one.code for one in (await find(services, "B")).barcodes] == [
        "4006381333948",
        "4006381333955",
    ]
    taken = await take(services, f'Art. Nr,Item,EAN\nC,Hoe,"4006381333962, {two}"\n')
    assert [str(row) for row in taken.bad] == [f"Barcode {two!r} belongs to the item with SKU 'A'."]
