"""A row of a file as values of an item: each cell is checked by the rules of an item.

Pure. Called by items.py.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.files.codes import FURTHER
from graphql_api.files.sheet_cells import UNCOMPUTED
from graphql_api.files.tables import ARCHIVED_AT, DELETED_AT, REQUIRED, TableRow
from graphql_api.imports.packs import attributes_in, barcodes_in, units_in
from graphql_api.inventory.barcodes import WantedBarcode, is_scientific, scientific_words, warning
from graphql_api.inventory.item import Visibility, checked_fields
from graphql_api.inventory.locations import CODE_MAX
from graphql_api.said import said

NUMBER_CHARACTERS_MAX = 40
CELL_CHARACTERS_SHOWN_MAX = 40
# A blank cell of these says "none"; in a required one it is a fault; elsewhere it says nothing
# (of a new item's name, which is then missing: see plan.py).
SAID_BY_BLANK = frozenset({"description", "category", "barcode", "cost", *REQUIRED})
_ONE_LINE = frozenset({"name", "category", "unit"})
NOWHERE = -1  # a location's id, before it is known
# Without these a row is none; all else of it can be left out.
ESSENTIAL = frozenset({"sku", "name", DELETED_AT, ARCHIVED_AT})

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]([.,][0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE)
_SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|#+)")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_BREAK = re.compile(r"[ \t]*[\r\n\t\v\f]+\s*")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row. field: by contract name; None for the row as a whole. message:
    `said`, so that a page can tell it in its reader's language."""

    field: str | None
    message: str


@dataclass(slots=True)
class CheckedRow:
    """A row, checked by itself. columns: column of the item → value, for the cells it gives.

    record: its cells as they stand. is_lenient: what is wrong with a cell that is not ESSENTIAL
    leaves out that cell. notes: what was left out so, and other words on it.
    """

    line: int
    record: Sequence[str] = ()
    is_lenient: bool = False
    sku_key: str = ""
    columns: dict[str, Any] = field(default_factory=dict)
    further: Sequence[WantedBarcode] = ()  # barcodes beside `barcode`: the item keeps its others
    initial_stock: int = 0
    says_stock: bool = False  # whether there is a count, 0 or more
    is_deleted: bool = False  # an export's row of a deleted item
    is_archived: bool = False  # and of an archived one
    location_code: str | None = None
    location_id: int = NOWHERE
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """All barcodes that it gives."""
        wanted = [one.code for one in self.columns.get("barcodes") or ()]
        barcode = self.columns.get("barcode")
        wanted += [one.code for one in self.further]
        return wanted if barcode is None else [barcode, *wanted]

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is odd in what it gives, and is taken over all the same."""
        odd = dict.fromkeys(warning(code) for code in self.codes)
        return tuple(Fault("barcode", words) for words in odd if words is not None)

    def complain(self, name: str, message: str) -> None:
        """The cell of `name` cannot be: neither can the row, unless it goes without the cell."""
        is_side = self.is_lenient and name not in ESSENTIAL
        (self.notes if is_side else self.faults).append(Fault(name, message))

    def leave_out_stock(self) -> None:
        """Its count is not taken over."""
        self.initial_stock, self.says_stock, self.location_code = 0, False, None


@dataclass(frozen=True, slots=True)
class RowRules:
    """How rows are taken. is_lenient: without the cells that cannot be. makes_skus: for rows that
    have none. by_barcode: the item that has the row's barcode is meant, and a SKU not needed."""

    is_lenient: bool = False
    makes_skus: bool = False
    by_barcode: bool = False


AS_THEY_STAND = RowRules()


def checked_row(
    given: TableRow, lookups: Mapping[str, Mapping[str, str]], rules: RowRules = AS_THEY_STAND
) -> CheckedRow:
    """The row with its cells as values, and with everything that is wrong in it.

    lookups: field → what each text of its column stands for.
    """
    row = CheckedRow(given.line, given.record, rules.is_lenient)
    row.notes += [Fault(name, words) for name, words in given.left.items()]
    if given.fault is not None:
        row.faults.append(Fault(None, given.fault))
        return row
    typed = _typed(row, given, lookups)
    if (rules.makes_skus or rules.by_barcode) and not typed.get("sku"):
        typed.pop("sku", None)
    row.further = typed.pop(FURTHER, ())
    row.location_code = typed.pop("location", None)
    row.is_deleted = typed.pop(DELETED_AT, False)
    row.is_archived = typed.pop(ARCHIVED_AT, False)
    try:
        row.columns = checked_fields(typed)
    except InvalidInput:
        row.columns = _checked_one_by_one(row, typed)  # to tell all that is wrong
    row.says_stock = "initial_stock" in row.columns
    row.initial_stock = row.columns.pop("initial_stock", 0)
    if "sku" not in row.columns and rules.makes_skus and not rules.by_barcode:
        make_sku(row)
    if "sku" in row.columns:
        row.sku_key = values.folded(row.columns["sku"])
    return row


