"""Stored files in the database: room for new ones, and which of them nobody uses. In commands.

A file's row comes before its bytes and goes after them, so bytes without a row are of no crash:

    room is made (not whole, unused) → bytes are stored → it is attached (whole, used)
    → no longer attached (unused) → an hour later doomed → its bytes go → its row goes

What a crash leaves on the way is unused, and goes as what nobody uses does. A doomed file is
never used again, and the same bytes that come meanwhile get a file of another name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.attachments.commands import NewFile
from graphql_api.clock import HOUR_US
from graphql_api.database.connection import Connection
from graphql_api.errors import InvalidTransition
from graphql_api.events.log import LogTransaction
from graphql_api.said import said

UNUSED_US = HOUR_US  # far longer than an upload takes from its room to its end
DOOMED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Doomed:
    """A file whose bytes go."""

    id: int
    sha256: str
    media_type: str


async def whole_file(connection: Connection, sent_sha256: str) -> tuple[int, str] | None:
    """The id and media type of a file that was made of these bytes, and whose own are stored."""
    row = await connection.row(
        "SELECT id, media_type FROM stored_file WHERE sent_sha256 = ? AND is_whole = 1 "
        "AND doomed = 0 ORDER BY id LIMIT 1",
        sent_sha256,
    )
    return None if row is None else (row[0], row[1])


async def make_room(transaction: LogTransaction, new: NewFile, bytes_max: int) -> int:
    """The id of a new file. bytes_max: of all. Raises InvalidTransition when there is no room."""
    connection = transaction.connection
    row = await connection.row("SELECT sum(total_size) FROM stored_file WHERE doomed = 0")
    used = int(row[0] or 0) if row is not None else 0
    if used + new.total_size > bytes_max:
        raise InvalidTransition(
            said(
                "There is no room for it: all attachments together may have {most} bytes, and "
                "have {used}. Delete some; their room is free an hour later.",
                most=f"{bytes_max:,}",
                used=f"{used:,}",
            ),
            ("file",),
        )
    file_id = transaction.new_id()
    await connection.change(
        "INSERT INTO stored_file (id, sent_sha256, sha256, media_type, size, total_size, width, "
        "height, is_whole, doomed, unused_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)",
        file_id, new.sent_sha256, new.sha256, new.media_type, new.size, new.total_size,
        new.width, new.height, transaction.entry.now_us,
    )  # fmt: skip
    return file_id


async def use(connection: Connection, sent_sha256: str, file_id: int) -> int | None:
    """The file to attach: one that was whole before, else `file_id`, which is so now. None: it was
    given up meanwhile."""
    known = await whole_file(connection, sent_sha256)
    found = file_id if known is None else known[0]
    changed = await connection.change(
        "UPDATE stored_file SET is_whole = 1, unused_since = NULL WHERE id = ? AND doomed = 0",
        found,
    )
    return found if changed else None


async def let_go(transaction: LogTransaction, file_id: int) -> None:
    """One that used the file does not any more."""
    await transaction.connection.change(
        "UPDATE stored_file SET unused_since = ? WHERE id = ? AND NOT EXISTS "
        "(SELECT 1 FROM attachment WHERE file_id = stored_file.id)",
        transaction.entry.now_us,
        file_id,
    )


async def doom_some(transaction: LogTransaction, now_us: int) -> list[Doomed]:
    """Files that nobody has used for UNUSED_US, and those whose deletion was begun: some of them,
    never to be used again."""
    connection = transaction.connection
    rows = await connection.rows(
        "SELECT id, sha256, media_type FROM stored_file WHERE unused_since < ? "
        "ORDER BY unused_since, id LIMIT ?",
        now_us - UNUSED_US,
        DOOMED_AT_ONCE,
    )
    await connection.change_many(
        "UPDATE stored_file SET doomed = 1 WHERE id = ?", [[row[0]] for row in rows]
    )
    return [Doomed(*row) for row in rows]


async def forget(transaction: LogTransaction, ids: Sequence[int]) -> None:
    """The bytes of these doomed files are gone."""
    await transaction.connection.change_many(
        "DELETE FROM stored_file WHERE id = ? AND doomed = 1", [[file_id] for file_id in ids]
    )
