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

import orjson

BUDGET_S = 0.002  # of one round of the event loop; a page of 50 items takes a tenth of it
LOOK_EVERY = 1_000  # instructions of SQLite's machine, some 10 µs, from one look to the next
# A statement that was interrupted after so many looks is a long one. Not by the clock: with others
# on the core a read of 0.1 ms may take 4, and would then go through the thread a hundred times.
LOOKS_OF_LONG = 20
# It would be interrupted again: so often it goes through the thread at once.
PASSED_BY = 100
FAILED_MAX = 256  # statements that are remembered; the oldest first out
_READS = ("SELECT", "WITH")


class _Failed:
    """A statement that was not answered. text: what is asked instead from now on; passes: how many
    more times it goes through the thread."""

    __slots__ = ("passes", "text")

    def __init__(self, text: str, passes: int) -> None:
        self.text = text
        self.passes = passes


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
        self._looks = 0  # at the statement at hand
        self._failed: dict[str, _Failed] = {}
        self._failures = 0

    def rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any] | None:
        """All rows of a statement; None: it is for the thread."""
        if self._left_s <= 0 or not sql.startswith(_READS):
            return None
        text, failed = sql, self._failed.get(sql)
        if failed is not None:
            if failed.passes:
                failed.passes -= 1
                return None
            text = failed.text
        begun_s = perf_counter()
        self._ends_s = begun_s + self._left_s
        self._looks = 0
        try:
            return self._driver.execute(text, parameters).fetchall()
        except Exception as error:  # whatever it is, the thread meets it too and tells it
            is_interrupted = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
            is_long = is_interrupted and self._looks >= LOOKS_OF_LONG
            self._note(sql, PASSED_BY if is_long else 0)
            return None
        finally:
            self._spend(perf_counter() - begun_s)

    def page(self, columns: str, sql: str, parameters: Sequence[Any]) -> list[list[Any]] | None:
        """The same for a SELECT of these columns, integers and texts, told by SQLite as one text:
        a row by itself is a step of the statement, and a value two calls, each with its lock."""
        whole = f"SELECT json_group_array(json_array({columns})) FROM ({sql})"
        found = self.rows(whole, parameters)
        if found is None:
            return None
        try:
            listed: list[list[Any]] = orjson.loads(found[0][0])
        except orjson.JSONDecodeError:  # bytes that are no text, and got in past us
            return None
        return listed

    def set_pragma(self, name: str, value: str | int) -> None:
        self._driver.execute(f"PRAGMA {name} = {value}")

    def close(self) -> None:
        """Safe to call twice; what is asked afterwards is for the thread."""
        self._driver.close()

    def _is_over(self) -> bool:
        self._looks += 1
        return perf_counter() > self._ends_s

    def _spend(self, seconds: float) -> None:
        if self._left_s == BUDGET_S:
            asyncio.get_running_loop().call_soon(self._begin_round)
        self._left_s -= seconds

    def _begin_round(self) -> None:
        self._left_s = BUDGET_S

    def _note(self, sql: str, passes: int) -> None:
        """Ask it in another spelling from now on: Python 3.11 takes the prepared one for still in
        use, since sqlite3_reset tells the error once more, and prepares it anew each time."""
        self._failures += 1
        self._failed.pop(sql, None)
        if len(self._failed) >= FAILED_MAX:
            del self._failed[next(iter(self._failed))]
        self._failed[sql] = _Failed(f"{sql} /* {self._failures} */", passes)
