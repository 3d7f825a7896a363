"""Exporting stock: a row for each item and location, which `import-stock --count` takes back
unchanged. Called by `export-stock`."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from graphql_api.database.connection import Connection, Row
from graphql_api.inventory.barcodes import listed

COLUMNS = ("sku", "name", "location", "quantity", "unit", "barcode")
ROWS_PER_PAGE = 5_000  # about 300 KB of text
DEFAULT_LOCATION = 1

# Deleted and archived items only where something is left of them. Each place but the default one
# has a level once it was used, so an item without any stands once, with 0: a sheet to count by.
_PLACE = f"coalesce(l.location_id, {DEFAULT_LOCATION})"
_ROWS = (
    f"SELECT i.id, {_PLACE} AS place, i.sku, i.name, c.code, coalesce(l.quantity, 0), i.unit, "
    "i.barcode, i.codes "
    f"FROM item i LEFT JOIN level l ON l.item_id = i.id JOIN location c ON c.id = {_PLACE} "
    "WHERE (i.deleted_at IS NULL AND i.archived_at IS NULL AND c.archived_at IS NULL "
    f"OR l.quantity <> 0) AND i.id >= ? AND (i.id > ? OR {_PLACE} > ?) "
    "ORDER BY i.id, place LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class StockPage:
    """A piece of the file. text: whole lines; rows: how many, the header not counted."""

    text: str
    rows: int


async def export_stock(scanning: Connection) -> AsyncIterator[StockPage]:
    """The file, piece by piece, the header first. By ids, which never change."""
    yield StockPage(_lines([COLUMNS]), 0)
    item_id = location_id = 0
    while True:
        rows = await scanning.rows(_ROWS, item_id, item_id, location_id, ROWS_PER_PAGE)
        if not rows:
            return
        item_id, location_id = rows[-1][0], rows[-1][1]
        yield StockPage(_lines(_cells(row) for row in rows), len(rows))


async def count_levels(scanning: Connection) -> int:
    """About how many rows an export has now."""
    row = await scanning.row("SELECT count(*) FROM level")
    assert row is not None
    return int(row[0])


def _cells(row: Row) -> Sequence[str]:
    _, _, sku, name, code, quantity, unit, barcode, codes = row
    return [sku, name, code, str(quantity), unit, _single(barcode, codes)]


def _single(barcode: str | None, codes: str | None) -> str:
    """The first barcode of one unit; blank when there is none: a carton's would count cartons."""
    return next((one.code for one in listed(barcode, codes) if one.factor == 1), "")


def _lines(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
