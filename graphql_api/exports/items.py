"""Exporting items as a table that an import takes back unchanged. Called by `export-items`.

The columns are those of files/tables.py. `initialStock` is the stock, and `location` where it is;
blank for an item with stock at several locations, whose sum is then told. Several barcodes, units
of packaging and attributes have columns where any item has some: imports/packs.py reads them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from graphql_api import values
from graphql_api.clock import to_rfc3339
from graphql_api.database.connection import Connection
from graphql_api.files.lists import joined
from graphql_api.files.tables import ARCHIVED_AT, DELETED_AT, FIELDS, PACKAGING
from graphql_api.files.writing import csv_lines
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import COLUMNS, Item, item_from_row

ITEMS_PER_PAGE = 1_000  # about 300 KB of text


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A piece of the table. scattered: items with stock at several locations."""

    rows: Sequence[Sequence[str]]
    items: int
    scattered: int

    @property
    def text(self) -> str:
        """Its rows as lines of CSV."""
        return csv_lines(self.rows)


async def export_items(
    scanning: Connection, *, include_deleted: bool = False, include_archived: bool = False
) -> AsyncIterator[ExportPage]:
    """The file, piece by piece, the header first.

    By id, which never changes: an item that is there all the time is exported once, whatever
    happens to it meanwhile.
    """
    asked_for = {DELETED_AT: include_deleted, ARCHIVED_AT: include_archived}
    chosen = _chosen(include_deleted, include_archived)
    further = [*await _packaging(scanning, chosen), *(n for n, asked in asked_for.items() if asked)]
    yield ExportPage([[*FIELDS, *further]], 0, 0)
    catalogue = Catalogue(scanning, scanning)
    codes = await _location_codes(scanning)
    last = 0
    while True:
        rows = await scanning.rows(
            f"SELECT {COLUMNS} FROM item WHERE id > ? AND {chosen} ORDER BY id LIMIT ?",
            last,
            ITEMS_PER_PAGE,
        )
        if not rows:
            return
        items = [item_from_row(row) for row in rows]
        last = items[-1].id
        levels = await catalogue.levels([item.id for item in items])
        places = [[i for i, quantity in levels[item.id].items() if quantity] for item in items]
        if any(i not in codes for found in places for i in found):
            codes = await _location_codes(scanning)
        lines = [
            _cells(item, codes[found[0]] if len(found) == 1 else "", further)
            for item, found in zip(items, places, strict=True)
        ]
        yield ExportPage(lines, len(items), sum(len(found) > 1 for found in places))


async def count_items(
    scanning: Connection, *, include_deleted: bool = False, include_archived: bool = False
) -> int:
    """How many items an export has now."""
    chosen = _chosen(include_deleted, include_archived)
    row = await scanning.row(f"SELECT count(*) FROM item WHERE {chosen}")
    assert row is not None
    return int(row[0])


def _chosen(include_deleted: bool, include_archived: bool) -> str:
    conditions = {"deleted_at IS NULL": not include_deleted}
    conditions["archived_at IS NULL"] = not include_archived
    return " AND ".join(name for name, holds in conditions.items() if holds) or "1 = 1"


async def _location_codes(connection: Connection) -> Mapping[int, str]:
    return {row[0]: row[1] for row in await connection.rows("SELECT id, code FROM location")}


async def _packaging(scanning: Connection, chosen: str) -> list[str]:
    """The columns of PACKAGING that some item needs."""
    needed = []
    for name, column in _KEPT_IN.items():
        some = f"SELECT 1 FROM item WHERE {column} IS NOT NULL AND {chosen} LIMIT 1"
        if await scanning.row(some) is not None:
            needed.append(name)
    return needed


def _cells(item: Item, location: str, further: Sequence[str]) -> Sequence[str]:
    cells = [
        item.sku,
        item.name,
        item.description,
        item.category or "",
        item.barcode or "",
        item.unit,
        values.money_text(item.price),
        "" if item.cost is None else values.money_text(item.cost),
        str(item.min_stock),
        str(item.stock),
        location,
        item.visibility.value,
    ]
    return cells + [_FURTHER[name](item) for name in further] if further else cells


def _barcodes(item: Item) -> str:
    return joined(
        (one.code, f"{one.factor} {one.unit or ''}".strip() if one.factor != 1 else None)
        for one in item.barcodes
    )


def _units(item: Item) -> str:
    return joined((unit.name, str(unit.factor)) for unit in item.units[1:])


def _attributes(item: Item) -> str:
    return joined(orjson.loads(item.attributes).items()) if item.attributes else ""


def _instant(at_us: int | None) -> str:
    return "" if at_us is None else to_rfc3339(at_us)


_KEPT_IN = dict(
    zip(
        PACKAGING,
        ("codes", "other_units", "display_unit", "attributes", "lead_time_days"),
        strict=True,
    )
)
_FURTHER: Mapping[str, Callable[[Item], str]] = {
    "barcodes": _barcodes,
    "units": _units,
    "displayUnit": lambda item: item.display_unit or "",
    "attributes": _attributes,
    "leadTimeDays": lambda item: "" if item.lead_time_days is None else str(item.lead_time_days),
    DELETED_AT: lambda item: _instant(item.deleted_at),
    ARCHIVED_AT: lambda item: _instant(item.archived_at),
}
