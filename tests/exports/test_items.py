"""Exporting items: everything comes back as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.exports import items as exports
from graphql_api.exports.items import count_items, export_items
from graphql_api.files.tables import FIELDS, NUMBERS, Table
from graphql_api.files.writing import CsvFile, ExcelCsv, TableWriter, Xlsx, csv_lines
from graphql_api.imports.items import ImportCounts, ImportOptions, ItemImports
from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import checked_fields
from graphql_api.inventory.items import ItemArchival, ItemRef, ItemRemoval, Items, NewItem
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.inventory.stock import StockLedger, TransferStock
from graphql_api.inventory.units import ItemUnit
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.conftest import settings_for
from tests.databases import migrated_file


def opened(folder: Path, name: str = "one") -> AbstractAsyncContextManager[Services]:
    file = folder / f"{name}.sqlite3"
    file.write_bytes(migrated_file())
    return open_services(settings_for(f"sqlite://{file}"))


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with opened(tmp_path) as found:
        yield found


def plain(
    sku: str = "A", stock: int = 0, location_id: int | None = None, **columns: Any
) -> NewItem:
    """A widget without more than it must have, but for `columns`."""
    return NewItem({"sku": sku, "name": "Widget"} | columns, stock, location_id, None)


ODD = (
    plain(),
    plain(sku='B,"1"', name='5" pipe, "long"', description='two\nlines, "quoted"\t.'),
    plain(sku="C", description="old\rmachine\r\nand new", category="Ünï – cödé 😀"),
    plain(sku="D;E", name="'=1+1", barcode="0012", unit="10 boxes x 20 bags"),
    plain(sku="E", price=123_456_789, cost=1, min_stock=7, stock=2_147_483_647),
    plain(sku="F", price=10_000, cost=0, admins_only=1, stock=5),
    plain(sku="G", lead_time_days=14),
)


async def make(services: Services, commands: Sequence[NewItem] = ODD) -> None:
    for command in commands:
        await services.of(Items).create(command)


async def exported(services: Services, *, include_deleted: bool = False) -> str:
    pages = export_items(services.database.scanning, include_deleted=include_deleted)
    return "".join([page.text async for page in pages])


async def imported(
    services: Services, text: str | bytes, *, create_locations: bool = False
) -> ImportCounts:
    importing = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    counts = ImportCounts()
    table = Table(io.BytesIO(text.encode() if isinstance(text, str) else text), None, {})
    options = ImportOptions(create_locations=create_locations)
    async for progress in importing.run(table, options):
        counts = progress.counts
    return counts


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def test_an_export_tells_every_field(services: Services) -> None:
    item = plain(
        sku="A-1", description="Text", category="Tools", barcode="4001", unit="box",
        price=125_000, cost=71_234, min_stock=5, stock=40, admins_only=1,
    )  # fmt: skip
    await make(services, [item])
    assert await exported(services) == (
        "sku,name,description,category,barcode,unit,price,cost,minStock,initialStock,location,"
        "visibility\n"
        "A-1,Widget,Text,Tools,4001,box,12.50,7.1234,5,40,MAIN,ADMINS\n"
    )


async def test_an_export_of_nothing_has_its_header(services: Services) -> None:
    assert await exported(services) == ",".join(FIELDS) + "\n"


async def test_an_export_changes_nothing_when_it_is_imported(services: Services) -> None:
    await make(services)
    before = await services.log.head()
    assert await imported(services, await exported(services)) == ImportCounts(unchanged=len(ODD))
    assert await services.log.head() == before


async def test_an_export_makes_the_same_items_elsewhere(services: Services, tmp_path: Path) -> None:
    shop = await services.of(Locations).create(NewLocation("SHOP", "Shop"))
    await make(services)
    await make(services, [plain(sku="S", stock=3, location_id=shop.id)])
    text = await exported(services)
    async with opened(tmp_path, "other") as other:
        counts = await imported(other, text, create_locations=True)
        assert counts == ImportCounts(created=len(ODD) + 1)
        assert await exported(other) == text


PACKED = (
    plain(sku="007", barcode="4006381333931", units=(ItemUnit("box", 12),)),
    plain(sku="=1+1", name="+49", description="@x", category="-5", barcode="'=2", stock=3),
    plain(sku="'=q", name="=cmd()", description="two\r\nlines _x000D_ a\rb", category="ä",
          attributes={"a=b": "c|d", "e\\": "f\ng"}),
    plain(sku="P", unit="piece", units=(ItemUnit("box", 12), ItemUnit("a=b|c", 50)),
          display_unit="box", price=9_999_999_999_999_999, cost=1,
          barcodes=(WantedBarcode("1=1"), WantedBarcode("2|2", None, "box"),
                    WantedBarcode("3\\3", 7))),
)  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "excel", "xlsx"])
async def test_an_export_of_any_kind_comes_back_byte_by_byte(
    services: Services, tmp_path: Path, kind: str
) -> None:
    for command in (*ODD, *PACKED):
        columns = dict(command.columns)
        if "attributes" in columns:
            columns |= checked_fields({"attributes": columns["attributes"]})
        await services.of(Items).create(replace(command, columns=columns))

    async def written(source: Services, kind: str) -> bytes:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, "utf-8", newline="")
        writers: dict[str, TableWriter] = {
            "csv": CsvFile(stream),
            "excel": ExcelCsv(stream),
            "xlsx": Xlsx(raw, "Items", NUMBERS),
        }
        writer = writers[kind]
        async for page in export_items(source.database.scanning):
            writer.write(page.rows)
        writer.close()
        stream.flush()
        return raw.getvalue()

    content = await written(services, kind)
    if kind == "excel":
        assert content.startswith(b"\xef\xbb\xbfsku,")
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            assert not any(cell[:1] in tuple("+-@\t\r") for cell in row)
            assert all(cell[:2] == '="' for cell in row if cell[:1] == "=")
        assert b'"=""007"""' in content and b'"=""4006381333931"""' in content
    before = await services.log.head()
    count = len(ODD) + len(PACKED)
    assert await imported(services, content) == ImportCounts(unchanged=count)
    assert await services.log.head() == before
    plain_text = await written(services, "csv")
    async with opened(tmp_path, "other") as other:
        assert await imported(other, content) == ImportCounts(created=count)
        assert await written(other, "csv") == plain_text


