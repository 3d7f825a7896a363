"""Importing items: every malformed file, and that a good one does what items.py would do."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.rules import AlertStatus
from graphql_api.database.connection import Connection
from graphql_api.delivery import audience
from graphql_api.events.log import Event
from graphql_api.files import records
from graphql_api.files.encodings import encoding_advice
from graphql_api.files.faults import MissingColumns, UnreadableFile, WrongEncoding
from graphql_api.files.tables import Table
from graphql_api.imports import items as imports
from graphql_api.imports.items import (
    BadRow,
    ImportCounts,
    ImportOptions,
    ImportStopped,
    ItemImports,
    Phase,
)
from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.items import (
    Item,
    ItemArchival,
    ItemRef,
    ItemRemoval,
    Items,
    NewItem,
    Visibility,
)
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.kernel.codec import parts
from graphql_api.process import open_services
from graphql_api.said import in_shell
from graphql_api.services import Services
from tests.builders import change, move
from tests.ci import in_ci
from tests.conftest import settings_for
from tests.databases import migrated_file

DATA = Path(__file__).parents[3] / "shared" / "data"
HEADER = "sku,name,price\n"


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    file = tmp_path / "inventory.sqlite3"
    file.write_bytes(migrated_file())
    async with open_services(settings_for(f"sqlite://{file}")) as opened:
        yield opened


@dataclass
class Taken:
    """What came of an import."""

    counts: ImportCounts = field(default_factory=ImportCounts)
    bad: list[BadRow] = field(default_factory=list)
    odd: list[BadRow] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        return [f"{row.line}: {row}" for row in self.bad]

    @property
    def lines(self) -> list[int]:
        return [row.line for row in self.bad]


async def take(
    services: Services,
    text: str | bytes,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    folder: Path | None = None,
    lookups: Mapping[str, Mapping[str, str]] | None = None,
    **options: Any,
) -> Taken:
    """Import `text`, as the command does."""
    source = io.BytesIO(text.encode() if isinstance(text, str) else text)
    table = Table(source, encoding, columns or {}, folder=folder)
    importing = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    taken = Taken()
    lookups = lookups or table.lookups
    async for progress in importing.run(table, ImportOptions(lookups, **options)):
        taken.counts = progress.counts
        taken.bad += progress.bad
        taken.odd += progress.odd
        taken.phases.append(progress.phase)
    return taken


async def find(services: Services, sku: str) -> Item:
    item = await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=True)
    assert item is not None
    item.level_quantities = (await services.of(Catalogue).levels([item.id]))[item.id]
    return item


async def events(services: Services) -> list[Event]:
    head = await services.log.head()
    return await services.log.page(0, head.position, limit=10_000)


def counts(created: int = 0, updated: int = 0, unchanged: int = 0, bad: int = 0) -> ImportCounts:
    return ImportCounts(created, updated, unchanged, bad)


async def assert_sound(services: Services) -> None:
    """The ledger proves itself, and the alerts are those that the stock calls for."""
    assert (await check_ledger(services.database.scanning)).ok
    checked = await services.of(Alerts).check()
    assert (checked.raised, checked.resolved) == (0, 0)


# what a good file does


async def test_a_row_becomes_an_item_with_all_its_fields(services: Services) -> None:
    taken = await take(
        services,
        "sku,name,description,category,barcode,unit,price,cost,minStock,initialStock,visibility\n"
        "A-1,Widget,A thing,Tools,400123,box,12.50,7.1234,5,40,EVERYONE\n",
    )
    assert taken.counts == counts(created=1)
    item = await find(services, "a-1")
    assert (item.sku, item.name, item.description) == ("A-1", "Widget", "A thing")
    assert (item.category, item.barcode, item.unit) == ("Tools", "400123", "box")
    assert (item.price, item.cost) == (125_000, 71_234)
    assert (item.stock, item.min_stock, item.version) == (40, 5, 1)
    assert item.visibility is Visibility.EVERYONE
    assert item.level_quantities == {1: 40}
    [movement] = await services.of(History).page(item.id, True, 10, None)
    assert (movement.quantity, movement.old_stock, movement.new_stock) == (40, 0, 40)
    await assert_sound(services)


async def test_an_imported_item_leaves_the_same_traces_as_a_created_one(
    services: Services,
) -> None:
    columns: dict[str, Any] = {"sku": "A", "name": "Widget", "category": "Tools", "barcode": "1"}
    columns |= {"price": 10_000, "min_stock": 5}
    command = NewItem(columns, initial_stock=3, location_id=None, user_id=None)
    await services.of(Items).create(command)
    await take(
        services,
        "sku,name,category,barcode,price,minStock,initialStock\nB,Widget,Tools,2,1,5,3\n",
    )
    told = await events(services)
    by_hand, imported = told[:2], told[2:]
    assert [(e.topic, e.kind, e.roles) for e in imported] == [
        (e.topic, e.kind, e.roles) for e in by_hand
    ]
    one, other = by_hand[0].payload, imported[0].payload
    differing = {0, 1, 5, 14, 15}  # id, SKU, barcode, and two instants
    assert [v for i, v in enumerate(parts(one.item)) if i not in differing] == [
        v for i, v in enumerate(parts(other.item)) if i not in differing
    ]
    assert one.details is other.details is None
    rows = await services.database.reading.rows(
        "SELECT reason, action_type, location_id, reference FROM movement ORDER BY id"
    )
    assert tuple(rows[0]) == tuple(rows[1])


async def test_absent_columns_and_blank_cells_of_a_new_item_have_the_defaults(
    services: Services,
) -> None:
    blank = "sku,name,description,category,barcode,unit,price,cost,minStock,initialStock,location,"
    await take(services, f"{blank}visibility\nA,Widget,,,,,,,,,,\n")
    await take(services, "sku,name\nB,Widget\n")
    one, other = await find(services, "A"), await find(services, "B")
    for item in (one, other):
        assert (item.description, item.category, item.barcode, item.unit) == (
            "", None, None, "unit",
        )  # fmt: skip
        assert (item.price, item.cost, item.min_stock, item.stock) == (0, None, 0, 0)
        assert item.admins_only == 0
    assert await services.of(History).page(one.id, True, 10, None) == []


async def test_a_stock_at_its_minimum_raises_an_alert_at_once(services: Services) -> None:
    await take(
        services,
        "sku,name,minStock,initialStock\nA,Low,10,4\nB,Well,10,11\nC,Out,1,0\n"
        "D,Never stocked,0,0\n",
    )
    rows = await services.database.reading.rows(
        "SELECT item_name, type, status FROM alert ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("Low", "LOW_STOCK", AlertStatus.OPEN.value),
        ("Out", "OUT_OF_STOCK", AlertStatus.OPEN.value),
    ]
    await assert_sound(services)


async def test_the_same_file_again_changes_nothing(services: Services) -> None:
    text = (
        "sku,name,description,category,barcode,unit,price,cost,minStock,initialStock,location,"
        'visibility\nA,Widget,"a ""text""\n",Tools,1,box,1.5,,5,4,MAIN,ADMINS\nB,Other,,,,,,,,,,\n'
    )
    first = await take(services, text)
    before = await services.log.head()
    again = await take(services, text)
    assert first.counts.bad == 0
    assert again.counts == counts(unchanged=2)
    assert (await services.log.head()) == before


async def test_a_row_that_differs_changes_its_item_and_only_what_the_file_speaks_of(
    services: Services,
) -> None:
    await take(
        services,
        "sku,name,category,barcode,price,cost,minStock,initialStock\n"
        "A,Old,Tools,1,5,3,2,9\nB,Same,Tools,2,5,3,2,9\n",
    )
    before = await services.log.head()
    text = "sku,name,price,initialStock\na,New,6,100\nB,Same,5,100\n"
    taken = await take(services, text, ignore_stock=True)
    assert taken.counts == ImportCounts(updated=1, unchanged=1, stock_ignored=2)
    item = await find(services, "A")
    assert (item.sku, item.name, item.price) == ("a", "New", 60_000)
    assert (item.category, item.barcode, item.cost, item.min_stock) == (
        "Tools", "1", 30_000, 2,
    )  # fmt: skip
    assert (item.stock, item.version) == (9, 2)
    [event] = await services.log.page(before.position, before.position + 10)
    assert event.kind == "UPDATED"
    assert event.payload.item == item.state()
    found = await services.of(Catalogue).find(ItemRef("sku", "A"), sees_admins=True)
    assert found is not None


async def test_a_changed_item_is_found_by_its_new_words_only(services: Services) -> None:
    await take(services, "sku,name\nA,Copper pipe\n")
    await take(services, "sku,name\nA,Copper tube\n")
    rows = await services.database.reading.rows("SELECT term FROM item_term ORDER BY term")
    assert [row[0] for row in rows] == ["=a", "a", "copper", "tube"]


async def test_a_blank_cell_empties_what_may_be_empty_and_leaves_the_rest(
    services: Services,
) -> None:
    header = "sku,name,description,category,barcode,unit,price,cost,minStock,visibility\n"
    await take(services, f"{header}A,Widget,Text,Tools,1,box,5,3,2,ADMINS\n")
    taken = await take(services, f"{header}A,Widget,,,,,,,,\n")
    assert taken.counts == counts(updated=1)
    item = await find(services, "A")
    assert (item.description, item.category, item.barcode, item.cost) == (
        "", None, None, None,
    )  # fmt: skip
    assert (item.unit, item.price, item.min_stock, item.admins_only) == ("box", 50_000, 2, 1)


async def test_a_row_that_hides_its_item_hides_its_past_too(services: Services) -> None:
    await take(services, "sku,name,minStock\nA,Widget,5\n")
    await take(services, "sku,name,visibility\nA,Widget,admins\n")
    item = await find(services, "A")
    told = await events(services)
    assert {e.roles for e in told if e.subject == item.id and e.topic != audience.TOPIC} == {
        audience.ADMINS
    }
    assert [e.kind for e in told if e.topic == audience.TOPIC] == [audience.RESTRICTED]


async def test_a_command_takes_as_many_statements_for_many_rows_as_for_few(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, ours = 0, asyncio.current_task()

    def counted(name: str) -> None:
        plain = getattr(Connection, name)

        async def method(self: Connection, *arguments: Any) -> Any:
            nonlocal sent
            task = asyncio.current_task()  # others look at the log now and then
            sent += task is ours or (task is not None and task.get_name() == "writer")
            return await plain(self, *arguments)

        monkeypatch.setattr(Connection, name, method)

    def rows(first: int, number: int, name: str) -> str:
        lines = [f"S{i},{name} {i},b{i},9,3,ADMINS" for i in range(first, first + number)]
        return "sku,name,barcode,minStock,initialStock,visibility\n" + "\n".join(lines)

    for first in (0, 1):  # locations are remembered once events have been heard
        await take(services, rows(first, 1, "warm").replace("ADMINS", "EVERYONE"))
    for name in ("rows", "change", "change_many"):
        counted(name)
    needed = []
    for first, number in ((1_000, 2), (2_000, 150)):
        sent = 0
        await take(services, rows(first, number, "one").replace("ADMINS", "EVERYONE"))
        created = sent
        sent = 0
        assert (await take(services, rows(first, number, "two"))).counts.updated == number
        needed.append((created, sent))
    assert needed[0] == needed[1]


async def test_two_imports_at_once_make_each_item_once(services: Services) -> None:
    lines = "".join(f"S{i},Item {i},1,5\n" for i in range(300))
    text = f"sku,name,minStock,initialStock\n{lines}"
    importing = [take(services, text), take(services, text)]
    one, other = await asyncio.gather(*importing)
    assert one.counts.created + other.counts.created == 300
    assert one.counts.unchanged + other.counts.unchanged == 300
    await assert_sound(services)


# rows that cannot be


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("price", "abc", "price 'abc' is not a number like 12.50."),
        ("price", "1e3", "price '1e3' is not a number like 12.50."),
        ("price", "NaN", "price 'NaN' is not a number like 12.50."),
        ("price", "1_000", "price '1_000' is not a number like 12.50."),
        ("price", "١٢", "price '١٢' is not a number like 12.50."),
        ("price", "-0.01", "price must not be negative."),
        ("price", "1.00001", "price has more than 4 decimals."),
        ("price", "1000000000000", "price must be below 1000000000000."),
        ("price", "9" * 41, f"price '{'9' * 40}'… is not a number like 12.50."),
        ("cost", "free", "cost 'free' is not a number like 12.50."),
        ("minStock", "1.5", "minStock '1.5' is not a whole number."),
        ("minStock", "-1", "minStock must be at least 0, not -1."),
        ("minStock", "2147483648", "minStock must be at most 2147483647."),
        ("initialStock", "ten", "initialStock 'ten' is not a whole number."),
        ("location", "NOWHERE", "There is no location with the code 'NOWHERE'."),
        ("location", "x" * 33, "location has 33 characters; at most 32 are allowed."),
        ("initialStock", "-3", "initialStock must be at least 0, not -3."),
        ("category", "#N/A", "category '#N/A' is a spreadsheet's error, not a value."),
        ("deletedAt", "no", "deletedAt 'no' is not an instant like 2026-01-31T12:00:00Z."),
        ("category", "x" * 256, "category has 256 characters; at most 255 are allowed."),
        ("barcode", "4\x0050", "barcode holds control characters."),
    ],
)
async def test_a_cell_that_breaks_its_rule_is_told_with_its_line_and_field(
    services: Services, column: str, cell: str, said: str
) -> None:
    text = f"sku,name,{column}\nA,Good,\nB,Bad,{cell}\nC,Good,\n"
    taken = await take(services, text)
    assert taken.told == [f"3: {said}"]
    assert taken.bad[0].faults[0].field == column
    assert taken.counts == counts(created=2, bad=1)


@pytest.mark.parametrize("cell", ["12", "12.", "12.5", ".5", "+3.1", "18.0000000", " 7 "])
async def test_numbers_are_read_as_people_and_programs_write_them(
    services: Services, cell: str
) -> None:
    assert (await take(services, f"sku,name,price\nA,X,{cell}\n")).counts == counts(created=1)


async def test_a_whole_number_may_come_with_its_zeros(services: Services) -> None:
    await take(services, "sku,name,minStock\nA,X,12.0\n")
    assert (await find(services, "A")).min_stock == 12


async def test_everything_that_is_wrong_in_a_row_is_told_at_once(services: Services) -> None:
    taken = await take(services, "sku,name,price,minStock\n,,x,-1\n")
    assert [fault.field for fault in taken.bad[0].faults] == ["price", "sku", "minStock"]


async def test_a_sku_that_stands_twice_counts_once_wherever_it_stands_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 2)
    taken = await take(
        services, HEADER + "A,One,1\na,Two,2\nB,Three,3\nC,Bad,x\n A ,Four,4\nc,5,5\n"
    )
    assert taken.told == [
        "3: SKU 'a' stands in line 2 already.",
        "5: price 'x' is not a number like 12.50.",
        "6: SKU 'A' stands in line 2 already.",
        "7: SKU 'c' stands in line 5 already.",
    ]
    assert (await find(services, "A")).name == "One"


async def test_the_sku_of_a_deleted_item_is_refused_with_what_to_do(services: Services) -> None:
    await take(services, HEADER + "A,One,1\n")
    item = await find(services, "A")
    await services.of(Items).remove(ItemRemoval(item.id, None, None, True))
    taken = await take(services, HEADER + "a,One,1\nB,Two,2\n")
    assert taken.counts == counts(created=1, bad=1)
    assert "belongs to the deleted item" in taken.told[0]
    assert "Choose another SKU" in taken.told[0]


BARCODES = "sku,name,barcode\n"


@pytest.mark.parametrize("rows_per_command", [1, 2, 200])
async def test_barcodes_go_to_whom_the_lines_give_them_in_order(
    services: Services, monkeypatch: pytest.MonkeyPatch, rows_per_command: int
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", rows_per_command)
    await take(services, BARCODES + "A,A,1\nB,B,2\nC,C,3\nD,D,4\n")
    await services.of(Items).remove(ItemRemoval((await find(services, "D")).id, None, None, True))
    text = BARCODES + (
        "A,A,5\n"  # gives up 1
        "N,N,1\n"  # which a new item takes
        "B,B,3\n"  # C has it: refused
        "C,C,\n"  # gives up 3
        "M,M,3\n"
        "O,O,5\n"  # A has it by now: refused
        "P,P,4\n"  # the deleted item has given it free
        "Q,Q,6\nR,R,6\n"  # twice in the file: refused the second time
    )
    checked = await take(services, text, dry_run=True)
    taken = await take(services, text)
    assert taken.told == [
        "4: Barcode '3' belongs to the item with SKU 'C'.",
        "7: Barcode '5' belongs to the item with SKU 'A'.",
        "10: Barcode '6' belongs to the item with SKU 'Q'.",
    ]
    assert checked.told == taken.told
    assert checked.counts == taken.counts == counts(created=4, updated=2, bad=3)
    assert [(await find(services, sku)).barcode for sku in "ABCMNPQ"] == [
        "5", "2", None, "3", "1", "4", "6",
    ]  # fmt: skip


async def test_barcodes_of_a_file_compare_as_gtins_and_leave_the_other_ones(
    services: Services,
) -> None:
    await take(services, BARCODES + "A,A,4006381333931\n")
    item = await find(services, "A")
    more = [WantedBarcode("4006381333931"), WantedBarcode("BOX", 12)]
    await services.of(Items).change(change(item, barcodes=more))
    text = BARCODES + (
        "B,B,04006381333931\n"  # A's, with a zero in front
        "C,C,BOX\n"  # A's second one
        "D,D,036000291452\nE,E,0036000291452\n"  # one, within the file
        "A,A,4006381333931\n"
    )
    for dry_run in (True, False):
        taken = await take(services, text, dry_run=dry_run)
        assert taken.lines == [2, 3, 5]
        assert taken.counts == counts(created=1, unchanged=1, bad=3)
    await take(services, BARCODES + "A,A,NEW\n")
    assert [one.code for one in (await find(services, "A")).barcodes] == ["NEW", "BOX"]
    await take(services, BARCODES + "A,A,\nB,B,BOX\n")
    assert (await find(services, "A")).barcodes == ()


async def test_a_barcode_in_groups_is_that_of_its_digits_in_a_file_too(services: Services) -> None:
    book = "978-3-16-148410-0"
    taken = await take(services, BARCODES + f"A,A,{book}\nB,B,9783161484100\nC,C,12-3456-70\n")
    assert (taken.counts, taken.lines) == (counts(created=2, bad=1), [3])
    assert (await find(services, "A")).barcode == book, "it is shown as it was written"
    for code in ("9783161484100", "978 3 16 148410 0"):  # A writes its own otherwise
        again = await take(services, BARCODES + f"A,A,{code}\n")
        assert again.counts == counts(updated=1)
        assert (await find(services, "A")).barcode == code
        await assert_sound(services)


async def test_a_file_does_not_write_a_double_barcode_as_its_holder_does(
    services: Services,
) -> None:
    """As migration 0185 leaves two items of which one has the other's barcode in groups."""
    await take(services, BARCODES + "A,A,9783161484100\nB,B,tmp\n")
    write, item = services.database.writing.change, await find(services, "B")
    in_groups = "978-3-16-148410-0"
    await write("UPDATE item SET barcode = ? WHERE id = ?", in_groups, item.id)
    await write("UPDATE item_barcode SET key = ? WHERE key = 'tmp'", f" {in_groups}")
    assert (await take(services, BARCODES + f"B,B 2,{in_groups}\n")).counts == counts(updated=1)
    taken = await take(services, BARCODES + "B,B,9783161484100\n")
    assert taken.told == ["2: Barcode '9783161484100' belongs to the item with SKU 'A'."]
    await take(services, BARCODES + "A,A,\nB,B,9783161484100\n")
    rows = await services.reading.rows("SELECT key, item_id FROM item_barcode")
    assert [tuple(row) for row in rows] == [("09783161484100", item.id)]


