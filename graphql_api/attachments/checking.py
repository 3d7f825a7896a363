"""Compares what the database says of attachments with what lies in the store. For the command
check-attachments, and for backups."""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api.attachments.attachment import file_names
from graphql_api.attachments.files import UNUSED_US
from graphql_api.attachments.stores import PART, Store
from graphql_api.clock import Clock
from graphql_api.database.connection import Connection

# The last: whether its bytes have to be there. A file that is on its way, or may go, is known.
_FILES = (
    "SELECT id, sha256, media_type, size, CASE WHEN unused_since IS NULL THEN 1 ELSE 0 END "
    "FROM stored_file WHERE id > ? ORDER BY id LIMIT 1000"
)


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """missing: names that attachments need and that are not there, or have another size; orphans:
    what lies there and is of no file that the database knows."""

    files: int
    lying: int
    missing: tuple[str, ...]
    orphans: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is missing: orphans take room, and nothing else."""
        return not self.missing


async def check_store(scanning: Connection, store: Store, clock: Clock) -> StoreCheck:
    """Look at all of it. What came within the last hour may still be on its way into the database,
    so it is no orphan. The database is read first: what it has by then lies there, while the store
    is read, for an hour at least."""
    newest_us = clock.now_us() - UNUSED_US
    known: set[str] = set()
    needed: dict[str, int | None] = {}  # name → its size, where that is known
    count = after = 0
    while rows := await scanning.rows(_FILES, after):
        for file_id, sha256, media_type, size, is_needed in rows:
            names = file_names(sha256, file_id, media_type)
            known.update(names)
            if is_needed:
                count += 1
                needed |= {**dict.fromkeys(names), names[0]: size}
        after = rows[-1][0]
    lying = {one.name: one async for one in store.listing()}
    missing = [
        name
        for name, size in needed.items()
        if name not in lying or size not in (None, lying[name].size)
    ]
    orphans = [
        name
        for name, one in lying.items()
        if name.removesuffix(PART) not in known and one.written_at < newest_us
    ]
    return StoreCheck(count, len(lying), tuple(missing), tuple(sorted(orphans)))