async def test_stock_at_several_locations_is_told_as_its_sum(services: Services) -> None:
    shop = await services.of(Locations).create(NewLocation("SHOP", "Shop"))
    await make(services, [plain(stock=5), plain(sku="B")])
    await services.of(StockLedger).carry_out(
        TransferStock("key", ItemRef("sku", "A"), 2, 1, shop.id, None, None, None, True)
    )
    pages = [page async for page in export_items(services.database.scanning)]
    rows = records("".join(page.text for page in pages))
    assert [(row["initialStock"], row["location"]) for row in rows] == [("5", ""), ("0", "")]
    assert sum(page.scattered for page in pages) == 1
    # All of it moved on: the old location, whose level is 0 now, does not count.
    await services.of(StockLedger).carry_out(
        TransferStock("key 2", ItemRef("sku", "A"), 3, 1, shop.id, None, None, None, True)
    )
    assert records(await exported(services))[0]["location"] == "SHOP"


async def test_archived_items_are_told_only_when_asked_for_and_come_back_as_they_are(
    services: Services, tmp_path: Path
) -> None:
    await make(services, [plain(), plain("B"), plain("C")])
    one = await services.of(Catalogue).find(ItemRef("sku", "A"), True)
    other = await services.of(Catalogue).find(ItemRef("sku", "B"), True)
    assert one is not None and other is not None
    await services.of(Items).archive(ItemArchival(one.id, None, None, sees_admins=True))
    await services.of(Items).remove(ItemRemoval(other.id, None, None, sees_admins=True))
    scanning = services.database.scanning
    assert [row["sku"] for row in records(await exported(services))] == ["C"]
    with_archived = "".join(
        [page.text async for page in export_items(scanning, include_archived=True)]
    )
    rows = records(with_archived)
    assert [(row["sku"], row["archivedAt"] != "") for row in rows] == [("A", True), ("C", False)]
    assert await count_items(scanning, include_archived=True) == 2
    everything = export_items(scanning, include_archived=True, include_deleted=True)
    rows = records("".join([page.text async for page in everything]))
    assert [row["sku"] for row in rows if row["deletedAt"]] == ["B"]
    async with opened(tmp_path, "other") as elsewhere:
        await imported(elsewhere, with_archived)
        item = await elsewhere.of(Catalogue).find(ItemRef("sku", "A"), True)
        assert item is not None and item.archived_at is not None


async def test_deleted_items_are_told_only_when_asked_for(services: Services) -> None:
    await make(services, [plain(), plain(sku="B")])
    item = await services.of(Catalogue).find(ItemRef("sku", "A"), sees_admins=True)
    assert item is not None
    await services.of(Items).remove(ItemRemoval(item.id, None, None, True))
    assert [row["sku"] for row in records(await exported(services))] == ["B"]
    rows = records(await exported(services, include_deleted=True))
    assert [(row["sku"], row["deletedAt"] != "") for row in rows] == [("A", True), ("B", False)]
    scanning = services.database.scanning
    assert await count_items(scanning) == 1
    assert await count_items(scanning, include_deleted=True) == 2


async def test_each_item_is_exported_once_whatever_happens_meanwhile(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ITEMS_PER_PAGE", 2)
    await make(services, [plain(sku=f"S{i}") for i in range(7)])
    seen: list[str] = []
    async for page in export_items(services.database.scanning):
        for row in csv.reader(io.StringIO(page.text, newline="")):
            seen += row[:1]
        if len(seen) == 3:  # the header and one page
            renamed = "sku,name\nS0,Zzz\nS6,Aaa\n"
            assert (await imported(services, renamed)).updated == 2
            shop = await services.of(Locations).create(NewLocation("NEW", "New"))
            await make(services, [plain(sku="S9", stock=1, location_id=shop.id)])
    assert seen == ["sku", "S0", "S1", "S2", "S3", "S4", "S5", "S6", "S9"]


Cells = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=12, max_size=12
)


@given(st.lists(Cells, max_size=5))
def test_whatever_the_cells_hold_they_are_read_as_they_were_written(
    rows: list[list[str]],
) -> None:
    told = [row for row in rows if any(cell.strip() for cell in row)]  # others are blank rows
    text = csv_lines([FIELDS, *told])
    table = Table(io.BytesIO(text.encode()), "utf-8", {}, numbers={})
    read = list(table.rows())
    assert [row.fault for row in read] == [None] * len(told)
    assert [list(row.cells.values()) for row in read] == told
    assert [row.line for row in read] == _lines_of(told)


def _lines_of(rows: list[list[str]]) -> list[int]:
    line, lines = 2, []
    for row in rows:
        lines.append(line)
        text = csv_lines([row]).replace("\r\n", "\n").replace("\r", "\n")
        line += text.count("\n")
    return lines