def make_sku(row: CheckedRow) -> None:
    """Give the row a SKU, the same for the same goods each time: its barcode, or one that stands
    for its name. A row with neither is refused."""
    code, name = next(iter(row.codes), None), row.columns.get("name")
    if code is None and name is None:
        words = said("The row has no SKU, and neither barcode nor name for one.")
        row.faults.append(Fault("sku", words))
        return
    digest = hashlib.blake2b(values.folded(name or "").encode(), digest_size=5).hexdigest()
    row.columns["sku"] = code or f"G-{digest.upper()}"
    row.sku_key = values.folded(row.columns["sku"])


def _typed(
    row: CheckedRow, given: TableRow, lookups: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Field → value, of every cell that says something; a fault for each that cannot be read."""
    typed: dict[str, Any] = {}
    for name, cell in given.cells.items():
        text = cell.strip()
        if name in given.left or (not text and name not in SAID_BY_BLANK):
            continue
        try:
            if name in given.unread:
                raise InvalidInput(given.unread[name])
            _refuse_spreadsheet_debris(name, text)
            if text and name in lookups:
                text = _meaning(name, text, lookups[name])
            if name in _ONE_LINE and not text.isprintable():
                text = _BREAK.sub(" ", text)  # as people see it who broke the line in its cell
            reader = _READERS.get(name)
            typed[name] = text if reader is None else reader(name, text)
        except UnknownWord as odd:
            row.notes.append(Fault(name, odd.sentence))
        except InvalidInput as error:
            row.complain(name, error.sentence)
    return typed


class UnknownWord(InvalidInput):
    """A cell's word means nothing here, and is left out."""


def _checked_one_by_one(row: CheckedRow, typed: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in typed.items():
        try:
            columns |= checked_fields({name: value})
        except InvalidInput as error:
            row.complain(name, error.sentence)
    return columns


def _meaning(name: str, text: str, meanings: Mapping[str, str]) -> str:
    if text not in meanings:
        raise InvalidInput(
            said(
                "{name} {text} stands for nothing in its lookup file.",
                name=name,
                text=_excerpt(text),
            )
        )
    return meanings[text]


def _money(name: str, text: str) -> Decimal | None:
    return _decimal(name, text) if text else None


def _decimal(name: str, text: str) -> Decimal:
    if len(text) > NUMBER_CHARACTERS_MAX or not _DECIMAL.fullmatch(text):
        raise InvalidInput(
            said("{name} {text} is not a number like 12.50.", name=name, text=_excerpt(text))
        )
    return Decimal(text)


def _whole(name: str, text: str) -> int:
    if len(text) > NUMBER_CHARACTERS_MAX or not _WHOLE.fullmatch(text):
        raise InvalidInput(
            said("{name} {text} is not a whole number.", name=name, text=_excerpt(text))
        )
    return int(text.partition(".")[0])


def _visibility(_: str, text: str) -> Visibility:
    try:
        return Visibility[text.upper()]
    except KeyError:
        raise UnknownWord(
            said(
                "visibility {text} is neither EVERYONE nor ADMINS, and is left out.",
                text=_excerpt(text),
            )
        ) from None


def _refuse_spreadsheet_debris(name: str, text: str) -> None:
    """What a spreadsheet has made of a cell: the value itself is not in the file any more."""
    if name == "barcode" and is_scientific(text):
        raise InvalidInput(scientific_words(name, text))
    if name == "sku" and _SCIENTIFIC.fullmatch(text):
        raise InvalidInput(scientific_words(name, text))
    if not text.startswith("#"):
        return
    if text == UNCOMPUTED:
        raise InvalidInput(
            said(
                "{name} is a formula whose result is not in the file: open the file in its "
                "program, and save it anew.",
                name=name,
            )
        )
    if _SPREADSHEET_ERROR.fullmatch(text):
        raise InvalidInput(
            said(
                "{name} {text} is a spreadsheet's error, not a value.",
                name=name,
                text=_excerpt(text),
            )
        )


def _happened(name: str, text: str) -> bool:
    if not _INSTANT.fullmatch(text):
        raise InvalidInput(
            said(
                "{name} {text} is not an instant like 2026-01-31T12:00:00Z.",
                name=name,
                text=_excerpt(text),
            )
        )
    return True


def _location(name: str, text: str) -> str:
    return values.unique_text(text, (name,), CODE_MAX)


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "price": _money,
    "cost": _money,
    "minStock": _whole,
    "leadTimeDays": _whole,
    "initialStock": _whole,
    "visibility": _visibility,
    "location": _location,
    "barcodes": barcodes_in,
    FURTHER: barcodes_in,
    "units": units_in,
    "attributes": attributes_in,
    DELETED_AT: _happened,
    ARCHIVED_AT: _happened,
}


def _excerpt(text: str) -> str:
    if len(text) > CELL_CHARACTERS_SHOWN_MAX:
        return f"{text[:CELL_CHARACTERS_SHOWN_MAX]!r}…"
    return repr(text)
