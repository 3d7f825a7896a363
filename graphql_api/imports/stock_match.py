"""What rows of stock speak of: their items, locations, and the levels that are there. Called by
stock.py before anything is written; the command looks again (stock_command.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.errors import InvalidInput
from graphql_api.imports.locations import known_as
from graphql_api.imports.stock_rows import Pair, StockRow, in_units
from graphql_api.imports.stock_tables import StockMode
from graphql_api.inventory import scanned_text
from graphql_api.inventory.barcode_rows import items_with, of_code
from graphql_api.inventory.barcodes import compare_key
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.levels import Levels
from graphql_api.inventory.locations import CODE_MAX, Locations
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.places import Location
from graphql_api.said import said

Place = tuple[int, int]  # an item's id and a location's


class PairMemory:
    """Which line counts which pair, and the level that it was checked against. In a temporary
    database that is kept on disk beyond a few megabytes: a file may be longer than the memory."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
            "CREATE TABLE pair (item INTEGER, location INTEGER, line INTEGER, level INTEGER, "
            "PRIMARY KEY (item, location)) WITHOUT ROWID;"
        )

    def close(self) -> None:
        self._kept.close()

    def look(self, place: Place) -> tuple[int, int] | None:
        """The line that counts it, and its level then."""
        found = self._kept.execute(
            "SELECT line, level FROM pair WHERE item = ? AND location = ?", place
        ).fetchone()
        return None if found is None else (found[0], found[1])

    def note(self, place: Place, line: int, level: int) -> None:
        self._kept.execute("INSERT INTO pair VALUES (?, ?, ?, ?)", (*place, line, level))


class StockMatcher:
    """mode: what the quantities are. location_id: for rows that name no location; None: they
    must, unless there is only one.

    checked: what an earlier pass over the file saw, which a count must still find.
    """

    def __init__(
        self,
        scanning: Connection,
        locations: Locations,
        mode: StockMode,
        location_id: int | None,
        memory: PairMemory,
        checked: PairMemory | None = None,
    ) -> None:
        self._scanning = scanning
        self._catalogue = Catalogue(scanning, scanning)
        self._locations = locations
        self._mode = mode
        self._fallback = location_id
        self._memory = memory
        self._checked = checked
        self._known: dict[str, Location] = {}
        self._by_id: dict[int, Location] = {}

    async def match(self, rows: Sequence[StockRow]) -> None:
        """Give each row its item and pairs, or its faults. Three statements at most, and one more
        when a location is not known yet."""
        good = [row for row in rows if not row.faults]
        await self._find_items(good)
        await self._load_locations(good)
        found = {row.item.id for row in good if row.item is not None}
        levels = await self._catalogue.levels(sorted(found)) if found else {}
        for row in good:
            if row.item is not None:
                self._find_pairs(row, row.item, levels[row.item.id])

    async def _find_items(self, rows: Sequence[StockRow]) -> None:
        texts = [text for row in rows for text in (row.sku, row.barcode) if text]
        named = await NamedItems.load(self._scanning, [ItemRef("sku", text) for text in texts])
        readings = {
            text: scanned_text.read(text)
            for row in rows
            if (text := _to_scan(row, named)) is not None
        }
        codes = {code for reading in readings.values() for code in reading.codes}
        by_code = await items_with(self._scanning, codes)
        for row in rows:
            _identify(row, named, readings, by_code)

    async def _load_locations(self, rows: Sequence[StockRow]) -> None:
        keys = {values.lookup_key(row.location, CODE_MAX) for row in rows if row.location}
        if self._by_id and keys <= self._known.keys():
            return
        everywhere = await self._locations.all()
        self._known = known_as(everywhere)
        self._by_id = {one.id: one for one in everywhere}

    def _place(self, row: StockRow, location_id: int | None) -> Location | None:
        """Where a number of the row is; None with a fault."""
        if location_id is not None:
            return self._by_id.get(location_id)
        if row.location:
            found = self._known.get(values.lookup_key(row.location, CODE_MAX))
            if found is None:
                code = values.excerpt(row.location)
                row.blame("location", said("There is no location with the code {code}.", code=code))
            return found
        if self._fallback is not None:
            return self._by_id.get(self._fallback)
        in_use = [one for one in self._by_id.values() if one.archived_at is None]
        if len(in_use) == 1:
            return in_use[0]
        words = said("The row names no location, and there are several.")
        row.blame("location", words)
        return None

    def _find_pairs(self, row: StockRow, item: Item, levels: Levels) -> None:
        for cell in row.cells:
            location = self._place(row, cell.location_id)
            if location is None:
                continue
            try:
                quantity = in_units(item, cell, row.unit, row.factor)
            except InvalidInput as error:
                row.blame(error.field[-1] if error.field else cell.column, error.sentence)
                continue
            level = levels.get(location.id, 0)
            is_count = self._mode is StockMode.COUNT
            comes_in = quantity - level if is_count else quantity
            if comes_in > 0:
                _refuse_closed(row, item, location)
            expected = self._expected(row, item, location, level) if is_count else None
            row.pairs.append(Pair(location.id, quantity, expected))

    def _expected(self, row: StockRow, item: Item, location: Location, level: int) -> int:
        """The level that the count replaces; a fault for a pair that an earlier line counts."""
        place = (item.id, location.id)
        earlier = self._memory.look(place)
        if earlier is not None:
            words = said(
                "{sku} at {place} is counted in line {line} already.",
                sku=item.sku,
                place=location.code,
                line=earlier[0],
            )
            row.blame(None, words)
            return level
        self._memory.note(place, row.line, level)
        if row.expected is not None:
            if row.expected != level:
                row.blame("expected", changed_words(item.sku, location.code, row.expected, level))
            return row.expected
        before = None if self._checked is None else self._checked.look(place)
        return level if before is None else before[1]


