"""Answers that are kept as bytes, and served again while no event that can change them has come.

An answer holds from a place in the log on. Whoever asks for it has the events after that place
compared with what the answer depends on (dependencies.py), each once: so what nobody asks for costs
nothing, and a change costs no more for what is kept. Bounded in bytes, least recently used first
out; of the events, the newest are kept, and an answer that is older than they are has ended.

What nobody asks for again is not worth its keeping, which takes a sixth of what a page of 50 does:
whoever may ask for it anew, and not whether it has changed, has it kept from the second time on.

An answer that is read while it changes is a mixture. It is kept all the same, with the place where
reading began: the event that changed it comes after, and ends it before it is served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from cachetools import LRUCache

from graphql_api.delivery.counters import Counters
from graphql_api.delivery.dependencies import Dependencies
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.seen import Seen
from graphql_api.events.log import Event

EVENTS_MAX = 512  # that an answer may be behind when it is asked for: at most some 5 MB
SHARE_MAX = 8  # one answer takes at most this part of the memory: one cannot push out all others
ASKED_MAX = 4_096  # whose first time is remembered; as many again of before: some 400 KB
OVERHEAD_BYTES = 700  # of an answer, beside its bytes


class Kept:
    """An answer. body: as it is sent; depends: on what; is_personal: it is for one person alone."""

    __slots__ = ("_etag", "body", "depends", "is_personal", "position")

    def __init__(
        self, body: bytes, depends: Dependencies, position: int, is_personal: bool = False
    ) -> None:
        self.body = body
        self.depends = depends
        self.is_personal = is_personal
        self.position = position  # it holds up to here in the log
        self._etag = ""

    @property
    def etag(self) -> str:
        """A strong validator of its bytes, without the quotes (RFC 9110 8.8.3)."""
        if not self._etag:
            self._etag = etag_of(self.body)
        return self._etag

    @property
    def bytes(self) -> int:
        return len(self.body) + self.depends.bytes + OVERHEAD_BYTES


def etag_of(body: bytes) -> str:
    """A strong validator of these bytes."""
    return blake2b(body, digest_size=16).hexdigest()


class Read(NamedTuple):
    """An answer that was read anew. is_good: it may be kept, and shared with whoever asked
    meanwhile. is_personal: see Kept."""

    body: bytes
    is_good: bool
    is_personal: bool = False


Run = Callable[[Dependencies], Awaitable[Read]]


class _Flight(NamedTuple):
    """Somebody is reading an answer. position: where the log stood; done: the answer; None: it is
    not for others."""

    position: int
    done: asyncio.Future[Kept | None]


class KeptAnswers:
    """Those of one process. bytes_max 0: none is kept, and nothing else is done for them."""

    def __init__(self, hub: Hub, seen: Seen, counters: Counters, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._hub = hub
        self._seen = seen
        self._counters = counters
        self._kept: LRUCache[Hashable, Kept] = LRUCache(bytes_max, lambda kept: kept.bytes)
        self._flights: dict[Hashable, _Flight] = {}
        self._asked: set[int] = set()  # hashes of keys; full ones make way
        self._asked_before: set[int] = set()
        self._events: list[Event] = []  # the newest, without a hole, up to the hub's head
        self._times_forgotten = 0
        if bytes_max:
            hub.listen(self._heed, failed=self.forget, replaced=self._begin_anew)

    def __bool__(self) -> bool:
        """Whether any is kept."""
        return bool(self._kept)

    def find(self, key: Hashable) -> Kept | None:
        """The answer, if it certainly is what reading it now would give."""
        kept = self._kept.get(key)
        if kept is None or not self._seen.is_certain:
            return None
        if kept.position != self._hub.head.position and not self._holds(kept):
            del self._kept[key]
            self._counters.kept_ended += 1
            self._measure()
            return None
        self._counters.kept_hits += 1
        return kept

    def is_asked_again(self, key: Hashable) -> bool:
        """Whether somebody has asked for it before, as far as that is remembered: from now on
        somebody has."""
        mark = hash(key)
        if mark in self._asked or mark in self._asked_before:
            return True
        if len(self._asked) >= ASKED_MAX:
            self._asked_before, self._asked = self._asked, set()
        self._asked.add(mark)
        self._counters.kept_misses += 1
        return False

    async def answer(self, key: Hashable, run: Run) -> Kept | Read:
        """The answer, kept or read by `run`; those who ask for it while it is read share it. Read:
        it is not good, and nobody's but the caller's. Raises what `run` does."""
        if key in self._kept and not self._seen.is_certain:
            await self._seen.caught_up()
        kept = self.find(key)
        if kept is not None:
            return kept
        flight = self._flights.get(key)
        if flight is not None and self._may_share(flight):
            shared = await asyncio.shield(flight.done)
            if shared is not None:
                self._counters.kept_hits += 1
                return shared
        return await self._run(key, run)

    def _may_share(self, flight: _Flight) -> bool:
        """Whether nothing happened since it took off, which may have come too late for it."""
        return self._seen.is_certain and flight.position == self._hub.head.position

    async def _run(self, key: Hashable, run: Run) -> Kept | Read:
        self._counters.kept_misses += 1
        flight = _Flight(self._hub.head.position, asyncio.get_running_loop().create_future())
        self._flights[key] = flight
        times, depends, kept = self._times_forgotten, Dependencies(), None
        try:
            read = await run(depends)
            if not read.is_good:
                return read
            await self._seen.read_up_to_here()
            kept = Kept(read.body, depends, flight.position, read.is_personal)
            if times == self._times_forgotten:
                self._keep(key, kept)
            return kept
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.done.set_result(kept)

    def forget(self) -> None:
        """What is kept may be wrong, whatever is read now too."""
        self._times_forgotten += 1
        self._kept.clear()
        self._flights.clear()
        self._events.clear()
        self._measure()

    def _begin_anew(self) -> None:
        self._seen.forget()
        self.forget()

    def _heed(self, events: Sequence[Event]) -> None:
        """The hub calls it for every event."""
        if self._events and events[0].position != self._events[-1].position + 1:
            self.forget()  # some were deleted before this process saw them
        self._events.extend(events)
        if len(self._events) > 2 * EVENTS_MAX:
            del self._events[:-EVENTS_MAX]

    def _holds(self, kept: Kept) -> bool:
        """Whether nothing that came since can have changed it; then it holds up to now."""
        head = self._hub.head.position
        missed = head - kept.position
        if missed < 0 or missed > len(self._events) or self._events[-1].position != head:
            return False
        if any(map(kept.depends.end_with, self._events[-missed:])):
            return False
        kept.position = head
        return True

    def _keep(self, key: Hashable, kept: Kept) -> None:
        if kept.bytes * SHARE_MAX <= self.bytes_max:
            self._kept[key] = kept
            self._measure()

    def _measure(self) -> None:
        self._counters.kept_bytes = int(self._kept.currsize)
