"""A row of a file of stock as numbers: what can be said of it without the database.

Pure. Called by stock.py; stock_match.py finds what the row speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.files.cells import NOT_STOCKED
from graphql_api.files.numbers import is_some_count
from graphql_api.files.tables import TableRow
from graphql_api.imports.rows import Fault
from graphql_api.inventory.item import Item
from graphql_api.inventory.units import ItemUnit, in_base
from graphql_api.said import Said, otherwise_in_shell, said

NUMBER_CHARACTERS_MAX = 40

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.000")  # a thousand, where the point groups digits


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a row. column: its field; location_id: of a wide file's column, else None."""

    column: str
    number: Decimal
    location_id: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """What a row says of its item at one location, in base units. expected: the level that the
    row was checked against, None where it does not matter."""

    location_id: int
    quantity: int
    expected: int | None = None


@dataclass(slots=True)
class StockRow:
    """A row. cells: read; item, factor, pairs: found (stock_match.py). factor: base units in one
    of the numbers, where no unit is named. known_by: what its line is found by once it is booked,
    see StockTable.identities."""

    line: int
    sku: str = ""
    barcode: str = ""
    location: str = ""
    unit: str | None = None
    expected: int | None = None
    cells: list[Cell] = field(default_factory=list)
    item: Item | None = None
    factor: int = 1
    pairs: list[Pair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    record: Sequence[str] = ()
    known_by: tuple[int, ...] = ()

    def blame(self, field_name: str | None, message: str) -> None:
        self.faults.append(Fault(field_name, message))


def stock_row(
    given: TableRow, places: Mapping[str, int], strays: Mapping[str, int] | None = None
) -> StockRow:
    """places: a wide file's columns of locations → their ids; empty for a long file. strays: its
    columns that may be of locations which are not there → their places in the row."""
    row = StockRow(given.line, record=given.record)
    if given.fault is not None:
        row.blame(None, given.fault)
        return row
    texts = {name: cell.strip() for name, cell in given.cells.items()}
    row.sku, row.barcode = texts.get("sku", ""), texts.get("barcode", "")
    row.location, row.unit = texts.get("location", ""), texts.get("unit") or None
    if not row.sku and not row.barcode:
        words = said("sku or barcode is needed.")
        row.blame("sku" if "sku" in texts else "barcode", words)
    for name in places or ("quantity",):
        if name in given.unread:
            row.blame(name, given.unread[name])
        elif given.left.get(name) == NOT_STOCKED:
            continue
        else:
            _read(row, name, texts[name], places.get(name))
    for name, index in (strays or {}).items():
        if index < len(given.record) and is_some_count(given.record[index]):
            row.blame(None, _unknown_place(name))
    if expected := texts.get("expected", ""):
        try:
            row.expected = _whole("expected", expected)
        except InvalidInput as error:
            row.blame("expected", error.sentence)
    return row


def _unknown_place(column: str) -> Said:
    words = said("There is no location with the code {code}.", code=values.excerpt(column))
    ways = f"create-location makes it; --map {values.excerpt(f'{column}=')} leaves the column out."
    return otherwise_in_shell(words, f"{words} {ways}")


def _read(row: StockRow, name: str, text: str, location_id: int | None) -> None:
    """A blank cell of a wide file says nothing of its location."""
    if not text:
        if location_id is None:
            words = said("{name} must not be empty: 0 says that there is none.", name=name)
            row.blame(name, words)
        return
    try:
        row.cells.append(Cell(name, _number(name, text), location_id))
    except InvalidInput as error:
        row.blame(name, error.sentence)


def in_units(item: Item, cell: Cell, unit: str | None, factor: int) -> int:
    """The cell's number in the item's base units. Raises InvalidInput."""
    units: tuple[ItemUnit, ...] = item.units
    number = cell.number if unit is not None else cell.number * factor
    is_whole = number == number.to_integral_value()
    return in_base(units, int(number) if is_whole else number, unit, (), cell.column)


def _number(name: str, text: str) -> Decimal:
    if len(text) > NUMBER_CHARACTERS_MAX or not _DECIMAL.fullmatch(text):
        raise InvalidInput(
            said(
                "{name} {text} is not a number like 12 or 0.5.",
                name=name,
                text=values.excerpt(text),
            )
        )
    if _THOUSANDS.fullmatch(text):
        plain = text.replace(".", "")
        raise InvalidInput(
            said(
                "{name} {text} may be {small} or {large}: write it without a point.",
                name=name,
                text=values.excerpt(text),
                small=plain[:-3],
                large=plain,
            )
        )
    number = Decimal(text)
    if number < 0:
        raise InvalidInput(said("{name} must be at least 0, not {text}.", name=name, text=text))
    if number > values.INT32_MAX:
        raise InvalidInput(said("{name} must be at most {most}.", name=name, most=values.INT32_MAX))
    return number


def _whole(name: str, text: str) -> int:
    number = _number(name, text)
    if number != number.to_integral_value():
        raise InvalidInput(
            said("{name} {text} is not a whole number.", name=name, text=values.excerpt(text))
        )
    return int(number)
