"""A row of a CSV file as values of an item: each cell is checked by the rules of an item.

Pure. Called by items.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.files.tables import ARCHIVED_AT, DELETED_AT, REQUIRED, TableRow
from graphql_api.inventory.barcodes import is_scientific, scientific_words, warning
from graphql_api.inventory.item import Visibility, checked_fields
from graphql_api.inventory.locations import CODE_MAX

NUMBER_CHARACTERS_MAX = 40
CELL_CHARACTERS_SHOWN_MAX = 40
# A blank cell of these says "none"; in a required one it is a fault; elsewhere it says nothing
# (of a new item's name, which is then missing: see plan.py).
SAID_BY_BLANK = frozenset({"description", "category", "barcode", "cost", *REQUIRED})
NOWHERE = -1  # a location's id, before it is known

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.000")  # a thousand, where the point groups digits
_SCIENTIFIC = re.compile(r"[+-]?[0-9]([.,][0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE)
_SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|#+)")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row. field: by contract name; None for the row as a whole."""

    field: str | None
    message: str


@dataclass(slots=True)
class CheckedRow:
    """A row, checked by itself. columns: column of the item → value, for the cells it gives."""

    line: int
    sku_key: str = ""
    columns: dict[str, Any] = field(default_factory=dict)
    initial_stock: int = 0
    says_stock: bool = False  # whether there is a count, 0 or more
    is_deleted: bool = False  # an export's row of a deleted item
    is_archived: bool = False  # and of an archived one
    location_code: str | None = None
    location_id: int = NOWHERE
    faults: list[Fault] = field(default_factory=list)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is odd in it, and is taken over all the same."""
        barcode = self.columns.get("barcode")
        said = None if barcode is None else warning(barcode)
        return () if said is None else (Fault("barcode", said),)


def checked_row(given: TableRow, lookups: Mapping[str, Mapping[str, str]]) -> CheckedRow:
    """The row with its cells as values, and with everything that is wrong in it.

    lookups: field → what each text of its column stands for.
    """
    row = CheckedRow(given.line)
    if given.fault is not None:
        row.faults.append(Fault(None, given.fault))
        return row
    typed = _typed(row, given.cells, lookups)
    row.location_code = typed.pop("location", None)
    row.is_deleted = typed.pop(DELETED_AT, False)
    row.is_archived = typed.pop(ARCHIVED_AT, False)
    try:
        row.columns = checked_fields(typed)
    except InvalidInput:
        row.columns = _checked_one_by_one(row, typed)  # to tell all that is wrong
    row.says_stock = "initial_stock" in row.columns
    row.initial_stock = row.columns.pop("initial_stock", 0)
    if "sku" in row.columns:
        row.sku_key = values.folded(row.columns["sku"])
    return row


def _typed(
    row: CheckedRow, cells: Mapping[str, str], lookups: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Field → value, of every cell that says something; a fault for each that cannot be read."""
    typed: dict[str, Any] = {}
    for name, cell in cells.items():
        text = cell.strip()
        if not text and name not in SAID_BY_BLANK:
            continue
        try:
            _refuse_spreadsheet_debris(name, text)
            if text and name in lookups:
                text = _meaning(name, text, lookups[name])
            reader = _READERS.get(name)
            typed[name] = text if reader is None else reader(name, text)
        except InvalidInput as error:
            row.faults.append(Fault(name, error.message))
    return typed


def _checked_one_by_one(row: CheckedRow, typed: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in typed.items():
        try:
            columns |= checked_fields({name: value})
        except InvalidInput as error:
            row.faults.append(Fault(name, error.message))
    return columns


def _meaning(name: str, text: str, meanings: Mapping[str, str]) -> str:
    if text not in meanings:
        raise InvalidInput(f"{name} {_excerpt(text)} stands for nothing in its lookup file.")
    return meanings[text]


def _money(name: str, text: str) -> Decimal | None:
    return _decimal(name, text) if text else None


def _decimal(name: str, text: str) -> Decimal:
    if len(text) > NUMBER_CHARACTERS_MAX or not _DECIMAL.fullmatch(text):
        raise InvalidInput(f"{name} {_excerpt(text)} is not a number like 12.50.")
    return Decimal(text)


def _whole(name: str, text: str) -> int:
    if len(text) > NUMBER_CHARACTERS_MAX or not _WHOLE.fullmatch(text):
        raise InvalidInput(f"{name} {_excerpt(text)} is not a whole number.")
    if _THOUSANDS.fullmatch(text):
        plain = text.replace(".", "")
        raise InvalidInput(
            f"{name} {_excerpt(text)} may be {plain[:-3]} or {plain}: write it without a point."
        )
    return int(text.partition(".")[0])


def _visibility(_: str, text: str) -> Visibility:
    try:
        return Visibility[text.upper()]
    except KeyError:
        raise InvalidInput(f"visibility {_excerpt(text)} is neither EVERYONE nor ADMINS.") from None


def _refuse_spreadsheet_debris(name: str, text: str) -> None:
    """What a spreadsheet has made of a cell: the value itself is not in the file any more."""
    if name == "barcode" and is_scientific(text):
        raise InvalidInput(scientific_words(name, text))
    if name == "sku" and _SCIENTIFIC.fullmatch(text):
        raise InvalidInput(scientific_words(name, text))
    if _SPREADSHEET_ERROR.fullmatch(text):
        raise InvalidInput(f"{name} {_excerpt(text)} is a spreadsheet's error, not a value.")


def _happened(name: str, text: str) -> bool:
    if not _INSTANT.fullmatch(text):
        raise InvalidInput(f"{name} {_excerpt(text)} is not an instant like 2026-01-31T12:00:00Z.")
    return True


def _location(name: str, text: str) -> str:
    return values.unique_text(text, (name,), CODE_MAX)


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "price": _money,
    "cost": _money,
    "minStock": _whole,
    "initialStock": _whole,
    "visibility": _visibility,
    "location": _location,
    DELETED_AT: _happened,
    ARCHIVED_AT: _happened,
}


def _excerpt(text: str) -> str:
    if len(text) > CELL_CHARACTERS_SHOWN_MAX:
        return f"{text[:CELL_CHARACTERS_SHOWN_MAX]!r}…"
    return repr(text)
