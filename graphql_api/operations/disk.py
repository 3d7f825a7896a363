"""Whether the database's disk takes writes. Asked by /readyz and /metrics.

Two signs: a write failed because of the disk and none has succeeded since (faults.py), or, for an
SQLite file, next to nothing is left. Reads go on all the while. Who asks while writes fail has one
tried, so that a server that got no more work notices that there is room again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphql_api.database.database import Database
from graphql_api.database.faults import Away
from graphql_api.database.writer import Transaction, Writer, single

FREE_BYTES_MIN = 1_048_576  # a few transactions' worth; below it the next one fails
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
            await self._writer.submit(self._try, None)

    async def _write_nothing(self, _transaction: Transaction[Any], _command: None) -> None:
        """The transaction writes the head row all the same."""
