"""Files of stock: their columns, and what makes a file the same. Called by stock.py and the CLI.

There are two shapes. Long: a row for each item and location, with a column `quantity`. Wide: a row
for each item, with a column for each location, headed by its code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import BinaryIO

from graphql_api import values
from graphql_api.files.columns import listed, places_in
from graphql_api.files.faults import AmbiguousNumbers
from graphql_api.files.presets import PRESETS
from graphql_api.files.tables import READ_FIELDS, Header, MissingColumns, Table, TableRow
from graphql_api.files.totals import says_total
from graphql_api.files.words import SYNONYMS, keys
from graphql_api.imports.locations import known_as
from graphql_api.inventory.location_changes import CODE_MAX
from graphql_api.inventory.places import Location
from graphql_api.said import Said, otherwise_in_shell, said

KEYS = ("sku", "barcode")  # one of them is needed
FIELDS = (*KEYS, "location", "quantity", "unit", "expected")
QUANTITY_NAMES = ("quantity", "amount", "counted", "qty")  # the first that is there
_BESIDE = frozenset({*FIELDS, *QUANTITY_NAMES, "name"})  # what stands beside columns of locations
_KNOWN = _BESIDE | {values.folded(name) for name in READ_FIELDS}
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
    strays: its columns that no location is headed by, and that are no others we know, with their
    places in a row. content: a digest of its bytes. sheet, decimal: as they were asked for, None:
    found. is_found: its numbers are read so without `decimal` too. doubts: what could be meant
    otherwise, in words."""

    table: Table
    places: Mapping[str, int]
    content: str
    sheet: str | None = None
    decimal: str | None = None
    strays: Mapping[str, int] = field(default_factory=dict)
    is_found: bool = False
    doubts: tuple[Said, ...] = ()

    def identities(
        self, mode: StockMode, location_id: int | None, reference: str | None
    ) -> tuple[int, ...]:
        """What a line of this file is known by, once it was taken over; the first for new ones,
        the others for those of older versions. location_id: where it was booked without a word
        of it in the line; None: the line says where.

        The name does not count, so a copy is the same file. What does count is how it was read,
        and a reference that was given: the same goods came again. Which locations there are does
        not count, so that one can be made and the file be taken again for the rows that name it.
        """
        positions = sorted(self.table.header.positions.items())
        stable = [one for one in positions if one[0] not in self.places]
        decimal = None if self.is_found else self.decimal
        new = self._identity(mode, stable, location_id, reference, decimal)
        old = self._identity(mode, positions, location_id, reference, self.decimal)
        return tuple(dict.fromkeys((new, old)))

    def _identity(
        self,
        mode: StockMode,
        positions: Sequence[tuple[str, int]],
        location_id: int | None,
        reference: str | None,
        decimal: str | None,
    ) -> int:
        told: tuple[object, ...] = (self.content, mode.value, positions, location_id, reference)
        if self.sheet is not None or decimal is not None:  # else as older versions have it
            told += (self.sheet, decimal)
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
    """columns, sheet, decimal: as Table takes them; a name that is no field, and "": that column
    of a wide file is left out. is_wide: a column `quantity` is not looked for. reader: what reads
    it.

    Raises UnreadableFile, MissingColumns.
    """
    everywhere = list(locations)
    read = partial(_read, source, encoding, columns, everywhere, is_wide)
    table, places = read(partial(reader, sheet=sheet, decimal=decimal))
    header = table.header
    with_hash = hashlib.sha256()
    source.seek(0)
    while block := source.read(1_048_576):
        with_hash.update(block)
    made = StockTable(table, places, with_hash.hexdigest(), sheet, decimal)
    if decimal is not None:
        found, _ = read(partial(Table, sheet=sheet))
        as_asked, _ = read(partial(Table, sheet=sheet, decimal=decimal))
        made = replace(made, is_found=_is_equal(found, as_asked))
    if places:
        return replace(made, strays=_strays(header, columns))
    return replace(made, doubts=unread_places(header, everywhere, "quantity", "--wide reads such"))


