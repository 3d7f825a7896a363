"""What keeps an import from being undone, as far as that is known without reading all of it.

undo.py refuses by it, and listing.py tells it of each import of a page: so it reads the items of
one import at most, and none of one that is known to be too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from graphql_api.database.connection import Connection
from graphql_api.imports.file_imports import FileImport, ImportStatus
from graphql_api.said import said

UNDO_ITEMS_MAX = 2_000  # items, and as many movements: about half a second in which nobody writes
NAMED_MAX = 20  # items that a refusal names
UNENDED = (ImportStatus.RUNNING, ImportStatus.UPLOADING)


class UndoBlock(Enum):
    """Why an import cannot be undone."""

    UNDONE = "UNDONE"
    UNENDED = "UNENDED"
    NOTHING_WRITTEN = "NOTHING_WRITTEN"
    TOO_LARGE = "TOO_LARGE"
    TOUCHED = "TOUCHED"


@dataclass(frozen=True, slots=True)
class UndoBlocker:
    """What keeps an import from being undone. message: the same in words, for people."""

    reason: UndoBlock
    message: str


async def undo_blocker(connection: Connection, found: FileImport) -> UndoBlocker | None:
    """None: nothing that is known. What undo.py finds out beyond it is how many movements a file
    with a column for each location booked, and whether barcodes that come back are free."""
    return _by_state(found) or _by_counts(found) or await _by_items(connection, found.id)


def too_many_movements() -> UndoBlocker:
    return UndoBlocker(
        UndoBlock.TOO_LARGE,
        said(
            "This import booked more than {most} movements: that is too many to be undone in one "
            "go.",
            most=UNDO_ITEMS_MAX,
        ),
    )


def _too_many_items() -> UndoBlocker:
    return UndoBlocker(
        UndoBlock.TOO_LARGE,
        said(
            "This import wrote more than {most} items: that is too many to be undone in one go.",
            most=UNDO_ITEMS_MAX,
        ),
    )


def _by_state(found: FileImport) -> UndoBlocker | None:
    if found.undone_at is not None:
        return UndoBlocker(UndoBlock.UNDONE, said("This import was undone already."))
    if found.status in UNENDED:
        words = said(
            "This import is {status}: cancel it before it is undone.", status=found.status.value
        )
        return UndoBlocker(UndoBlock.UNENDED, words)
    return None


def _by_counts(found: FileImport) -> UndoBlocker | None:
    """Of a large one they tell enough: a row that was booked has a movement at least."""
    if found.counts.created + found.counts.updated > UNDO_ITEMS_MAX:
        return _too_many_items()
    return too_many_movements() if found.counts.booked > UNDO_ITEMS_MAX else None


async def _by_items(connection: Connection, import_id: int) -> UndoBlocker | None:
    row = await connection.row(
        "SELECT count(*), coalesce(sum(CASE WHEN i.version <> w.version THEN 1 ELSE 0 END), 0) "
        "FROM (SELECT item_id, version FROM import_item WHERE import_id = ? LIMIT ?) w "
        "JOIN item i ON i.id = w.item_id",
        import_id,
        UNDO_ITEMS_MAX + 1,
    )
    assert row is not None, "counts always come"
    written, touched = row
    if not written:
        words = said("This import changed nothing that could be undone.")
        return UndoBlocker(UndoBlock.NOTHING_WRITTEN, words)
    if written > UNDO_ITEMS_MAX:
        return _too_many_items()
    return await _touched(connection, import_id, touched) if touched else None


async def _touched(connection: Connection, import_id: int, count: int) -> UndoBlocker:
    rows = await connection.rows(
        "SELECT i.sku FROM import_item w JOIN item i ON i.id = w.item_id "
        "WHERE w.import_id = ? AND i.version <> w.version ORDER BY i.sku_key LIMIT ?",
        import_id,
        NAMED_MAX,
    )
    named = ", ".join(row[0] for row in rows)
    more = count - len(rows)
    if more > 0:
        words = said(
            "{count} of its items were touched since: {named} and {more} more.",
            count=count,
            named=named,
            more=more,
        )
    else:
        words = said("{count} of its items were touched since: {named}.", count=count, named=named)
    return UndoBlocker(UndoBlock.TOUCHED, words)
