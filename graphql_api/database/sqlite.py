"""SQLite under Tortoise, with a way past its thread. Named as the engine in database.py.

aiosqlite hands each statement to the connection's own thread and its answer back: two switches of
threads, about 60 µs of CPU in a server that is busy, where a short statement itself takes 2 to 10.
So the writer's transactions of few rows run theirs right here, in the event loop (`Shortcut`).
What may wait goes through the thread as ever: taking a write lock that somebody has,
COMMIT with its fsync, and everything that touches many rows.

One connection is used by both, never at once: a transaction has it alone, and awaits what it gave
to the thread before it goes on.

Many rows of one INSERT go several at a time (`change_many`): SQLite begins and ends a statement
once for 64 of them, and the GIL is let go of as often. That takes two thirds of the CPU.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import aiosqlite
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.exceptions import IntegrityError, OperationalError

# Rows of one INSERT. Few sizes, so that the statements of all of them stay prepared; the last rows
# go in one by one.
ROWS_AT_ONCE = (64, 8)
VARIABLES_MAX = 999  # of one statement; what SQLite has always allowed

_INSERT = re.compile(r"(INSERT INTO .+ VALUES )(\([?, ]+\))(.*)", re.DOTALL)


class FileClient(SqliteClient):
    """Tortoise's client, whose connection may be used outside of its thread too."""

    async def create_connection(self, with_db: bool) -> None:
        if self._connection:
            return
        self._connection = await aiosqlite.connect(
            self.filename, isolation_level=None, check_same_thread=False
        )
        self._connection._conn.row_factory = sqlite3.Row
        for pragma, value in self.pragmas.items():
            cursor = await self._connection.execute(f"PRAGMA {pragma}={value}")
            await cursor.close()
        await self._post_connect()


class Shortcut:
    """Runs statements at once, in the caller's thread; errors as Tortoise has them."""

    __slots__ = ("_driver",)

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """All rows of a statement."""
        try:
            return self._driver.execute(sql, parameters).fetchall()
        except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
            raise _as_tortoise_has_it(error) from error

    def change(self, sql: str, parameters: Sequence[Any]) -> int:
        """Run a change; how many rows it touched."""
        before = self._driver.total_changes
        self.rows(sql, parameters)
        return self._driver.total_changes - before

    def change_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a change for each of `rows`."""
        change_many(self._driver, sql, rows)


def change_many(driver: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a change for each of `rows`, in this thread; rows of an INSERT several at a time."""
    try:
        done = 0
        for width in ROWS_AT_ONCE:
            count = (len(rows) - done) // width
            wide = widened(sql, width) if count else None
            if wide is not None:
                groups = (rows[at : at + width] for at in range(done, len(rows), width))
                flat = (tuple(chain.from_iterable(group)) for group in islice(groups, count))
                driver.executemany(wide, flat)
                done += count * width
        if done < len(rows):
            driver.executemany(sql, rows[done:] if done else rows)
    except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
        raise _as_tortoise_has_it(error) from error


@lru_cache(maxsize=256)  # more than all statements of the code base
def widened(sql: str, width: int) -> str | None:
    """The INSERT with `width` rows of placeholders; None for what is not one row of them, and
    where they would be too many."""
    parts = _INSERT.fullmatch(sql)
    if parts is None or parts[2].count("?") * width > VARIABLES_MAX:
        return None
    return parts[1] + ", ".join([parts[2]] * width) + parts[3]


def _as_tortoise_has_it(error: sqlite3.Error) -> Exception:
    kind = IntegrityError if isinstance(error, sqlite3.IntegrityError) else OperationalError
    return kind(error)


client_class = FileClient  # Tortoise looks for this name in an engine