async def test_a_wrong_check_digit_is_noted_and_taken_over(services: Services) -> None:
    text = BARCODES + "A,A,4006381333931\nB,B,4006381333930\n"
    taken = await take(services, text)
    (odd,) = taken.odd
    assert (odd.line, taken.counts) == (3, counts(created=2))
    assert "check digit" in str(odd)
    assert (await take(services, text)).odd == [], "nothing was written"


async def test_stock_goes_to_the_location_of_the_row(services: Services) -> None:
    shop = await services.of(Locations).create(NewLocation("SHOP", "Shop"))
    await take(services, "sku,name,initialStock,location\nA,A,5,shop\nB,B,6,\n")
    assert (await find(services, "A")).level_quantities == {shop.id: 5}
    assert (await find(services, "B")).level_quantities == {1: 6}


async def test_unknown_locations_are_made_when_asked_for(services: Services) -> None:
    text = (
        "sku,name,initialStock,location\nA,A,5,Shop\nB,B,6,SHOP\nC,C,x,Elsewhere\n"
        "D,D,0,Nothing\nE,E,,Blank\nF,,3,Unnamed\n"
    )
    checked = await take(services, text, create_locations=True, dry_run=True)
    assert [location.code for location in await services.of(Locations).all()] == ["MAIN"]
    taken = await take(services, text, create_locations=True)
    assert checked.counts == taken.counts == counts(created=4, bad=2)
    assert [location.code for location in await services.of(Locations).all()] == ["MAIN", "Shop"]
    again = "sku,initialStock,location\nA,5,Attic\nB,,Cellar\n"
    taken = await take(services, again, create_locations=True)
    assert taken.counts == counts(unchanged=1, bad=1), "A has nothing in an attic"
    assert [location.code for location in await services.of(Locations).all()] == ["MAIN", "Shop"]
    await assert_sound(services)


