"""Watches that an embedded database's file is the one that was opened.

A process goes on with the file that it has open, also when another one was put in its place:
what it writes from then on is in no file that anybody finds. So the process ends, and the next
one opens what is there.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from graphql_api.kernel.tasks import ended

LOOK_S = 1.0


class DatabaseReplaced(Exception):
    """The database's file is gone, or is another one than was opened."""


class FileWatch:
    """`start` it once the database is open. file None: there is none, and nothing to watch."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.tasks: list[asyncio.Task[None]] = []  # while it runs

    def start(self) -> None:
        if self._file is not None:
            watching = self._watch(self._file, _identity(self._file))
            self.tasks = [asyncio.create_task(watching, name="database file")]

    async def close(self) -> None:
        await ended(self.tasks)
        self.tasks = []

    async def _watch(self, file: Path, opened: tuple[int, int] | None) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if _identity(file) != opened:
                raise DatabaseReplaced(f"{file} is not the file that was opened any more")


def _identity(file: Path) -> tuple[int, int] | None:
    """Of the file itself, whatever its name; None: there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
