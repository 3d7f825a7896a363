"""Whether the database's disk takes writes. Asked by /readyz and /metrics, and by each of several
workers about itself, every few seconds (workers/team.py).

Two signs: a write failed because of the disk and none has succeeded since (faults.py), or, for an
SQLite file, next to nothing is left. Reads go on all the while. Who asks while writes fail has one
tried, so that a server that got no more work notices that there is room again. Of a full disk of
PostgreSQL's the next commit says nothing: small ones find room in pages that are there. So a
megabyte is written to a temporary table, beside the writer, whose commands it must not hold up.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphql_api.database.database import Database
from graphql_api.database.dialect import Dialect
from graphql_api.database.faults import Away, DatabaseAway
from graphql_api.database.writer import Transaction, Writer, single

logger = logging.getLogger(__name__)

FREE_BYTES_MIN = 1_048_576  # a few transactions' worth; below it the next one fails
# Rows of 1,000 bytes, which are not compressed: pages that the table has not got yet.
NEEDS_ROOM = (
    "CREATE TEMPORARY TABLE disk_trial ON COMMIT DROP AS "
    "SELECT repeat('x', 1000) AS filling FROM generate_series(1, 1048)"
)
TRIAL_TIMEOUT_S = 2.0  # for one write; it goes on when nobody waits for it any more

WORDS = {
    Away.FULL: "disk full",
    Away.DISK: "disk fault",
    Away.READ_ONLY: "read only",
}


class Disk:
    """Watches the disk of one database. Costs nothing while nobody asks."""

    def __init__(self, database: Database, writer: Writer[Any]) -> None:
        self._file: Path | None = database.file
        self._database = database
        self._faults = database.faults
        self._writer = writer
        self._trial: asyncio.Task[None] | None = None
        self._try = single(self._write_nothing)

    @property
    def free_bytes(self) -> int | None:
        """What is left on the disk of an SQLite file; None: not known, as of a server's."""
        if self._file is None or not hasattr(os, "statvfs"):
            return None
        try:
            found = os.statvfs(self._file.resolve().parent)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize if found.f_blocks else None

    @property
    def word(self) -> str | None:
        """Why writes fail, as of the last one; None: they do not."""
        free = self.free_bytes
        if self._faults.refusing is None and free is not None and free < FREE_BYTES_MIN:
            return WORDS[Away.FULL]
        return WORDS[self._faults.refusing] if self._faults.refusing else None

    async def look(self) -> str | None:
        """`word`, after a write was tried if the last one failed."""
        if self._faults.refusing is not None:
            if self._trial is None or self._trial.done():
                self._trial = asyncio.create_task(self._write(), name="disk trial")
            await asyncio.wait([self._trial], timeout=TRIAL_TIMEOUT_S)
        return self.word

    async def _write(self) -> None:
        with suppress(Exception):  # `word` tells
            await self._look_for_room()
            await self._writer.submit(self._try, None)
            self._faults.has_room()

    async def _look_for_room(self) -> None:
        """Raises DatabaseAway when PostgreSQL has none."""
        if self._database.dialect is not Dialect.POSTGRES:
            return
        try:
            async with self._database.aside() as connection:
                await connection.change(NEEDS_ROOM)
        except DatabaseAway:
            raise
        except Exception as error:  # this role may make no temporary tables: then nobody knows
            logger.warning("cannot see whether the disk has room: %s", error)

    async def _write_nothing(self, _transaction: Transaction[Any], _command: None) -> None:
        """The transaction writes the head row all the same."""