# counts of items that stand


@pytest.mark.parametrize(
    ("row", "is_taken"),
    [
        ("A,5,SHOP", True),
        ("A,3,MAIN", True),
        ("A,8,", True),
        ("A,,", True),
        ("A,,SHOP", True),
        ("A,5,", False),
        ("A,8,SHOP", False),
        ("A,0,", False),
    ],
)
async def test_a_count_that_is_not_what_the_item_has_is_a_bad_row_unless_it_is_to_be_ignored(
    services: Services, row: str, is_taken: bool
) -> None:
    """It was left out in silence: 7,777 counted pieces, exit code 0."""
    shop = await services.of(Locations).create(NewLocation("SHOP", "Shop"))
    await take(services, "sku,name,initialStock,location\nA,Old,5,SHOP\n")
    item = await find(services, "A")
    await move(services, item, 3)
    text = f"sku,initialStock,location,name\n{row},New\n"
    checked = await take(services, text, dry_run=True)
    taken = await take(services, text)
    assert checked.counts == taken.counts == counts(updated=is_taken, bad=not is_taken)
    assert checked.told == taken.told
    if not is_taken:
        assert "is not booked: 'A' exists, with a stock of" in taken.told[0]
        assert (await find(services, "A")).name == "Old"
        taken = await take(services, text, ignore_stock=True)
        assert taken.counts == ImportCounts(updated=1, stock_ignored=1)
    found = await find(services, "A")
    assert (found.name, found.level_quantities) == ("New", {shop.id: 5, 1: 3})
    await assert_sound(services)


