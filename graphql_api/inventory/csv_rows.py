"""A row of a CSV file as values of an item: every cell is checked by the rules of items.py.

Pure. Called by imports.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.inventory.csv_files import REQUIRED, TableRow
from graphql_api.inventory.items import Visibility, checked_fields
from graphql_api.inventory.locations import CODE_MAX

NUMBER_CHARACTERS_MAX = 40
CELL_CHARACTERS_TOLD_MAX = 40
BLANK_IS_NONE = frozenset({"description", "category", "barcode", "cost"})
NOWHERE = -1  # a location's id, before it is known

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row. field: by contract name; None for the row as a whole."""

    field: str | None
    message: str


@dataclass(slots=True)
class Row:
    """A row, checked by itself. columns: column of the item → value, for the cells it gives."""

    line: int
    sku_key: str = ""
    columns: dict[str, Any] = field(default_factory=dict)
    initial_stock: int = 0
    location_code: str | None = None
    location_id: int = NOWHERE
    faults: list[Fault] = field(default_factory=list)


def checked_row(given: TableRow, lookups: Mapping[str, Mapping[str, str]]) -> Row:
    """The row with its cells as values, and with everything that is wrong in it.

    lookups: field → what each text of its column stands for.
    """
    row = Row(given.line)
    if given.fault is not None:
        row.faults.append(Fault(None, _sentence(given.fault)))
        return row
    for name, cell in given.cells.items():
        text = cell.strip()
        try:
            _take_cell(row, name, text, lookups.get(name))
        except InvalidInput as error:
            row.faults.append(Fault(name, error.message))
    return row


def _take_cell(row: Row, name: str, text: str, meanings: Mapping[str, str] | None) -> None:
    if not text and name not in BLANK_IS_NONE and name not in REQUIRED:
        return
    if name == "location":
        row.location_code = values.required_text(text, (name,), CODE_MAX)
        return
    if meanings is not None and text:
        if text not in meanings:
            raise InvalidInput(f"{name} {_told(text)} stands for nothing in its lookup file.")
        text = meanings[text]
    columns = checked_fields({name: _value(name, text)})
    if name == "initialStock":
        row.initial_stock = columns["initial_stock"]
        return
    row.columns |= columns
    if name == "sku":
        row.sku_key = values.folded(columns["sku"])


def _value(name: str, text: str) -> Any:
    match name:
        case "price" | "cost":
            return _decimal(name, text) if text else None
        case "minStock" | "initialStock":
            return _whole(name, text)
        case "visibility":
            return _visibility(text)
        case "category" | "barcode":
            return text or None
        case _:
            return text


def _decimal(name: str, text: str) -> Decimal:
    if len(text) > NUMBER_CHARACTERS_MAX or not _DECIMAL.fullmatch(text):
        raise InvalidInput(f"{name} {_told(text)} is not a number like 12.50.")
    return Decimal(text)


def _whole(name: str, text: str) -> int:
    if len(text) > NUMBER_CHARACTERS_MAX or not _WHOLE.fullmatch(text):
        raise InvalidInput(f"{name} {_told(text)} is not a whole number.")
    return int(text.partition(".")[0])


def _visibility(text: str) -> Visibility:
    try:
        return Visibility[text.upper()]
    except KeyError:
        raise InvalidInput(f"visibility {_told(text)} is neither EVERYONE nor ADMINS.") from None


def _told(text: str) -> str:
    if len(text) > CELL_CHARACTERS_TOLD_MAX:
        return f"{text[:CELL_CHARACTERS_TOLD_MAX]!r}…"
    return repr(text)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
