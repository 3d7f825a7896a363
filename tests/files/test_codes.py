"""Codes as other programs' files have them, and as spreadsheets spoil them."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from graphql_api.files.codes import FURTHER
from graphql_api.files.tables import FIELDS, Table, TableRow
from graphql_api.said import in_shell

EAN, OTHER, UPC = "4006381333931", "4006381333948", "036000291452"


def rows(text: str) -> list[TableRow]:
    return list(Table(io.BytesIO(text.encode()), None, {}).rows())


def codes(row: TableRow) -> Mapping[str, str]:
    wanted = ("sku", "barcode", FURTHER)
    return {name: cell for name, cell in row.cells.items() if name in wanted and cell}


@pytest.mark.parametrize(
    ("cell", "barcode", "further"),
    [
        (f"{EAN}.0", EAN, None),
        (f"'{EAN}", EAN, None),
        ("4,006,381,333,931", EAN, None),
        (f"{EAN};{OTHER}", EAN, OTHER),
        (f"{EAN}, {OTHER}", EAN, OTHER),
        (f"{EAN} / {UPC}", EAN, UPC),
        (f"{EAN}, 0{EAN}", EAN, None),  # one barcode, told twice
        # What may be somebody's own code stays as it is.
        ("12,345", "12,345", None),
        (f"{EAN}, 12", f"{EAN}, 12", None),
        ("ABC/DEF", "ABC/DEF", None),
        ("12.0", "12.0", None),
        ("'quoted'", "'quoted'", None),
        ("978-3-16-148410-0", "978-3-16-148410-0", None),
    ],
)
def test_a_barcode_is_read_as_goods_have_it(cell: str, barcode: str, further: str | None) -> None:
    [row] = rows(f'Art. Nr,Item,EAN\nA,a,"{cell}"\n')
    told = {"sku": "A", "barcode": barcode} | ({} if further is None else {FURTHER: further})
    assert codes(row) == told
    assert row.left == {}


@pytest.mark.parametrize(
    "word", ["Does not apply", "Nicht zutreffend", "n/a", "-", "0", "000000000000", "none", "なし"]
)
def test_a_word_for_no_barcode_is_none_and_told(word: str) -> None:
    """A second item was refused: the barcode 'Does not apply' belonged to the first."""
    for row in rows(f"Art. Nr,Item,EAN\nA,a,{word}\nB,b,{word}\n"):
        assert row.cells["barcode"] == ""
        assert row.left["barcode"] == f"barcode {word!r} is no barcode, and is left out."


def test_a_further_column_of_barcodes_counts_where_the_better_one_is_blank_and_beside_it() -> None:
    text = f"Custom SKU,Item,UPC,EAN\nA,a,{UPC},\nB,b,{UPC},{EAN}\nC,c,own,{EAN}\nD,d,n/a,\n"
    made = Table(io.BytesIO(text.encode()), None, {})
    assert "barcodes are taken from UPC too" in [in_shell(one) for one in made.notes]
    assert made.header.unused == []
    assert [codes(row) for row in made.rows()] == [
        {"sku": "A", "barcode": UPC},
        {"sku": "B", "barcode": EAN, FURTHER: UPC},
        {"sku": "C", "barcode": EAN},
        {"sku": "D"},
    ]


def test_the_codes_of_an_export_of_ours_are_what_they_are() -> None:
    cells = {"sku": "'007", "name": "Saw", "barcode": "n/a"}
    line = ",".join(cells.get(name, "") for name in FIELDS)
    [row] = rows(f"{','.join(FIELDS)}\n{line}\n")
    assert codes(row) == {"sku": "'007", "barcode": "n/a"}