async def test_a_name_is_needed_for_new_items_only(services: Services) -> None:
    await take(services, "sku,name\nA,Widget\n")
    taken = await take(services, "sku,price\nA,3\nB,3\n")
    assert taken.told == ["3: 'B' is new: name is needed."]
    taken = await take(services, "sku,name,price\nA,,4\nB,,4\n")
    assert taken.told == ["3: 'B' is new: name is needed."]
    item = await find(services, "A")
    assert (item.name, item.price) == ("Widget", 40_000)


@pytest.mark.parametrize("column", ["sku", "barcode"])
@pytest.mark.parametrize("cell", ["1.23457E+11", '"4,00639E+12"', "4e+12"])
async def test_what_a_spreadsheet_has_rounded_is_no_barcode(
    services: Services, column: str, cell: str
) -> None:
    columns = {"sku": "B", "name": "Bad", "barcode": ""} | {column: cell}
    taken = await take(services, f"sku,name,barcode\n{','.join(columns.values())}\n")
    assert taken.lines == [2]
    assert "is a number that a spreadsheet (Excel) has rounded" in taken.told[0]
    good = await take(services, "sku,name,barcode\n1E5,Good,4006390000012\n12E+5,Good,\n")
    assert good.counts == counts(created=2)


async def test_an_archived_item_stays_archived_and_one_of_an_export_comes_so(
    services: Services,
) -> None:
    text = "sku,name,price,archivedAt\nA,One,1,\nB,Two,2,2026-01-31T12:00:00.000000Z\n"
    assert (await take(services, text)).counts == ImportCounts(created=2)
    one, two = await find(services, "A"), await find(services, "B")
    assert (one.archived_at, two.archived_at) == (None, two.created_at)
    await services.of(Items).archive(ItemArchival(one.id, None, None, sees_admins=True))
    archived_at = (await find(services, "A")).archived_at
    text = text.replace("One,1", "One,3")
    for dry_run, updated in ((True, 1), (False, 1), (False, 0)):
        found = await take(services, text, dry_run=dry_run)
        assert found.counts == ImportCounts(updated=updated, unchanged=2 - updated, archived=2)
    one = await find(services, "A")
    assert (one.price, one.archived_at) == (30_000, archived_at)
    await assert_sound(services)


