"""Counts of a file that nothing is booked of: told, never passed over; and once what was lacking is
there, the file is taken again without booking a row twice."""

from __future__ import annotations

import io

import pytest

from graphql_api.files.faults import UnreadableFile
from graphql_api.files.tables import Table
from graphql_api.imports.starting import STOCK, Wanted
from graphql_api.imports.stock import StockCounts
from graphql_api.imports.stock_tables import StockMode, stock_table, unread_places
from graphql_api.inventory.locations import Locations
from graphql_api.said import in_shell
from graphql_api.services import Services
from tests.builders import MAIN, make_item, make_location
from tests.imports.test_shop_files import previewed
from tests.imports.test_stock import ADD, COUNT, levels, take
from tests.invariants import assert_sound

WIDE = "sku,name,MAIN,CELLAR,Weight,Total\nA,x,6,9,,15\nB,y,1,0,0.0,1\nC,z,2,,n/a,2\n"
LOST = [
    "2: There is no location with the code 'CELLAR'. create-location makes it; "
    "--map 'CELLAR=' leaves the column out."
]


@pytest.mark.parametrize("mode", [COUNT, ADD])
async def test_a_number_in_a_column_of_a_location_that_is_not_there_is_told_and_not_lost(
    services: Services, mode: StockMode
) -> None:
    """It was told that the column "stands for nothing", the rest of the row was booked, and once
    the location had been made, the same file booked every row again."""
    a = await make_item(services, "A", initial_stock=0)
    b, c = [await make_item(services, sku, initial_stock=0) for sku in "BC"]
    taken = await take(services, WIDE, mode)
    assert (taken.counts, taken.told) == (StockCounts(booked=2, bad=1), LOST)
    assert await levels(services, a) == {}, "a row is booked whole or not at all"
    cellar = await make_location(services, "CELLAR")
    assert (await take(services, WIDE, mode)).counts == StockCounts(booked=1, already=2)
    assert await levels(services, a) == {MAIN: 6, cellar.id: 9}
    assert (await levels(services, b), await levels(services, c)) == ({MAIN: 1}, {MAIN: 2})
    await assert_sound(services)


@pytest.mark.parametrize(
    "number",
    [
        "7", "7.5", "1,234", "-3", " 12 ", "0.5", "12 pcs", "5 Stk", "1 000", "1'000", "(5)",
        "１２", "5-", "$5", "5,-", "+5",
    ],
)  # fmt: skip
async def test_any_number_counts_as_lost(services: Services, number: str) -> None:
    """Those that only the reader of a location's column knew for counts were lost."""
    await make_item(services, "A")
    text = f'sku,MAIN,CELLAR\nA,6,"{number}"\n'
    assert (await take(services, text, COUNT)).told == LOST


@pytest.mark.parametrize("column", ["Store", "Warehouse", "Lagerort"])
async def test_a_number_below_a_word_for_a_location_is_no_place_and_is_not_lost(
    services: Services, column: str
) -> None:
    await make_item(services, "A")
    (told,) = (await take(services, f"sku,MAIN,{column}\nA,5,7\n", COUNT)).told
    assert told.startswith(f"2: There is no location with the code '{column}'.")
    assert (await take(services, f"sku,MAIN,{column}\nA,5,Shelf 7\n", COUNT)).told == []


async def test_a_column_is_of_the_location_whose_code_it_is_and_of_no_other(
    services: Services,
) -> None:
    """Headers were compared without their signs, so the counts of 11 were booked at 1-1."""
    a = await make_item(services, "A", initial_stock=0)
    await make_location(services, "1-1")
    (told,) = (await take(services, "sku,MAIN,11\nA,5,7\n", COUNT)).told
    assert told.startswith("2: There is no location with the code '11'.")
    places = [(await make_location(services, code)).id for code in ("A1-1", "A-11", "A-1", "A1")]
    taken = await take(services, "sku,a1-1,A-11,Ａ-1,A1\nA,1,2,3,4\n", COUNT)
    assert (taken.counts.booked, taken.told) == (1, [])
    assert await levels(services, a) == dict(zip(places, (1, 2, 3, 4), strict=True))
    assert (await take(services, "sku,A1\nA,9\n", COUNT)).counts.booked == 1
    assert await levels(services, a) == dict(zip(places, (1, 2, 3, 9), strict=True))
    with pytest.raises(UnreadableFile, match="The column 'A1' stands twice in the header"):
        await take(services, "sku,A1,a1\nA,1,2\n", COUNT)


async def test_a_code_that_is_a_word_for_something_else_heads_no_other_column(
    services: Services,
) -> None:
    price = await make_location(services, "price")
    everywhere = await services.of(Locations).all()
    table = stock_table(io.BytesIO(b"sku,MAIN,Preis\nA,5,7\n"), "utf-8", {}, everywhere)
    assert price.id not in table.places.values()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Price", "3"), ("Einkaufspreis", "3"), ("Total:", "9"), ("合計", "9"), ("min stock", "3"),
        ("Stock on hand", "3"), ("Remarks", "12"), ("Shelf label", "A7"), ("CELLAR", "0"),
        ("CELLAR", "0,00"), ("CELLAR", "-"), ("CELLAR", ""), ("", "5"),
    ],
)  # fmt: skip
async def test_what_is_of_something_else_or_says_no_number_is_in_no_rows_way(
    services: Services, column: str, cell: str
) -> None:
    await make_item(services, "A", initial_stock=0)
    taken = await take(services, f'sku,MAIN,{column}\nA,6,"{cell}"\n', COUNT)
    assert (taken.counts, taken.told) == (StockCounts(booked=1), [])


