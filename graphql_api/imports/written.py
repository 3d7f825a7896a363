"""What imports wrote, item by item, so that one can be taken back. For the commands of imports.

An item's row says at which version the import left it. As long as it is at that version, nothing
else has touched it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.database.connection import Connection
from graphql_api.events.log import LogTransaction
from graphql_api.imports.facts import RowCounts
from graphql_api.inventory.facts import ItemState
from graphql_api.kernel.codec import Kind

ITEM_BEFORE = Kind("item before an import", ItemState)
TOUCHED = 0  # no item has this version


@dataclass(frozen=True, slots=True)
class Written:
    """An item that a command wrote. before_version: 0 for a new one; before: what it was, None
    where its fields stayed."""

    item_id: int
    before_version: int
    version: int
    before: ItemState | None = None


async def note_written(
    transaction: LogTransaction, import_id: int, written: Sequence[Written]
) -> None:
    """Keep what an import's command wrote: three statements at most."""
    connection = transaction.connection
    if not written:
        return
    rows = await connection.rows(
        "SELECT id, item_id, version FROM import_item WHERE import_id = ? AND "
        + connection.dialect.one_of("item_id", "bigint"),
        import_id,
        connection.dialect.array([one.item_id for one in written]),
    )
    known = {row[1]: (row[0], row[2]) for row in rows}
    await connection.change_many(
        "UPDATE import_item SET version = ? WHERE id = ?",
        [
            (one.version if one.before_version == known[one.item_id][1] else TOUCHED,
             known[one.item_id][0])
            for one in written
            if one.item_id in known
        ],
    )  # fmt: skip
    await connection.change_many(
        "INSERT INTO import_item (id, import_id, item_id, version, is_new, before) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (transaction.new_id(), import_id, one.item_id, one.version,
             int(not one.before_version),
             None if one.before is None else ITEM_BEFORE.encode(one.before))
            for one in written
            if one.item_id not in known
        ],
    )  # fmt: skip


async def forget_undone(connection: Connection, import_id: int) -> None:
    """An import that was undone is taken over again: what it writes from now on can be undone, and
    what it wrote before is no part of it."""
    await connection.change("DELETE FROM import_item WHERE import_id = ?", import_id)
    await connection.change("UPDATE file_import SET undone_at = NULL WHERE id = ?", import_id)


async def with_written(connection: Connection, import_id: int, counts: RowCounts) -> RowCounts:
    """`counts`, with the rows that the import wrote counted in the database."""
    parts = {name: getattr(counts, name) for name in counts.__struct_fields__}
    row = await connection.row(
        "SELECT count(DISTINCT s.line), count(DISTINCT m.line) FROM stock_line s "
        "LEFT JOIN (SELECT l.id, l.line FROM stock_line l JOIN movement v ON v.id = l.id "
        "WHERE l.import_id = ?) m ON m.id = s.id WHERE s.import_id = ?",
        import_id,
        import_id,
    )
    if row is not None and row[0]:
        told = {**parts, "booked": row[1], "unchanged": row[0] - row[1]}
        return RowCounts(**told)
    row = await connection.row(
        "SELECT count(*), coalesce(sum(is_new), 0) FROM import_item WHERE import_id = ?", import_id
    )
    assert row is not None, "counts always come"
    return RowCounts(**{**parts, "created": row[1], "updated": row[0] - row[1]})