async def test_a_deleted_item_of_an_export_stays_deleted(services: Services) -> None:
    text = "sku,name,initialStock,deletedAt\nA,One,4,2026-01-31T12:00:00.000000Z\nB,Two,,\n"
    taken = await take(services, text)
    assert taken.counts == ImportCounts(created=1, deleted=1)
    await take(services, "sku,name\nA,One\n")
    taken = await take(services, text)
    assert taken.told == ["2: The item 'A' is not deleted here: delete it there."]
    item = await find(services, "A")
    await services.of(Items).remove(ItemRemoval(item.id, None, None, True))
    assert (await take(services, text)).counts == ImportCounts(unchanged=1, deleted=1)


# rows that are no rows


async def test_a_row_begins_on_the_line_that_is_told(services: Services) -> None:
    text = (
        "sku,name,description,price\r\n"
        'A,One,"two\r\nlines",1\r\n'
        "\r\n"
        "B,Two,,x\r\n"
        'C,Three,"a\n\n\nb",x\r\n'
        ",,,\r\n"
        "D,Four,,x\r\n"
    )
    taken = await take(services, text)
    assert taken.lines == [5, 6, 11]
    assert (await find(services, "A")).description == "two\r\nlines"


async def test_lines_may_end_as_they_did_on_old_machines(services: Services) -> None:
    taken = await take(services, "sku,name,price\rA,One,1\rB,Two,x\r")
    assert taken.counts == counts(created=1, bad=1)
    assert taken.lines == [3]


