"""Dear reads, computed once for all who ask. Dashboards of every signed-in person ask for the
same figures at the same moment (an event told them all to); the database is asked once.

A result is kept for `kept_s`, and for KEPT_FACTOR times as long as it took to compute: so one
key never keeps a connection busy for more than a small share of the time, however large the
database has grown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from cachetools import LRUCache

from graphql_api.clock import Clock
from graphql_api.kernel.tasks import ended

T = TypeVar("T")

KEPT_FACTOR = 10  # a read is at work for at most a tenth of the time
RESULTS_MAX = 256  # keys; the one that nobody asked for longest is forgotten


@dataclass(frozen=True, slots=True)
class _Result:
    value: Any
    good_until_s: float


class SharedReads:
    """Results by key. `close` before the database is closed."""

    def __init__(self, clock: Clock, kept_s: float) -> None:
        """kept_s: seconds of the monotonic clock for which an answer may be old at least."""
        self._clock = clock
        self._kept_s = kept_s
        self._results: LRUCache[Hashable, _Result] = LRUCache(RESULTS_MAX)
        self._reading: dict[Hashable, asyncio.Task[Any]] = {}
        self._forgotten = 0  # how often; what was begun before is not kept

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """The result kept under `key`, or that of `read`, which runs once for all who wait.

        Raises what `read` raised; that is not kept. A caller that is cancelled leaves the read
        running for the others.
        """
        known = self._results.get(key)
        if known is not None and self._clock.monotonic_s() < known.good_until_s:
            value: T = known.value
            return value
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._read(key, read))
            task.add_done_callback(lambda done: self._ended(key, done))
        found: T = await asyncio.shield(task)
        return found

    def forget(self) -> None:
        """The database went back: nothing that was read until now is kept."""
        self._forgotten += 1
        self._results.clear()

    async def close(self) -> None:
        """Give up the reads under way."""
        await ended(self._reading.values())

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        began_s = self._clock.monotonic_s()
        forgotten = self._forgotten
        value = await read()
        if forgotten != self._forgotten:
            return value
        now_s = self._clock.monotonic_s()
        good_until_s = now_s + max(self._kept_s, KEPT_FACTOR * (now_s - began_s))
        self._results[key] = _Result(value, good_until_s)
        return value

    def _ended(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._reading[key]
        if not task.cancelled():
            task.exception()  # who asked may be gone: do not warn that nobody looked at it