async def test_a_column_is_left_out_by_who_says_so(services: Services) -> None:
    a = await make_item(services, "A", initial_stock=0)
    taken = await take(services, "sku,MAIN,CELLAR\nA,6,9\n", COUNT, columns={"CELLAR": ""})
    assert (taken.counts, taken.told) == (StockCounts(booked=1), [])
    assert await levels(services, a) == {MAIN: 6}
    Wanted(STOCK, COUNT, {"CELLAR": ""}).check()


async def test_the_preview_tells_what_would_be_lost(services: Services) -> None:
    await make_item(services, "A")
    seen = await previewed(services, "sku,MAIN,CELLAR\nA,6,9\n")
    assert [(row.outcome, row.problems) for row in seen.rows] == [
        ("BAD", ["There is no location with the code 'CELLAR'."])
    ]


async def test_lines_of_older_versions_are_known_again(services: Services) -> None:
    """They were known by which locations there were, the one for other rows, and --decimal."""
    await make_item(services, "A", initial_stock=0)
    everywhere = await services.of(Locations).all()
    for text, place in (("sku,MAIN\nA,6\n", None), ("sku,quantity,location\nA,6,MAIN\n", MAIN)):
        assert (await take(services, text, ADD, location_id=place)).counts.booked == 1
        table = stock_table(io.BytesIO(text.encode()), "utf-8", {}, everywhere)
        older = table.identities(ADD, place, None)[-1]
        await services.database.writing.change("UPDATE stock_line SET file_hash = ?", older)
        assert (await take(services, text, ADD, location_id=place)).counts == StockCounts(already=1)


@pytest.mark.parametrize("shape", ["sku,quantity,location\nA,6,MAIN\n", "sku,MAIN\nA,6\n"])
async def test_a_location_for_other_rows_makes_no_other_file_of_rows_that_name_theirs(
    services: Services, shape: str
) -> None:
    a, shop = await make_item(services, "A", initial_stock=0), await make_location(services)
    for booked, location_id in ((1, None), (0, MAIN), (0, shop.id)):
        assert (await take(services, shape, ADD, location_id=location_id)).counts.booked == booked
    assert await levels(services, a) == {MAIN: 6}
    unnamed = "sku,quantity\nA,1\n"
    for booked, location_id in ((1, MAIN), (1, shop.id), (0, shop.id)):
        taken = await take(services, unnamed, ADD, location_id=location_id)
        assert taken.counts.booked == booked, "where it goes is how it is read"
    await assert_sound(services)


@pytest.mark.parametrize(
    ("quantity", "decimal", "is_same"),
    [("6", ".", True), ("6", ",", True), ("1.5", ".", True), ("1.500", ".", False)],
)
async def test_a_decimal_sign_makes_another_file_where_it_changes_what_is_read(
    quantity: str, decimal: str, is_same: bool
) -> None:
    source = io.BytesIO(f"sku;quantity\nA;{quantity}\n".encode())
    found = stock_table(source, "utf-8", {}, ())
    asked = stock_table(source, "utf-8", {}, (), decimal=decimal)
    known = found.identities(ADD, None, None)[0] in asked.identities(ADD, None, None)
    assert known is is_same


async def test_columns_of_locations_that_are_not_read_are_told_with_the_way_out(
    services: Services,
) -> None:
    everywhere = [*await services.of(Locations).all(), await make_location(services, "Shop")]
    long = stock_table(
        io.BytesIO(b"sku,quantity,shop,main,name\nA,1,2,3,x\n"), "utf-8", {}, everywhere
    )
    (doubt,) = long.doubts
    assert doubt == "quantity could be shop, main too" and in_shell(doubt).endswith(
        "and --wide reads such"
    )
    items = Table(io.BytesIO(b"sku,name,SHOP\nA,One,5\n"), "utf-8", {})
    (doubt,) = unread_places(items.header, everywhere, "initialStock", "import-stock reads such")
    assert in_shell(doubt).startswith("initialStock could be SHOP too: codes of locations head")
    seen = await previewed(services, "sku,name,SHOP\nA,One,5\n")
    assert "initialStock could be SHOP too" in seen.notes
    assert stock_table(io.BytesIO(b"sku,quantity\nA,1\n"), "utf-8", {}, everywhere).doubts == ()


@pytest.mark.parametrize("header", ["counted", "Quantity received", "Gezählt", "棚卸数"])
def test_what_was_counted_is_named_in_a_file_of_items_that_has_no_stock(header: str) -> None:
    notes = Table(io.BytesIO(f"sku,name,{header}\nA,One,5\n".encode()), "utf-8", {}).notes
    assert [in_shell(note) for note in notes] == [
        f"initialStock could be {header} too: --map initialStock=COLUMN says which"
    ]
