"""Slots: how many queries of one caller are at work at once. The others wait in its own queue.

Reads share few connections, one on SQLite, and who comes first is served first there. A thousand
that one user sends at once would be a queue of seconds for all. Here they queue for themselves:
whoever else asks finds at most `AT_WORK_MAX` of them before it. Mutations need none: they share
commits, so that many at once are cheaper than one after another (database/writer.py). So do
subscriptions that come back together: the hub reads the log for all of them at once.
"""

from __future__ import annotations

import asyncio
from collections import deque

from graphql_api.errors import RateLimited
from graphql_api.said import said

AT_WORK_MAX = 6  # of the eight connections that reads have on PostgreSQL, two are for others
WAITING_MAX = 1_000  # of one caller: as many as its budget lets in at once (operations/rate.py)


class _Caller:
    """Queries of one caller. waiting: those that have no slot, the first first."""

    __slots__ = ("at_work", "waiting")

    def __init__(self) -> None:
        self.at_work = 0
        self.waiting: deque[asyncio.Future[None]] = deque()


class Slot:
    """The context for whose length a slot is held. Not made of a generator, which costs more than
    all else here."""

    __slots__ = ("_key", "_slots")

    def __init__(self, slots: Slots, key: str) -> None:
        self._slots = slots
        self._key = key

    async def __aenter__(self) -> None:
        await self._slots.enter(self._key)

    async def __aexit__(self, *_: object) -> None:
        self._slots.leave(self._key)


class Slots:
    """Hands out slots. One for each process; keeps nothing of callers that are not here."""

    def __init__(self, at_work_max: int = AT_WORK_MAX, waiting_max: int = WAITING_MAX) -> None:
        self._at_work_max = at_work_max
        self._waiting_max = waiting_max
        self._callers: dict[str, _Caller] = {}

    def entered(self, key: str) -> Slot:
        """Holds a slot of the caller `key` for the length of the context, first come first
        served. Entering raises RateLimited at once when too many of the caller wait."""
        return Slot(self, key)

    async def enter(self, key: str) -> None:
        """See `entered`. Whoever is in leaves."""
        caller = self._callers.get(key)
        if caller is None:
            caller = self._callers[key] = _Caller()
        if caller.at_work < self._at_work_max:
            caller.at_work += 1
            return
        if len(caller.waiting) >= self._waiting_max:
            raise RateLimited(
                said(
                    "{count} of your queries wait already. Try again in 1 s.",
                    count=len(caller.waiting),
                ),
                retryAfterSeconds=1,
            )
        await self._handed_on(key, caller)

    async def _handed_on(self, key: str, caller: _Caller) -> None:
        """Wait for a slot that somebody leaves."""
        slot = asyncio.get_running_loop().create_future()
        caller.waiting.append(slot)
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled():  # it was handed on in this very moment
                self.leave(key)
            elif slot in caller.waiting:  # else it was passed over in the moment it gave up
                caller.waiting.remove(slot)
            raise

    def leave(self, key: str) -> None:
        """Hand the slot on, or give it back."""
        caller = self._callers[key]
        while caller.waiting:
            slot = caller.waiting.popleft()
            if not slot.done():
                slot.set_result(None)
                return
        caller.at_work -= 1
        if not caller.at_work:
            del self._callers[key]
