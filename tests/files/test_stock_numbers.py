"""Numbers of a file of stock: what is doubtful beside a unit, what is told, which row is a sum."""

from __future__ import annotations

import io

import pytest

from graphql_api.imports.stock_rows import stock_row
from graphql_api.imports.stock_tables import stock_table
from graphql_api.inventory.places import Location

MAIN = Location(1, "MAIN", "MAIN", None, None)


def read(text: str, decimal: str | None = None) -> tuple[list[str], list[str]]:
    """Each number, or "?" where the row is bad; the notes."""
    table = stock_table(io.BytesIO(text.encode()), "utf-8", {}, [MAIN], decimal=decimal)
    rows = [stock_row(row, table.places, table.strays) for row in table.rows()]
    numbers = ["?" if row.faults else str(row.cells[0].number) for row in rows]
    return numbers, [str(note) for note in table.table.notes]


@pytest.mark.parametrize("head", ["sku;qty;unit", "sku;MAIN;unit"])
@pytest.mark.parametrize(
    ("rows", "decimal", "numbers"),
    [
        ("X;1.250;kg/Y;2.375;kg", None, ["?", "?"]),  # they were read as thousands
        ("X;1,250;kg", None, ["?"]),
        ("X;1.250 pcs;kg", None, ["?"]),
        ("X;1.250;kg/Y;1.000;", None, ["?", "?"]),
        ("X;1.000;kg/Y;7;kg", None, ["?", "7"]),
        ("X;1.250;kg/Y;2.375;kg/Z;1.000;kg", ".", ["1.250", "2.375", "1"]),
        ("X;1.250;kg/Y;2.375;kg/Z;1.000;kg", ",", ["1250", "2375", "1000"]),
        ("X;0.250;kg/Y;2.500;kg", None, ["0.250", "2.500"]),  # the first tells
        ("X;1.250;kg/Y;12,5;kg", None, ["1250", "12.5"]),
        ("X;1,250;/Y;7;kg", None, ["1250", "7"]),  # no unit beside it
        ("X;1.250;Stk./Y;2,375;pcs", None, ["?", "?"]),  # counts, but they contradict each other
        ("X;1.250;Stk./Y;7;kg", None, ["1250", "7"]),
    ],
)
def test_three_digits_behind_a_sign_tell_nothing_beside_a_unit(
    head: str, rows: str, decimal: str | None, numbers: list[str]
) -> None:
    text = "\n".join([head, *rows.split("/")])
    assert read(text, decimal)[0] == numbers


@pytest.mark.parametrize("number", ["1,234", "1.234"])
def test_a_count_that_is_read_as_thousands_is_told(number: str) -> None:
    told = [f"quantity {number!r} is read as 1234"]
    assert read(f"sku;qty\nX;{number}\n") == (["1234"], told)
    assert read(f"sku;qty\nX;5 pcs\nY;{number}\n")[0] == ["5", "1234"]


def test_a_doubtful_count_with_its_unit_behind_it_is_a_fault_of_its_row() -> None:
    assert read("sku;qty\nX;1.000 pcs\nY;3\n")[0] == ["?", "3"]


@pytest.mark.parametrize("total", ["5 pcs", "5", "1.200 Stk."])
def test_a_sum_with_its_unit_is_no_goods(total: str) -> None:
    numbers, notes = read(f"sku;qty\nX;5 pcs\nTotal;{total}\n")
    assert numbers == ["5"]
    assert "line 3 is a total, and left out" in notes
