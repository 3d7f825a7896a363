"""Reads of SQLite that take no thread: short ones, run in the event loop. Used by connection.py.

Through the driver's thread a read costs two switches of threads, about 60 µs of CPU in a server
that is busy, where most reads themselves take 2 to 200. So they are tried right here first, on a
connection of their own that no thread ever waits for. All of them together hold up the loop for
BUDGET_S a round at the most: what takes longer is interrupted and asked again through the thread,
and what is asked beyond it goes there at once, as do writes and whatever fails, for the truth of
it.

Measured beside all through the thread (scripts/bench/compare.py, CPU of the server): see
docs/decisions.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from cachetools import LRUCache

BUDGET_S = 0.002  # of one round of the event loop; a page of 50 items takes a tenth of it
LOOK_EVERY = 1_000  # instructions of SQLite's machine, some 10 µs, from one look to the next
# A statement that was interrupted would be again: so often it goes through the thread at once.
PASSED_BY = 100
LONG_ONES_MAX = 256  # statements that are remembered for it
_READS = ("SELECT", "WITH")


class BriefReads:
    """Runs statements at once, in the caller's thread, which is the event loop's.

    file: a database that exists. pragmas: of the connection, by their names.
    """

    def __init__(self, file: Path, pragmas: dict[str, str | int]) -> None:
        self._driver = sqlite3.connect(file, isolation_level=None)
        self._driver.row_factory = sqlite3.Row
        for name, value in pragmas.items():
            self.set_pragma(name, value)
        self.set_pragma("query_only", "ON")
        # From now on nobody is waited for: it would be the event loop that waits.
        self.set_pragma("busy_timeout", 0)
        self._driver.set_progress_handler(self._is_over, LOOK_EVERY)
        self._left_s = BUDGET_S
        self._ends_s = 0.0
        self._passes: LRUCache[str, int] = LRUCache(LONG_ONES_MAX)  # of long ones, how many more

    def rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
        """All rows of a statement; None: it is for the thread."""
        if self._left_s <= 0 or not sql.startswith(_READS) or self._is_passed_by(sql):
            return None
        begun_s = perf_counter()
        self._ends_s = begun_s + self._left_s
        try:
            return self._driver.execute(sql, parameters).fetchall()
        except Exception as error:  # whatever it is, the thread meets it too and tells it
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                self._note(sql, perf_counter() - begun_s)
            return None
        finally:
            self._spend(perf_counter() - begun_s)

    def set_pragma(self, name: str, value: str | int) -> None:
        self._driver.execute(f"PRAGMA {name} = {value}")

    def close(self) -> None:
        """Safe to call twice; what is asked afterwards is for the thread."""
        self._driver.close()

    def _is_over(self) -> bool:
        return perf_counter() > self._ends_s

    def _spend(self, seconds: float) -> None:
        if self._left_s == BUDGET_S:
            asyncio.get_running_loop().call_soon(self._begin_round)
        self._left_s -= seconds

    def _begin_round(self) -> None:
        self._left_s = BUDGET_S

    def _is_passed_by(self, sql: str) -> bool:
        left = self._passes.get(sql, 0)
        if left:
            self._passes[sql] = left - 1
        return left > 0

    def _note(self, sql: str, seconds: float) -> None:
        """An interrupted statement is a long one, unless others had spent the round's budget."""
        if seconds > BUDGET_S / 2:
            self._passes[sql] = PASSED_BY
