"""The hub: per process, where the log's new events meet those who listen.

The writer of this process hands over what it has committed; a broker only hints that the log
has grown elsewhere. An event at the next position is taken, an older one is dropped, a newer
one means a hole, which is read from the log once for all. A watchdog compares with the log
when it has been quiet. So no promise rests on the broker.

Readers (`reader`) hold a position, not a queue: each takes what follows from a ring of recent
events in memory, or from the log when the ring does not reach back that far. A slow reader
costs nothing but its own delay.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice

from graphql_api.delivery import audience
from graphql_api.errors import CursorTooOld
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import PAGE_MAX, Event, Head, Log

logger = logging.getLogger(__name__)

WATCHDOG_S = 2.0  # how long a lost hint can delay an event of another process
PAGES_MAX = 32  # kept for those who catch up together: about 16 MB
EVENT_OVERHEAD_BYTES = 800  # of an event in memory, beside its payload

Listener = Callable[[Sequence[Event]], None]


class Hub:
    """`start` it with the log's head; `committed` and `hint` tell it that the log has grown."""

    def __init__(self, log: Log, ring_bytes_max: int) -> None:
        self._log = log
        self._ring_bytes_max = ring_bytes_max
        self._ring: deque[Event] = deque()
        self._ring_bytes = 0
        self._listeners: list[Listener] = []
        self._grown = asyncio.Event()
        self._behind = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        # By number: up to which position each was read, and the read.
        self._pages: OrderedDict[int, tuple[int, asyncio.Future[list[Event]]]] = OrderedDict()
        self.head = Head("", 0, 0, 0)
        self.log_reads = 0
        self.audiences_narrowed = 0  # how often: what was read before may be for fewer now

    async def start(self) -> None:
        """Begin at the log's head: what came before is for readers with a cursor."""
        self.head = await self._log.head()
        self._tasks = [
            asyncio.create_task(self._backfill_forever(), name="hub backfill"),
            asyncio.create_task(self._watch(), name="hub watchdog"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every run of new events, in order; returns how to stop.

        A listener must not block and must not raise.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def committed(self, events: Sequence[Event]) -> None:
        """This process has committed `events`."""
        first = events[0].position
        if first > self.head.position + 1:
            self._behind.set()
            return
        fresh = events[self.head.position + 1 - first :]
        if fresh:
            self._deliver(fresh)

    def hint(self) -> None:
        """The log may have grown in another process."""
        self._behind.set()

    async def reader(self, after: Cursor | None) -> AsyncIterator[Sequence[Event]]:
        """All events after `after` (None: from now on), as they come, in runs, for ever."""
        position = self.head.position if after is None else after.position
        while True:
            while position < self.head.position:
                events = await self.read(position)
                position = events[-1].position
                yield events
            self._grown.clear()
            await self._grown.wait()

    async def read(self, after: int, limit: int = PAGE_MAX) -> Sequence[Event]:
        """From one to `limit` events after the position `after`, which must be below the head.

        Raises CursorTooOld when retention has deleted the next one.
        """
        if self._ring and after + 1 >= self._ring[0].position:
            start = after + 1 - self._ring[0].position
            return list(islice(self._ring, start, start + limit))
        events = await self._page(after // PAGE_MAX, after + 1)
        first = events[0].position if events else 0
        if not events or not first <= after + 1 <= events[-1].position:
            raise CursorTooOld(
                "Events that you have not seen were deleted by retention. "
                "Query the data afresh with syncCursor, then subscribe after it."
            )
        start = after + 1 - first
        return events[start : start + limit]

    async def _page(self, number: int, position: int) -> list[Event]:
        """The log's page `number`, as far as it goes now, with `position` in it.

        Pages begin at fixed places (multiples of PAGE_MAX), so one read serves all who need any
        part of a page, at the same time or soon after.
        """
        last, page = self._pages.get(number, (0, None))
        if page is None or last < position:  # a read that began before `position` was there
            first = number * PAGE_MAX
            last = min(first + PAGE_MAX, self.head.position)
            page = asyncio.ensure_future(self._log.page(first, last))
            self.log_reads += 1
            self._pages[number] = last, page
            page.add_done_callback(lambda done: self._keep_page(number, done))
        else:
            self._pages.move_to_end(number)
        return await asyncio.shield(page)

    def _keep_page(self, number: int, page: asyncio.Future[list[Event]]) -> None:
        """Keep a page that will not grow any more; forget one that failed or is not full."""
        last, current = self._pages.get(number, (0, None))
        failed = page.cancelled() or page.exception() is not None
        if current is page and (failed or last % PAGE_MAX):
            del self._pages[number]
        while len(self._pages) > PAGES_MAX:
            self._pages.popitem(last=False)

    def _deliver(self, events: Sequence[Event]) -> None:
        last = events[-1]
        self.head = Head(self.head.epoch, last.position, self.head.floor, last.recorded_at_us)
        for event in events:
            if event.topic == audience.TOPIC:
                self._restrict(event)
            self._ring.append(event)
            self._ring_bytes += event.size + EVENT_OVERHEAD_BYTES
        while self._ring_bytes > self._ring_bytes_max and len(self._ring) > 1:
            self._ring_bytes -= self._ring.popleft().size + EVENT_OVERHEAD_BYTES
        for listener in tuple(self._listeners):
            listener(events)
        self._grown.set()

    def _restrict(self, notice: Event) -> None:
        for event in self._ring:
            if event.subject == notice.subject:
                event.roles &= notice.payload["roles"]
        self._pages.clear()  # they are read again as the log has them now
        self.audiences_narrowed += 1

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCHDOG_S)
            self._behind.set()

    async def _backfill_forever(self) -> None:
        while True:
            await self._behind.wait()
            self._behind.clear()
            try:
                await self._backfill()
            except Exception as error:  # the database is away: the watchdog tries again
                logger.warning("cannot read the log: %s", error)

    async def _backfill(self) -> None:
        head = await self._log.head()
        if head.floor > self.head.position:
            self._skip_to(head)
        while self.head.position < head.position:
            events = await self._log.page(self.head.position, head.position)
            self.log_reads += 1
            if not events:
                return  # retention is passing: the watchdog looks again
            self.committed(events)

    def _skip_to(self, head: Head) -> None:
        """Retention has deleted what this process had not seen (it was asleep): go on after it.

        Readers that are behind are told when they read; listeners see positions jump.
        """
        logger.warning("events up to %d were deleted before this process saw them", head.floor)
        self._ring.clear()
        self._ring_bytes = 0
        witness_us = head.witness_us if head.floor == head.position else self.head.witness_us
        self.head = Head(self.head.epoch, head.floor, head.floor, witness_us)
        self._grown.set()