def unread_places(
    header: Header, locations: Iterable[Location], name: str, way_out: str
) -> tuple[Said, ...]:
    """In words, that columns which are headed by codes of locations are left out. name: the field
    that could be theirs; way_out: how a command takes them."""
    codes = {values.folded(one.code) for one in locations} - _KNOWN
    left = [
        column
        for column in header.unused
        if len(column) <= CODE_MAX and values.folded(column) in codes
    ]
    if not left:
        return ()
    could = said("{field} could be {columns} too", field=name, columns=listed(left))
    return (otherwise_in_shell(could, f"{could}: codes of locations head them, and {way_out}"),)


def _strays(header: Header, columns: Mapping[str, str]) -> dict[str, int]:
    """What may be a location that is not there. columns: left out are those mapped to nothing."""
    taken = set(header.positions.values())
    return {
        name: index
        for index, name in enumerate(header.columns)
        if name and index not in taken and columns.get(name) != "" and not _is_known(name)
    }


def _is_known(column: str) -> bool:
    """Whether a column beside those of locations is of something else: a name, a price, a sum.

    Words for a location are none: nothing else reads the number of a column `Store`.
    """
    forms = keys(column)
    if len(column) <= CODE_MAX and values.folded(column) in _KNOWN:
        return True
    others = [ranks for name, ranks in SYNONYMS.items() if name != "location"]
    return says_total(column) or any(form in ranks for ranks in others for form in forms)


def _is_equal(one: Table, other: Table) -> bool:
    """Whether two readings of one file say the same in each row."""
    return one.header.positions == other.header.positions and all(
        row.cells == beside.cells and row.unread == beside.unread
        for row, beside in zip(one.rows(), other.rows(), strict=True)
    )


def _read(
    source: BinaryIO,
    encoding: str | None,
    columns: Mapping[str, str],
    locations: Iterable[Location],
    is_wide: bool,
    made: Made,
) -> tuple[Table, Mapping[str, int]]:
    """The file, and a wide one's columns of locations."""
    table = None if is_wide else _long(made, source, encoding, columns)
    if table is not None:
        return table, {}
    try:
        return _wide(made, source, encoding, columns, locations)
    except MissingColumns:
        table = None if is_wide else _by_words(made, source, encoding, columns)
        if table is None:
            raise
        return table, {}


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
    codes: Collection[str] = (),
) -> Table:
    """Where nothing in the file says how its numbers are written, they are read as programs write
    them, and each that is not is a fault of its row."""
    whole = dict.fromkeys(numbers, True)
    read = partial(made, source, encoding, columns, fields, required, codes=codes, unit="unit")
    try:
        return read(numbers=whole)
    except AmbiguousNumbers:
        return read(numbers={})


def _wide(
    made: Made,
    source: BinaryIO,
    encoding: str | None,
    columns: Mapping[str, str],
    locations: Iterable[Location],
) -> tuple[Table, Mapping[str, int]]:
    known = [one for one in locations if values.folded(one.code) not in _BESIDE]
    ids = {one.code: one.id for one in known}
    beside = {field: name for field, name in columns.items() if field in (*KEYS, "unit")}
    lacking = MissingColumns()
    for key in KEYS:
        try:
            fields = (*KEYS, "unit", *ids)
            table = _made(made, source, encoding, beside, fields, (key,), ids, ids)
        except MissingColumns as error:
            lacking = error if key == KEYS[0] else lacking
            continue
        named = _named_after(table, known)
        if named:
            table = _made(made, source, encoding, {**beside, **named}, fields, (key,), ids, ids)
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


def _named_after(table: Table, locations: Sequence[Location]) -> dict[str, str]:
    """Code of a location → its column, in a file of another program whose columns of stock begin
    all the same: "Current Quantity Shop"."""
    preset = None if table.preset is None else PRESETS[table.preset]
    beginnings = () if preset is None else preset.places.get("initialStock", ())
    known = known_as(locations)
    found: dict[str, str] = {}
    for beginning in beginnings:
        for index, place in places_in(table.header.columns, beginning).items():
            if (one := known.get(values.folded(place))) is not None:
                found.setdefault(one.code, table.header.columns[index])
    return found
