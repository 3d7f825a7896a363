"""How a file is read as a table, without a database: columns, structure, encodings, workbooks."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from graphql_api.files import workbooks
from graphql_api.files.faults import AmbiguousNumbers, MissingColumns, UnreadableFile, WrongEncoding
from graphql_api.files.lists import joined, pairs_of
from graphql_api.files.sheet_cells import UNCOMPUTED
from graphql_api.files.tables import Table
from graphql_api.said import in_shell


def table(content: str | bytes, columns: Mapping[str, str] | None = None, **how: Any) -> Table:
    raw = content.encode() if isinstance(content, str) else content
    return Table(io.BytesIO(raw), how.pop("encoding", None), columns or {}, **how)


def cells(content: str | bytes, **how: Any) -> list[dict[str, str]]:
    return [dict(row.cells) for row in table(content, **how).rows()]


# columns


@pytest.mark.parametrize(
    ("header", "columns", "found"),
    [
        # The field's own name before all others.
        ("Artikelnummer,SKU,Name", {}, {"sku": "SKU", "name": "Name"}),
        # The better word of two, and what was given before any.
        ("Ref,Item No,Title", {}, {"sku": "Item No", "name": "Title"}),
        ("Ref,Item No,Title", {"sku": "ref"}, {"sku": "Ref", "name": "Title"}),
        # A description is a name where there is none, but not in a file of this program.
        ("StockCode,Description,UnitPrice", {}, {"sku": "StockCode", "name": "Description"}),
        ("sku,description", {}, {"sku": "sku", "description": "description"}),
        # One column stands for one field; what stands beside a name says nothing.
        ("Article,Price (EUR),Qty [pcs]", {}, {"sku": "Article", "initialStock": "Qty [pcs]"}),
        ("SKU,Name,Name 2,Type,visible", {}, {"name": "Name", "category": "Type"}),
        ("SKU,Name,Units", {}, {"sku": "SKU", "unit": "Units"}),
        ("sku,unit,units", {}, {"sku": "sku", "unit": "unit", "units": "units"}),
        ("sku,name,Preis", {"price": ""}, {"sku": "sku", "name": "name"}),
        # A price with its tax behind it; one that is known whole is better.
        ("Art. Nr,VK1 netto,EK", {}, {"price": "VK1 netto", "cost": "EK"}),
        ("Art. Nr,VK Brutto,VK Netto", {}, {"price": "VK Netto"}),
        ("Art. Nr,Prix HT,Quantité nette", {}, {"price": "Prix HT"}),
    ],
)
def test_columns_are_found(header: str, columns: dict[str, str], found: dict[str, str]) -> None:
    made = table(f"{header}\n1,2,3\n", columns)
    by_name = {name: made.header.columns[at] for name, at in made.header.positions.items()}
    assert found.items() <= by_name.items()
    assert len(set(made.header.positions.values())) == len(made.header.positions)
    assert "" not in columns.values() or "price" not in by_name


def test_what_was_found_is_told_and_what_could_be_too() -> None:
    made = table('Item No,Artikelnummer,Title,Preis,Colour\nA,B,Saw,"1.234,50",red\n')
    assert [in_shell(note) for note in made.notes] == [
        "taken: sku from 'Item No', name from 'Title', price from 'Preis'",
        "sku could be Artikelnummer too: --map sku=COLUMN says which",
        "price '1.234,50' is read as 1234.50",
    ]
    assert table("sku,name,price\nA,Saw,12.50\n").notes == []


def test_a_file_that_half_matches_says_what_it_found_and_what_is_missing() -> None:
    with pytest.raises(MissingColumns) as refused:
        table("Foo,Title,Preis\n1,Saw,2\n")
    assert refused.value.missing == ("sku",)
    assert refused.value.in_shell == (
        "The file has no column for sku. Its columns are: Foo, Title, Preis. "
        "Known are: name in 'Title', price in 'Preis'."
    )
    with pytest.raises(UnreadableFile, match="'Preis' stands twice"):
        table("SKU,Preis,Preis\nA,1,2\n")
    with pytest.raises(UnreadableFile, match="1001 columns; at most 1000"):
        table("sku," * 1_000 + "name\n")


def test_a_named_preset_takes_its_own_columns_and_no_others() -> None:
    text = "seller-sku\titem-name\tprice\tdescription\nA\tSaw\t2\tx\n"
    assert cells(text, preset="amazon") == [{"sku": "A", "name": "Saw", "price": "2"}]
    with pytest.raises(MissingColumns, match="no column for sku"):
        table("number,name\nA,Saw\n", preset="shopify")


def test_columns_that_stand_for_nothing_can_be_attributes() -> None:
    text = "SKU,Name,Colour,Size\nA,Saw,red|blue,\nB,Axe,,L=1\n"
    assert [row["attributes"] for row in cells(text, keeps_rest=True)] == [
        "Colour=red\\|blue",
        "Size=L\\=1",
    ]


# structure


def test_a_file_without_a_header_has_its_columns_by_number() -> None:
    text = "A;Saw;1,50\nB;Axe;2,50\n"
    columns = {"sku": "1", "name": "2", "price": "3"}
    assert cells(text, columns=columns, has_header=False) == [
        {"sku": "A", "name": "Saw", "price": "1.50"},
        {"sku": "B", "name": "Axe", "price": "2.50"},
    ]
    with pytest.raises(MissingColumns, match=r"sku \('4'\)"):
        table(text, {"sku": "4"}, has_header=False)


@pytest.mark.parametrize(("lines", "is_found"), [(0, True), (19, True), (20, False)])
def test_the_header_is_found_within_twenty_lines(lines: int, is_found: bool) -> None:
    text = "Report;SKU list\n" * lines + "SKU;Name;Price\nA;Saw;2\n"
    if is_found:
        assert table(text).header.line == lines + 1
        assert cells(text) == [{"sku": "A", "name": "Saw", "price": "2"}]
    else:
        with pytest.raises(MissingColumns):
            table(text)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
def test_a_line_that_names_the_delimiter_is_obeyed(line: str) -> None:
    assert cells(f"{line}\r\nsku;name\r\nA;Saw, big\r\n") == [{"sku": "A", "name": "Saw, big"}]


def test_a_broken_row_is_kept_as_it_stands() -> None:
    rows = list(table('sku,name\nA,"x" y\nB,Axe,1\nC,Saw\n').rows())
    assert [row.record for row in rows] == [('A,"x" y',), ["B", "Axe", "1"], ["C", "Saw"]]
    assert [row.fault is None for row in rows] == [False, False, True]


def test_numbers_that_nothing_explains_are_refused_before_anything_is_written() -> None:
    text = 'sku,name,price\nA,Saw,"1,234"\nB,Axe,"2,500"\n'
    with pytest.raises(AmbiguousNumbers, match=r"'1,234' may be 1\.234 or 1234"):
        table(text)
    assert [row["price"] for row in cells(text, decimal=",")] == ["1.234", "2.500"]
    assert [row["price"] for row in cells(text, decimal=".")] == ["1234", "2500"]
    mixed = list(table(text + 'C,Pin,"1,5"\nD,Nut,1.5\n').rows())
    assert [bool(row.unread) for row in mixed] == [True, True, False, False]


# encodings


def test_what_was_spoilt_before_is_told() -> None:
    spoilt = "sku,name\nA,Saw\nB,MÃ¼ller\n"
    [note] = table(spoilt).notes
    assert note.startswith("line 3 has 'MÃ¼ller', which may have been 'Müller'")
    [note] = table("sku,name\nA,“Saw”\n".encode("cp1252"), encoding="latin-1").notes
    assert note.startswith("line 2 has the control character U+0093")
    assert table("sku,name\nA,Ãlvaro Äpfel\n").notes == []


def test_a_question_is_no_number() -> None:
    """ "In stock?" was taken for the stock: 1 for yes."""
    made = table("SKU,Имя,В наличии?,In stock？\nA,a,1,1\n")
    assert made.header.unused == ["В наличии?", "In stock？"]


def test_utf8_with_a_wrong_byte_is_told_and_not_read_as_something_else() -> None:
    content = "SKU;Name\nA;Müller\nB;Größe\nC;".encode() + b"M\xfcller\n"
    with pytest.raises(WrongEncoding, match="Line 4 is not UTF-8 text: byte 0xFC in it"):
        table(content)


def test_encodings_are_told_apart_where_they_differ_also_of_a_file_that_is_refused() -> None:
    """ "Kód" reads alike in both, and the note said nothing of the other."""
    made = table("Kód;Název;Cena\nA;Nářadí;1\n".encode("cp1250"))
    assert made.notes[0] == "it is read as cp1252 text ('Náøadí'); it could be cp1250 ('Nářadí')"
    with pytest.raises(MissingColumns) as refused:
        table("Kodas;Kaina\nŠaukštas;1\n".encode("cp1257"))
    assert "text ('Ðaukðtas'): choose another encoding" in str(refused.value.sentences[-1])


@pytest.mark.parametrize("name", ["10 µF", "3×4", '4½"', "£5"])
def test_signs_alone_are_no_words_of_another_script(name: str) -> None:
    """A file whose only foreign character was such a sign was read as Chinese, Thai or Russian."""
    [row] = table(f"Art. Nr\tItem\nA\t{name}\n".encode("cp1252")).rows()
    assert row.cells["name"] == name


# workbooks


def workbook(fill: Callable[[Workbook], None]) -> bytes:
    book = Workbook()
    fill(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def two_sheets(book: Workbook) -> None:
    book.worksheets[0].title = "Empty"
    for name in ("Items", "Old"):
        sheet = book.create_sheet(name)
        for row in (["SKU", "Name", "Price", "EAN"], [name, "Saw", 1.234, 4006381333931]):
            sheet.append(row)


def test_a_workbook_is_read_by_its_first_sheet_that_has_cells_or_by_the_one_that_is_named() -> None:
    content = workbook(two_sheets)
    [row] = cells(content)
    assert row == {"sku": "Items", "name": "Saw", "price": "1.234", "barcode": "4006381333931"}
    told = in_shell(table(content).notes[0])
    assert told == "the sheet 'Items' is read; --sheet names another: 'Empty', 'Old'"
    for sheet in ("Old", "3"):
        assert cells(content, sheet=sheet)[0]["sku"] == "Old"
    with pytest.raises(UnreadableFile, match="no sheet 'New'; it has 'Empty', 'Items', 'Old'"):
        table(content, sheet="New")
    with pytest.raises(UnreadableFile, match="Only a workbook has sheets"):
        table("sku,name\n", sheet="1")
    with pytest.raises(UnreadableFile, match="The workbook is empty"):
        table(workbook(lambda _: None))


def test_what_a_reader_of_workbooks_leaves_out_is_not_lost() -> None:
    """Errors and formulas without a result were blank cells, and a code lost its zeros."""

    def fill(book: Workbook) -> None:
        sheet = book.worksheets[0]
        rows: list[list[str | int]] = [
            ["SKU", "Name", "Qty"], [7, "a", "#N/A"], ["B", "b", "=1+2"], [12, "c", 3],
        ]  # fmt: skip
        for number, row in enumerate(rows, 3):
            for column, cell in enumerate(row, 2):
                sheet.cell(number, column, cell)
        sheet["B4"].number_format = "00000"

    found = cells(workbook(fill))
    assert [(row["sku"], row["initialStock"]) for row in found] == [
        ("00007", "#N/A"),
        ("B", UNCOMPUTED),
        ("12", "3"),
    ]


def test_a_date_is_no_code() -> None:
    """A spreadsheet makes 3-1 a day, of this year."""

    def fill(book: Workbook) -> None:
        for row in (["SKU", "Name"], [datetime.datetime(2026, 3, 1), "a"]):
            book.worksheets[0].append(row)

    [row] = table(workbook(fill)).rows()
    assert "sku '2026-03-01' is a date that a spreadsheet has made" in row.unread["sku"]


def test_a_row_of_a_workbook_is_told_by_its_number() -> None:
    def fill(book: Workbook) -> None:
        sheet = book.worksheets[0]
        for row, cell in ((3, "sku"), (4, "A\nB"), (7, "C")):
            sheet.cell(row, 2, cell)
            sheet.cell(row, 3, "name" if row == 3 else "Saw")

    made = table(workbook(fill))
    assert made.header.line == 3
    assert [row.line for row in made.rows()] == [4, 7]


def sheet_xml(cells_xml: str) -> bytes:
    """A workbook whose only sheet has these cells."""
    content = workbook(two_sheets)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                text = (
                    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                    f"<sheetData>{cells_xml}</sheetData></worksheet>"
                ).encode()
            new.writestr(part.filename, text)
    return made.getvalue()


@pytest.mark.parametrize(
    "cells_xml",
    [
        '<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row><c r="A1"><v>1</v></c></row><row r="9000000"><c><v>1</v></c><c r="ZZ9000000"/></row>',
        "<row>" + "<c><v>1</v></c>" * 5_000 + "</row>" + "<row><c><v>1</v></c></row>" * 5_000,
    ],
)
def test_a_sheet_that_would_need_too_much_room_is_refused_unread(
    monkeypatch: pytest.MonkeyPatch, cells_xml: str
) -> None:
    def unread(*_: object) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(workbooks, "load_workbook", unread)
    with pytest.raises(UnreadableFile, match="too large"):
        table(sheet_xml(cells_xml))


def test_a_bomb_is_refused_unread_also_when_it_lies_about_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbooks, "BYTES_MAX", 1_000_000)
    bomb = sheet_xml(" " * 2_000_000)
    with pytest.raises(UnreadableFile, match="too large"):
        table(bomb)
    size = (2_000_000).to_bytes(4, "little")[2:]
    at = bomb.rindex(b"xl/worksheets/sheet1.xml") - 46 + 24  # its size in the directory
    assert bomb[at + 2 : at + 4] == size
    liar = bomb[:at] + (1_000).to_bytes(4, "little") + bomb[at + 4 :]
    with pytest.raises(UnreadableFile, match="damaged"):
        table(liar)
    with pytest.raises(UnreadableFile, match="damaged"):
        table(bomb[: len(bomb) // 2])


# several things in a cell


@given(st.lists(st.tuples(st.text(min_size=1), st.none() | st.text())))
def test_what_is_joined_comes_apart_again(pairs: list[tuple[str, str | None]]) -> None:
    given_pairs = [(name.strip(), text and text.strip()) for name, text in pairs]
    whole = [pair for pair in given_pairs if pair[0]]
    assert pairs_of(joined(whole)) == whole