async def test_a_row_may_lack_blank_cells_or_have_more_of_them_but_no_others(
    services: Services,
) -> None:
    taken = await take(services, HEADER + "A,One\nB,Two, with comma,2\nC,Three,3,, \n")
    assert taken.told == ["3: The row has 4 cells, the header 3 columns."]
    assert taken.counts.created == 2


async def test_a_broken_quotation_costs_its_own_lines_only(services: Services) -> None:
    text = HEADER + 'A,"One" inch,1\nB,"Two,2\nC,"Three",3\nD,5" pipe,4\nE,"Five ""5""",5\n'
    taken = await take(services, text)
    assert taken.told == [
        "2: Text after a closing quote; a quote inside quotes is doubled.",
        "3: Text after a closing quote; a quote inside quotes is doubled (lines 3 to 4).",
    ]
    assert [(await find(services, sku)).name for sku in "DE"] == ['5" pipe', 'Five "5"']


async def test_a_quotation_that_never_ends_is_told_where_it_begins(services: Services) -> None:
    taken = await take(services, HEADER + 'A,One,1\nB,"Two,2\nC,Three,3\n')
    assert taken.told == ["3: A quotation begins and never ends (lines 3 to 4)."]
    assert taken.counts == counts(created=1, bad=1)


async def test_a_cell_beyond_all_measure_is_a_bad_row(services: Services) -> None:
    taken = await take(services, HEADER + f"A,{'x' * 140_000},1\nB,Two,2\n")
    assert taken.told == ["2: A cell is too long; a closing quote may be missing."]
    assert taken.counts == counts(created=1, bad=1)


async def test_a_line_beyond_all_measure_is_no_table(services: Services) -> None:
    with pytest.raises(UnreadableFile, match="Line 2 has more than 1048576 characters"):
        await take(services, HEADER.encode() + b"\0" * 3_000_000)


async def test_nul_bytes_spoil_their_row_only(services: Services) -> None:
    taken = await take(services, HEADER + "A,O\0ne,1\nB,Two,2\0\nC,Three,3\n")
    assert taken.told == [
        "2: name holds control characters.",
        "3: price '2\\x00' is not a number like 12.50.",
    ]
    assert taken.counts == counts(created=1, bad=2)


# headers


@pytest.mark.parametrize(
    "header",
    [
        "sku,name,minStock",
        "\ufeffsku,name,minStock",
        "SKU,Name,min_stock",
        " sku , name ,Min Stock",
        '"sku","name","minStock"',
        '"sku";"name";"minStock"',
        "sku;name;minStock",
        "sku\tname\tMINSTOCK",
        "\n\nsku|name|min-stock",
    ],
)
async def test_headers_are_taken_as_they_are_written(services: Services, header: str) -> None:
    delimiter = next(d for d in ",;\t|" if d in header)
    taken = await take(services, f"{header}\n{delimiter.join(('A', 'One', '7'))}\n")
    assert taken.counts == counts(created=1)
    assert (await find(services, "A")).min_stock == 7


