"""Files of stock: their columns, and what makes a file the same. Called by stock.py and the CLI.

There are two shapes. Long: a row for each item and location, with a column `quantity`. Wide: a row
for each item, with a column for each location, headed by its code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import BinaryIO

from graphql_api import values
from graphql_api.files.faults import AmbiguousNumbers
from graphql_api.files.tables import MissingColumns, Table, TableRow
from graphql_api.inventory.places import Location
from graphql_api.said import said

KEYS = ("sku", "barcode")  # one of them is needed
FIELDS = (*KEYS, "location", "quantity", "unit", "expected")
QUANTITY_NAMES = ("quantity", "amount", "counted", "qty")  # the first that is there
_BESIDE = frozenset({*FIELDS, *QUANTITY_NAMES, "name"})  # what stands beside columns of locations
HASH_BITS = 63  # a positive number of the database

ADVICE = (
    "Stock needs a column sku or barcode, and quantity or a column for each location, headed by "
    "its code."
)

Made = Callable[..., Table]


class StockMode(Enum):
    """COUNT: quantities are what is there. ADD: they came in."""

    COUNT = "COUNT"
    ADD = "ADD"


@dataclass(frozen=True, slots=True)
class StockTable:
    """A file of stock. places: a wide file's columns of locations → their ids; empty: it is long.
    content: a digest of its bytes. sheet, decimal: as they were asked for, None: found."""

    table: Table
    places: Mapping[str, int]
    content: str
    sheet: str | None = None
    decimal: str | None = None

    def identity(self, mode: StockMode, location_id: int | None, reference: str | None) -> int:
        """What the lines of this file are known by, once they were taken over.

        The name does not count, so a copy is the same file. What does count is how it was read,
        and a reference that was given: the same goods came again.
        """
        positions = sorted(self.table.header.positions.items())
        told: tuple[object, ...] = (self.content, mode.value, positions, location_id, reference)
        if self.sheet is not None or self.decimal is not None:  # else as older versions have it
            told += (self.sheet, self.decimal)
        digest = hashlib.sha256(repr(told).encode()).digest()
        return int.from_bytes(digest[:8], "big") >> (64 - HASH_BITS)

    def rows(self) -> Iterable[TableRow]:
        """Every row below the header, in order."""
        return self.table.rows()


def stock_table(
    source: BinaryIO,
    encoding: str | None,
    columns: Mapping[str, str],
    locations: Iterable[Location],
    is_wide: bool = False,
    reader: type[Table] = Table,
    *,
    sheet: str | None = None,
    decimal: str | None = None,
) -> StockTable:
    """columns, sheet, decimal: as Table takes them. is_wide: a column `quantity` is not looked
    for. reader: what reads it.

    Raises UnreadableFile, MissingColumns.
    """
    made = partial(reader, sheet=sheet, decimal=decimal)
    table = None if is_wide else _long(made, source, encoding, columns)
    places: Mapping[str, int] = {}
    if table is None:
        try:
            table, places = _wide(made, source, encoding, columns, locations)
        except MissingColumns:
            table = None if is_wide else _by_words(made, source, encoding, columns)
            if table is None:
                raise
    with_hash = hashlib.sha256()
    source.seek(0)
    while block := source.read(1_048_576):
        with_hash.update(block)
    return StockTable(table, places, with_hash.hexdigest(), sheet, decimal)


def _long(
    made: Made, source: BinaryIO, encoding: str | None, columns: Mapping[str, str]
) -> Table | None:
    tries = [columns] if "quantity" in columns else [
        {**columns, "quantity": name} for name in QUANTITY_NAMES
    ]  # fmt: skip
    for wanted in tries:
        for key in KEYS:
            try:
                return _made(
                    made, source, encoding, wanted, FIELDS, (key, "quantity"), ("quantity",)
                )
            except MissingColumns:
                continue
    return None


def _by_words(
    made: Made, source: BinaryIO, encoding: str | None, columns: Mapping[str, str]
) -> Table | None:
    """A file whose quantity is called otherwise; only where nothing else is found, so that lines
    that older versions booked are known again."""
    for key in KEYS:
        try:
            return _made(made, source, encoding, columns, FIELDS, (key, "quantity"), ("quantity",))
        except MissingColumns:
            continue
    return None


def _made(
    made: Made,
    source: BinaryIO,
    encoding: str | None,
    columns: Mapping[str, str],
    fields: Sequence[str],
    required: Sequence[str],
    numbers: Iterable[str],
) -> Table:
    """Where nothing in the file says how its numbers are written, they are read as programs write
    them, and each that is not is a fault of its row."""
    whole = dict.fromkeys(numbers, True)
    try:
        return made(source, encoding, columns, fields, required, numbers=whole)
    except AmbiguousNumbers:
        return made(source, encoding, columns, fields, required, numbers={})


def _wide(
    made: Made,
    source: BinaryIO,
    encoding: str | None,
    columns: Mapping[str, str],
    locations: Iterable[Location],
) -> tuple[Table, Mapping[str, int]]:
    ids = {one.code: one.id for one in locations if values.folded(one.code) not in _BESIDE}
    beside = {field: name for field, name in columns.items() if field in (*KEYS, "unit")}
    lacking = MissingColumns()
    for key in KEYS:
        try:
            fields = (*KEYS, "unit", *ids)
            table = _made(made, source, encoding, beside, fields, (key,), ids)
        except MissingColumns as error:
            lacking = error if key == KEYS[0] else lacking
            continue
        places = {name: ids[name] for name in table.header.positions if name in ids}
        if places:
            return table, places
        shown = ", ".join(values.excerpt(name)[1:-1] for name in table.header.columns[:20])
        lacking = MissingColumns(
            said(
                "The file has no column quantity, and none that is headed by the code of a "
                "location. Its columns are: {columns}.",
                columns=shown,
            )
        )
        break
    raise MissingColumns(*lacking.sentences, said(ADVICE))
