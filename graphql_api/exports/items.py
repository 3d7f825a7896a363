"""Exporting items as a CSV file that an import takes back unchanged. Called by `export-items`.

The columns are those of files/tables.py. `initialStock` is the stock, and `location` where it is;
blank for an item with stock at several locations, whose sum is then told.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from graphql_api import values
from graphql_api.clock import to_rfc3339
from graphql_api.database.connection import Connection
from graphql_api.files.tables import ARCHIVED_AT, DELETED_AT, FIELDS
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import COLUMNS, Item, item_from_row

ITEMS_PER_PAGE = 1_000  # about 300 KB of text


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A piece of the file. text: whole lines; scattered: items with stock at several locations."""

    text: str
    items: int
    scattered: int


async def export_items(
    scanning: Connection, *, include_deleted: bool = False, include_archived: bool = False
) -> AsyncIterator[ExportPage]:
    """The file, piece by piece, the header first.

    By id, which never changes: an item that is there all the time is exported once, whatever
    happens to it meanwhile.
    """
    asked_for = {DELETED_AT: include_deleted, ARCHIVED_AT: include_archived}
    moments = [name for name, is_asked in asked_for.items() if is_asked]
    yield ExportPage(_lines([[*FIELDS, *moments]]), 0, 0)
    catalogue = Catalogue(scanning, scanning)
    codes = await _location_codes(scanning)
    chosen = _chosen(include_deleted, include_archived)
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
            _cells(item, codes[found[0]] if len(found) == 1 else "", moments)
            for item, found in zip(items, places, strict=True)
        ]
        yield ExportPage(_lines(lines), len(items), sum(len(found) > 1 for found in places))


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


def _cells(item: Item, location: str, moments: Sequence[str]) -> Sequence[str]:
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
    at_us = {DELETED_AT: item.deleted_at, ARCHIVED_AT: item.archived_at}
    cells += ["" if (at := at_us[name]) is None else to_rfc3339(at) for name in moments]
    return cells


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    plain = csv.writer(text, lineterminator="\n")
    # The writer leaves a lone carriage return bare, and readers would take it for a line's end.
    quoting = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        has_return = any("\r" in cell for cell in row)
        (quoting if has_return else plain).writerow(row)
    return text.getvalue()
