"""What an uploaded file would become: its columns, its first rows, and what is wrong. Writes
nothing."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import Any, BinaryIO

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.files.encodings import encoding_advice
from graphql_api.files.tables import MissingColumns, Table, UnreadableFile, WrongEncoding
from graphql_api.imports.locations import ImportPlaces
from graphql_api.imports.plan import FileMemory, Outcome, Step, planned
from graphql_api.imports.rows import Fault, checked_row
from graphql_api.imports.running import open_items, open_stock
from graphql_api.imports.spool import Spool
from graphql_api.imports.starting import ITEMS, STOCK, Wanted
from graphql_api.imports.stock_match import PairMemory, StockMatcher
from graphql_api.imports.stock_rows import StockRow, stock_row
from graphql_api.imports.stock_tables import StockMode, StockTable, unread_places
from graphql_api.inventory.item import ITEM_RULES
from graphql_api.inventory.locations import Locations
from graphql_api.said import said

ROWS = 10
COLUMNS_MAX = 200


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column of the file. field: what it stands for, None: nothing."""

    name: str
    field: str | None


@dataclass(frozen=True, slots=True)
class PreviewValue:
    """A field and its value, as people read it."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it would become. outcome: CREATED, UPDATED, UNCHANGED, DELETED, BOOKED or BAD."""

    line: int
    outcome: str
    values: list[PreviewValue] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the file would become. kind: None when it is neither of the two; notes: what was found
    by itself; sheets: of a workbook; sheet: the one that is read."""

    kind: str | None
    encoding: str
    columns: list[PreviewColumn] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    sheet: str | None = None


class Previews:
    """The use case."""

    def __init__(self, spool: Spool, locations: Locations, scanning: Connection) -> None:
        self._spool = spool
        self._locations = locations
        self._scanning = scanning

    async def of(self, import_id: int, wanted: Wanted) -> Preview:
        """Of the file of an import."""
        async with self._spool.opened(import_id) as source:
            if source is None:
                return _fault(wanted, said("The file is not kept any more: upload it again."))
            return await self.seen(source, wanted)

    async def seen(self, source: BinaryIO, wanted: Wanted) -> Preview:
        """wanted.kind None: by the columns: stock where there is a quantity and no name, whatever
        either is called. source: must be seekable."""
        try:
            return await self._read(source, wanted)
        except MissingColumns as error:
            problems = [*error.sentences]
            if error.missing == ("sku",):
                problems.append(said("SKUs can be made, of barcodes or names."))
            return await asyncio.to_thread(_unmapped, source, wanted, problems)
        except WrongEncoding as error:
            return _fault(wanted, *error.sentences, encoding_advice(source))
        except UnreadableFile as error:
            return _fault(wanted, *error.sentences)

    async def _read(self, source: BinaryIO, wanted: Wanted) -> Preview:
        if wanted.kind == STOCK:
            return await self._of_stock(await open_stock(self._locations, source, wanted), wanted)
        if wanted.kind is None:
            try:
                file = await open_stock(self._locations, source, wanted)
            except WrongEncoding:
                raise
            except UnreadableFile:
                pass
            else:
                if not await asyncio.to_thread(_has_names, source, wanted):
                    return await self._of_stock(file, wanted)
        return await self._of_items(await open_items(source, wanted), wanted)

    async def _of_items(self, table: Table, wanted: Wanted) -> Preview:
        rows = [checked_row(row, {}, wanted.rules) for row in islice(table.rows(), ROWS)]
        with FileMemory() as memory:
            memory.refuse_repeated(rows)
            places = ImportPlaces(
                self._locations, wanted.create_locations, table.place, table.has_foreign_places
            )
            await places.find(rows)
            good = tuple(row for row in rows if not row.faults)
            steps = [Step(row, Outcome.BAD, faults=tuple(row.faults)) for row in rows if row.faults]
            if good:
                steps += await planned(self._scanning, good, memory, wanted.ignore_stock)
        seen = [_item_row(step) for step in sorted(steps, key=lambda step: step.row.line)]
        unread = unread_places(table.header, await self._locations.all(), "initialStock", "")
        return Preview(
            ITEMS, table.encoding, _columns(table), seen, [], [*table.notes, *unread], table.sheets,
            table.sheet,
        )  # fmt: skip

    async def _of_stock(self, file: StockTable, wanted: Wanted) -> Preview:
        rows = [stock_row(row, file.places, file.strays) for row in islice(file.rows(), ROWS)]
        mode = wanted.mode or StockMode.COUNT
        memory = PairMemory()
        try:
            matcher = StockMatcher(
                self._scanning, self._locations, mode, wanted.location_id, memory
            )
            await matcher.match(rows)
        finally:
            memory.close()
        codes = {one.id: one.code for one in await self._locations.all()}
        seen = [_stock_row(row, codes, mode) for row in rows]
        unsaid = said("Say whether quantities are counts or came in.")
        problems: list[str] = [] if wanted.mode else [unsaid]
        table = file.table
        return Preview(
            STOCK, table.encoding, _columns(table), seen, problems, [*table.notes, *file.doubts],
            table.sheets, table.sheet,
        )  # fmt: skip


def _has_names(source: BinaryIO, wanted: Wanted) -> bool:
    """Whether the file has a column of names, so that items can be made of it."""
    try:
        Table(
            source, wanted.encoding, wanted.mapping, required=("name",), numbers={},
            sheet=wanted.sheet,
        )  # fmt: skip
    except UnreadableFile:
        return False
    return True


def _unmapped(source: BinaryIO, wanted: Wanted, problems: Sequence[str]) -> Preview:
    """The columns as far as they can be told without knowing what they stand for, so that somebody
    can say it."""
    table = Table(source, wanted.encoding, {}, (), (), numbers={}, sheet=wanted.sheet)
    names = list(table.header.columns)
    if len(names) < 2:
        names = max((next(csv.reader(names, delimiter=one)) for one in ";\t|"), key=len)
    fields = {column: name for name, column in wanted.mapping.items()}
    columns = [PreviewColumn(name, fields.get(name)) for name in names[:COLUMNS_MAX]]
    return Preview(
        wanted.kind, wanted.encoding or "", columns, [], [*problems], [], table.sheets, table.sheet
    )


def _fault(wanted: Wanted, *problems: str) -> Preview:
    return Preview(wanted.kind, wanted.encoding or "", problems=list(problems))


def _columns(table: Table) -> list[PreviewColumn]:
    by_index = {index: name for name, index in table.header.positions.items()}
    return [
        PreviewColumn(name, by_index.get(index))
        for index, name in enumerate(table.header.columns[:COLUMNS_MAX])
    ]


def _item_row(step: Step) -> PreviewRow:
    row = step.row
    given = {
        name: row.columns[rule.column]
        for name, rule in ITEM_RULES.items()
        if rule.column in row.columns
    }
    shown = [PreviewValue(name, _text(name, value)) for name, value in given.items()]
    if row.says_stock:
        shown.append(PreviewValue("initialStock", str(row.initial_stock)))
    if row.location_code is not None:
        shown.append(PreviewValue("location", row.location_code))
    words = _words(step.faults if step.outcome is Outcome.BAD else row.notes)
    return PreviewRow(row.line, step.outcome.name, shown, words)


def _stock_row(row: StockRow, codes: dict[int, str], mode: StockMode) -> PreviewRow:
    shown: list[PreviewValue] = []
    if row.item is not None:
        shown += [PreviewValue("sku", row.item.sku), PreviewValue("name", row.item.name)]
    for pair in row.pairs:
        code = codes.get(pair.location_id, "")
        before = "" if pair.expected is None else f"{pair.expected} → "
        shown.append(PreviewValue(code, f"{before}{pair.quantity}"))
    is_count = mode is StockMode.COUNT
    moves = any(p.quantity != (p.expected if is_count else 0) for p in row.pairs)
    outcome = "BAD" if row.faults else "BOOKED" if moves else "UNCHANGED"
    return PreviewRow(row.line, outcome, shown, _words(row.faults))


def _words(faults: Sequence[Fault]) -> list[str]:
    return [fault.message for fault in faults]


def _text(name: str, value: Any) -> str:
    """A column's value as people read it."""
    if name in ("price", "cost") and isinstance(value, int):
        return values.money_text(value)
    if isinstance(value, Enum):
        return str(value.value)
    if name == "visibility":
        return "ADMINS" if value else "EVERYONE"
    return "" if value is None else str(value)