def changed_words(sku: str, code: str, expected: int, level: int) -> str:
    """Why a count is not booked."""
    return said(
        "{sku} had {expected} at {code} when it was counted and checked, and has {level} now: "
        "count it again.",
        sku=sku,
        expected=expected,
        code=code,
        level=level,
    )


def _refuse_closed(row: StockRow, item: Item, location: Location) -> None:
    if item.deleted_at is not None:
        row.blame("sku", said("The item {sku} was deleted: nothing comes in.", sku=repr(item.sku)))
    if location.archived_at is not None:
        words = said("The location {code} is archived: nothing comes in.", code=location.code)
        row.blame("location", words)


def _to_scan(row: StockRow, named: NamedItems) -> str | None:
    """The text of the row that must be looked up as a barcode; None where the SKU says all."""
    by_sku = named.look(ItemRef("sku", row.sku)) if row.sku else None
    if by_sku is None:
        return row.sku or row.barcode
    if not row.barcode or _has(by_sku, row.barcode):
        return None
    return row.barcode


def _has(item: Item, barcode: str) -> bool:
    return any(compare_key(one.code) == compare_key(barcode) for one in item.barcodes)


def _identify(
    row: StockRow,
    named: NamedItems,
    readings: Mapping[str, scanned_text.Reading],
    by_code: Mapping[str, Item],
) -> None:
    """Find the row's item as a scanner would: by its SKU first where the column says SKU."""
    by_sku = named.look(ItemRef("sku", row.sku)) if row.sku else None
    text = _to_scan(row, named)
    scanned = None if text is None else _scanned(text, named, readings[text], by_code)
    if by_sku is not None:
        if scanned is not None and scanned[0].id != by_sku.id:
            words = said(
                "{barcode} is a barcode of {other}, not of {sku}.",
                barcode=repr(row.barcode),
                other=repr(scanned[0].sku),
                sku=repr(row.sku),
            )
            row.blame("barcode", words)
        row.item = by_sku
    elif scanned is not None:
        row.item, row.factor = scanned
    else:
        code = values.excerpt(text or "")
        if row.sku:
            row.blame("sku", said("There is no item with the SKU or barcode {code}.", code=code))
        else:
            words = said("There is no item with the barcode or SKU {code}.", code=code)
            row.blame("barcode", words)


def _scanned(
    text: str, named: NamedItems, reading: scanned_text.Reading, by_code: Mapping[str, Item]
) -> tuple[Item, int] | None:
    """The item of a text, and the base units that one of it stands for."""
    for number, code in enumerate(reading.codes):
        if code in by_code:
            item = by_code[code]
            return item, of_code(item, code).factor * reading.count
        by_sku = named.look(ItemRef("sku", text)) if number == 0 else None
        if by_sku is not None and by_sku.deleted_at is None:
            return by_sku, 1
    return None


def locations_of(rows: Iterable[StockRow]) -> set[int]:
    """Every location that the rows' pairs name."""
    return {pair.location_id for row in rows for pair in row.pairs}