async def test_columns_are_found_by_the_names_that_are_given(services: Services) -> None:
    columns = {"sku": "Product Number", "price": "List", "barcode": ""}
    text = "ProductNumber,Name,List,barcode,Colour\nA,One,5,123,red\n"
    assert (await take(services, text, columns=columns)).counts == counts(created=1)
    item = await find(services, "A")
    assert (item.price, item.barcode) == (50_000, None)
    assert Table(io.BytesIO(text.encode()), "utf-8", columns).header.unused == [
        "barcode",
        "Colour",
    ]


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("", {}, "The file is empty: its first line must name the columns."),
        ("\ufeff", {}, "The file is empty: its first line must name the columns."),
        ("\n\r\n ,\n", {}, "The file is empty: its first line must name the columns."),
        (
            "id,title,price\n1,x,2\n",
            {},
            "The file has no column for sku. Its columns are: id, title, price.",
        ),
        (
            "id;sku\n",
            {"price": "Cost", "sku": "Number"},
            "The file has no column for sku ('Number'), price ('Cost'). Its columns are: id, sku.",
        ),
        ("sku,name,SKU,Sku\n", {"sku": "s_k_u"}, "The column 's_k_u' stands twice in the header."),
        ("sku,name,name\n", {}, "The column 'name' stands twice in the header."),
        ('sku,"name\nA,B\n', {}, "Line 1, the header: A quotation begins and never ends"),
        ("PK\x03\x04,x\n", {}, "This is a damaged ZIP archive or workbook, not a CSV or XLSX file"),
        ("sku,name,min_stock,minStock\n", {}, "The column 'minStock' stands twice in the header."),
        (
            "sku,title\n",
            {"name": "sku"},
            "The column 'sku' stands for two fields, name and sku: a column stands for one.",
        ),
        (
            "sku,name,count\n",
            {"minStock": "count", "initialStock": "count"},
            "The column 'count' stands for two fields, minStock and initialStock",
        ),
    ],
)
def test_a_header_that_does_not_do_is_told(text: str, columns: dict[str, str], said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        Table(io.BytesIO(text.encode()), "utf-8", columns)
    assert refused.value.in_shell.startswith(said)


def test_a_header_is_told_within_measure() -> None:
    with pytest.raises(MissingColumns) as refused:
        Table(io.BytesIO(",".join(["x" * 500] * 500).encode()), "utf-8", {})
    assert len(refused.value.message) < 1_200
    assert "and 480 more" in refused.value.message


async def test_a_file_with_a_header_only_is_no_fault(services: Services) -> None:
    assert (await take(services, HEADER)).counts == counts()


# encodings


async def test_a_file_that_is_not_utf8_is_told_before_anything_is_written(
    services: Services,
) -> None:
    text = (HEADER + "A,One,1\r\nB,Two,2\nC,Kühler,3\n").encode("latin-1")
    with pytest.raises(WrongEncoding, match="Line 4 is not UTF-8 text: byte 0xFC"):
        await take(services, text)
    assert (await services.log.head()).position == 0
    assert (await take(services, text, encoding="latin-1")).counts == counts(created=3)
    assert (await find(services, "C")).name == "Kühler"


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1_000])
def test_the_wrong_byte_is_told_with_its_line_wherever_a_block_ends(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", block)
    good = "sku,name\r\nA,é€😀\rB,x\nC,".encode()
    with pytest.raises(WrongEncoding, match="Line 4 is not UTF-8 text: byte 0xFF"):
        Table(io.BytesIO(good + b"\xffx\n"), "utf-8", {})


def test_text_that_breaks_off_within_a_character_is_told() -> None:
    with pytest.raises(WrongEncoding, match="Line 2 is not UTF-8 text: byte 0xE2"):
        Table(io.BytesIO("sku,name\nA,€".encode()[:-1]), "utf-8", {})


async def test_utf16_is_told_and_read_when_asked_for(services: Services) -> None:
    text = (HEADER + "A,Kühler,1\n").encode("utf-16")
    with pytest.raises(WrongEncoding):
        await take(services, text)
    with pytest.raises(WrongEncoding, match="NUL characters"):
        await take(services, HEADER.encode("utf-16-le"))
    assert (await take(services, text, encoding="UTF-16")).counts == counts(created=1)


@pytest.mark.parametrize("family", ["utf-16", "utf-32"])
@pytest.mark.parametrize("order", ["-le", "-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_utf16_and_utf32_are_read_in_either_order_with_and_without_a_mark(
    services: Services, family: str, order: str, mark: str
) -> None:
    """Without a mark Python raises what is no UnicodeDecodeError."""
    text = (mark + HEADER + "A,Молоток слесарный,1\n").encode(family + order)
    assert "try --encoding utf-" in in_shell(encoding_advice(io.BytesIO(text)))
    for encoding in (family, family + order):
        columns = {"name": "name"}
        await take(services, text, encoding=encoding, columns=columns)
        assert (await find(services, "A")).name == "Молоток слесарный"


async def test_what_is_neither_is_told_as_such(services: Services) -> None:
    for encoding in ("utf-16", "utf-32"):
        with pytest.raises(WrongEncoding, match=f"not {encoding.upper()}"):
            await take(services, HEADER + "A,One,1\n", encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Молоток слесарный"),
        ("koi8_r", "Молоток слесарный"),
        ("cp866", "Молоток слесарный"),
        ("cp1250", "Žluťoučký kůň šroubovák"),
        ("cp1252", "Kühler"),
        ("cp932", "ハンマー 大"),
        ("gb18030", "锤子大号"),
        ("big5", "錘子大號"),
        ("cp949", "망치 큰것"),
        ("cp1253", "Σφυρί μεγάλο"),
        ("cp1254", "Çekiç büyük ışık"),
        ("cp1256", "مطرقة كبيرة"),
    ],
)
def test_the_encoding_that_is_advised_first_is_the_right_one(encoding: str, text: str) -> None:
    advice = in_shell(encoding_advice(io.BytesIO(f"sku,name\nA,{text}\n".encode(encoding))))
    assert advice.startswith(f"Try --encoding {encoding} if {text!r} is right")
    assert "latin-1" not in advice


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.bin"), "an XLSB workbook (Excel)"),
        (zipped("mimetype", "content.xml"), "an ODS workbook (LibreOffice)"),
        (zipped("items.csv"), "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an XLS workbook (Excel)"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html><html>", "an HTML page"),
        ("\ufeff<html>".encode("utf-16-le"), "an HTML page"),
        (b'<?xml version="1.0"?>', "an XML file"),
        (b'[{"sku": "A"}]', "a JSON file"),
        (b"\x1f\x8b\x08", "a gzip archive"),
    ],
)
def test_a_file_of_another_kind_is_told_by_its_kind(content: bytes, said: str) -> None:
    for encoding in ("utf-8", "latin-1", "utf-16"):
        with pytest.raises(UnreadableFile) as refused:
            Table(io.BytesIO(content), encoding, {})
        assert refused.value.message.startswith(f"This is {said}, not a CSV or XLSX file: ")


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "hex"])
def test_an_encoding_that_is_none_is_told(encoding: str) -> None:
    with pytest.raises(UnreadableFile, match="There is no encoding"):
        Table(io.BytesIO(b"sku,name\n"), encoding, {})


# strict, dry runs, interruptions


async def test_strict_writes_nothing_if_the_last_row_is_bad(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 2)
    good = HEADER + "A,One,1\nB,Two,2\nC,Three,3\n"
    refused = await take(services, good + "D,Four,x\n", strict=True)
    assert refused.told == ["5: price 'x' is not a number like 12.50."]
    assert set(refused.phases) == {Phase.CHECKING}
    assert (await services.log.head()).position == 0
    taken = await take(services, good, strict=True)
    assert taken.counts == counts(created=3)
    assert set(taken.phases) == {Phase.CHECKING, Phase.WRITING}


async def test_a_dry_run_tells_what_would_be_and_writes_nothing(services: Services) -> None:
    await take(services, HEADER + "A,One,1\nB,Two,2\n")
    before = await services.log.head()
    text = HEADER + "A,One,1\nB,Two,3\nC,Three,3\nD,Four,x\n"
    checked = await take(services, text, dry_run=True)
    assert (await services.log.head()) == before
    assert checked.counts == counts(created=1, updated=1, unchanged=1, bad=1)
    assert (await take(services, text)).counts == checked.counts


async def test_an_import_that_is_stopped_goes_on_from_there_with_the_same_file(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 2)
    plain = type(services.writer).submit
    calls = 0

    async def failing(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("disk full")
        return await plain(*arguments)

    monkeypatch.setattr(type(services.writer), "submit", failing)
    text = HEADER + "A,One,1\nB,Two,2\nC,Three,3\nD,Four,4\nE,Five,5\n"
    with pytest.raises(ImportStopped, match=r"stopped at line 4.*disk full"):
        await take(services, text)
    assert (await take(services, text)).counts == counts(created=3, unchanged=2)


async def test_progress_is_told_after_each_command_up_to_the_end(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_PER_COMMAND", 100)
    text = HEADER + "".join(f"S{i},Item {i},1\n" for i in range(250))
    table = Table(io.BytesIO(text.encode()), "utf-8", {})
    importing = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    told = [progress async for progress in importing.run(table)]
    assert [progress.counts.rows for progress in told] == [100, 200, 250]
    assert told[-1].bytes_done == table.size == len(text)


# real files


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        if in_ci():
            pytest.fail(f"{path} is not there, and this is CI")
        pytest.skip(f"{path} is not there")
    return path


async def take_real(services: Services, path: Path) -> Taken:
    content = await asyncio.to_thread(path.read_bytes)
    return await take(services, content, folder=path.parent)


async def test_northwind_comes_in_whole(services: Services) -> None:
    file = real("northwind/products.csv")
    assert (await take_real(services, file)).counts == counts(created=77)
    chai = await find(services, "1")
    assert (chai.name, chai.category, chai.unit) == ("Chai", "Beverages", "10 boxes x 20 bags")
    assert (chai.price, chai.stock, chai.min_stock) == (180_000, 39, 10)
    row = await services.database.reading.row("SELECT sum(stock), count(*) FROM item")
    assert row is not None
    assert tuple(row) == (3_119, 77)
    await assert_sound(services)
    assert (await take_real(services, file)).counts == counts(unchanged=77)


async def test_northwind_comes_in_by_names_alone(services: Services) -> None:
    file = real("northwind/products.csv")
    columns = {"sku": "productID", "name": "productName", "price": "unitPrice"}
    assert (await take(services, file.read_bytes(), columns=columns)).counts == counts(created=77)


async def test_adventureworks_comes_in_whole(services: Services) -> None:
    file = real("adventureworks/Product.csv")
    assert (await take_real(services, file)).counts == counts(created=504)
    bike = await find(services, "BK-R93R-62")
    assert (bike.name, bike.category) == ("Road-150 Red, 62", "Road Bikes")
    assert (bike.price, bike.cost, bike.min_stock) == (35_782_700, 21_712_942, 75)
    await assert_sound(services)
    assert (await take_real(services, file)).counts == counts(unchanged=504)


async def test_a_lookup_without_the_key_is_a_bad_row(services: Services) -> None:
    text = "sku,name,category\nA,One,1\nB,Two,9\nC,Three,\n"
    taken = await take(services, text, lookups={"category": {"1": "Tools"}})
    assert taken.told == ["3: category '9' stands for nothing in its lookup file."]
    assert (await find(services, "A")).category == "Tools"
