"""The hub: per process, where the log's new events meet those who listen.

The writer of this process hands over what it has committed; a broker only hints that the log
has grown elsewhere. An event at the next position is taken, an older one is dropped, a newer
one means a hole, which is read from the log once for all. A watchdog compares with the log
when it has been quiet. So no promise rests on the broker.

The log itself can go back: a standby that lacked a tail took over, or an older backup was put in
place. A head below what was seen here, or another event at that place, tells. Then the writer
gives the log a new epoch (Log.take_head), and everybody here begins anew: what was known of the
old log is dropped, and its readers are told EPOCH_CHANGED.

Readers (`reader`) hold a position, not a queue: each takes what follows from a ring of recent
events in memory, or from the log when the ring does not reach back that far. A slow reader
costs nothing but its own delay.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from graphql_api.delivery import audience
from graphql_api.delivery.listeners import Listener, Listeners, Recover
from graphql_api.errors import CursorTooOld, EpochChanged
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import ANOTHER_LOG, PAGE_MAX, Event, Head, Log
from graphql_api.kernel.tasks import ended

logger = logging.getLogger(__name__)

WATCHDOG_S = 2.0  # how long a lost hint can delay an event of another process
PAGES_MAX = 32  # kept for those who catch up together: about 16 MB
EVENT_OVERHEAD_BYTES = 800  # of an event in memory, beside its payload


async def _nobody_renews(_old_epoch: str) -> None:
    """There is no writer: the log keeps its epoch."""


class Hub:
    """`start` it with the log's head; `committed` and `hint` tell it that the log has grown."""

    def __init__(self, log: Log, ring_bytes_max: int) -> None:
        self._log = log
        self._ring_bytes_max = ring_bytes_max
        self._ring: deque[Event] = deque()
        self._ring_bytes = 0
        self.listeners = Listeners()
        self._grown = asyncio.Event()
        self._behind = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []  # while it runs
        self._newest = (0, 0)  # the newest event seen, as position and recorded_at_us
        self._doubts = 0  # how often somebody doubted that the log is still the same
        self._settled = 0  # how many of these doubts were looked into
        self._looked_s = 0.0  # when the log was last read to its end
        self.renew: Callable[[str], Awaitable[None]] = _nobody_renews
        # By number: up to which position each was read, and the read.
        self._pages: OrderedDict[int, tuple[int, asyncio.Future[list[Event]]]] = OrderedDict()
        self.head = Head("", 0, 0, 0)
        self.log_reads = 0
        self.audiences_narrowed = 0  # how often: what was read before may be for fewer now

    async def start(self) -> None:
        """Begin at the log's head: what came before is for readers with a cursor."""
        self.head = await self._log.head()
        self._newest = (self.head.position, self.head.witness_us)
        self._looked_s = asyncio.get_running_loop().time()
        self.tasks = [
            asyncio.create_task(self._backfill_forever(), name="hub backfill"),
            asyncio.create_task(self._watch(), name="hub watchdog"),
        ]

    async def close(self) -> None:
        await ended(self.tasks)
        self.tasks = []

    def listen(
        self,
        listener: Listener,
        failed: Recover = lambda: None,
        replaced: Recover = lambda: None,
    ) -> Callable[[], None]:
        """Call `listener` with every run of new events, in order; returns how to stop.

        A listener must not block. One that raises has lost that run: `failed` is called, to make
        good what it may have missed. replaced: called when the log is another one from now on, so
        that whatever was known of it may be wrong.
        """
        return self.listeners.add(listener, failed, replaced)

    def seen(self) -> Head:
        """The newest event that this process has seen, for whoever compares (Log.follow)."""
        position, witness_us = self._newest
        return Head(self.head.epoch, position, 0, witness_us)

    def is_known(self, cursor: Cursor) -> bool:
        """Whether memory has the event at `cursor`, with that witness: what was heard lately. False
        says nothing: the log knows (Log.check_cursor)."""
        head = self.head
        if cursor.epoch != head.epoch or cursor.position > head.position:
            return False
        if cursor.position == head.position:
            return cursor.witness_us == head.witness_us
        back = cursor.position - head.position - 1  # the ring ends at the head
        if -back > len(self._ring):
            return False
        event = self._ring[back]
        return (event.position, event.recorded_at_us) == (cursor.position, cursor.witness_us)

    def doubt(self) -> None:
        """The log may be another one: nothing is delivered until it was looked at."""
        self._doubts += 1
        self._behind.set()

    @property
    def is_in_doubt(self) -> bool:
        return self._doubts != self._settled

    @property
    def unread_s(self) -> float:
        """For how long the log could not be read; about WATCHDOG_S at the most when all is well."""
        return asyncio.get_running_loop().time() - self._looked_s

    @property
    def is_behind(self) -> bool:
        """Whether this process knows of events that it has not delivered yet: its own, behind a
        hole."""
        return self.head.position < self._newest[0]

    async def reached(self, position: int, seconds: float) -> bool:
        """Read the log now, and wait until it was delivered up to `position`, or is another one;
        False: not within `seconds`."""
        epoch = self.head.epoch
        if self.head.position < position:
            self._behind.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.head.position < position and self.head.epoch == epoch:
                    self._grown.clear()
                    await self._grown.wait()
        return self.head.position >= position or self.head.epoch != epoch

    def committed(self, events: Sequence[Event]) -> None:
        """This process has committed `events`."""
        if self.is_in_doubt:
            self._behind.set()
            return
        first = events[0].position
        self._saw(events[-1])
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
        """All events after `after` (None: from now on), as they come, in runs, for ever.

        Raises EpochChanged when the log is another one.
        """
        position = self.head.position if after is None else after.position
        epoch = self.head.epoch
        while True:
            while position < self.head.position:
                events = await self.read(position)
                if self.head.epoch != epoch:
                    break
                position = events[-1].position
                yield events
            if self.head.epoch != epoch:
                raise EpochChanged(ANOTHER_LOG)
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
        """Keep a page, forget one that failed. Who needs more than one that has grown since reads
        it again."""
        _, current = self._pages.get(number, (0, None))
        failed = page.cancelled() or page.exception() is not None
        if current is page and failed:
            del self._pages[number]
        while len(self._pages) > PAGES_MAX:
            self._pages.popitem(last=False)

    def _saw(self, newest: Event) -> None:
        self._newest = max(self._newest, (newest.position, newest.recorded_at_us))

    def _deliver(self, events: Sequence[Event]) -> None:
        """Take the next events. Never raises: whoever cannot take them is helped up (listeners)."""
        last = events[-1]
        self._saw(last)
        self.head = Head(self.head.epoch, last.position, self.head.floor, last.recorded_at_us)
        for event in events:
            if event.topic == audience.TOPIC:
                self._restrict(event)
            self._ring.append(event)
            self._ring_bytes += event.size + EVENT_OVERHEAD_BYTES
        while self._ring_bytes > self._ring_bytes_max and len(self._ring) > 1:
            self._ring_bytes -= self._ring.popleft().size + EVENT_OVERHEAD_BYTES
        self.listeners.tell(events)
        self._grown.set()

    def _restrict(self, notice: Event) -> None:
        """Earlier events of a subject are for fewer now; a notice that does not say for whom
        takes them all out of memory, and they are read as the log has them."""
        roles = audience.narrowed_to(notice)
        if roles is None:
            self._forget_ring()
        else:
            for event in self._ring:
                if event.subject == notice.subject:
                    event.roles &= roles
        self._pages.clear()  # they are read again as the log has them now
        self.audiences_narrowed += 1

    def _forget_ring(self) -> None:
        self._ring.clear()
        self._ring_bytes = 0

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
                logger.warning("cannot read the log: %s", str(error) or type(error).__name__)

    async def _backfill(self) -> None:
        """Read the log to its end. Each turn delivers something, or skips it, or is the last."""
        while True:
            doubts, seen = self._doubts, self.seen()
            head = await self._log.head()
            if _is_another(head, seen):
                await self._begin_anew(head)
                return
            if head.floor > self.head.position:
                self._skip_to(head.floor, head)
            if self.head.position >= head.position:
                break
            if not await self._take_page(head):
                return
        if self._doubts == doubts:
            self._settled = doubts
        else:
            self._behind.set()
        self._looked_s = asyncio.get_running_loop().time()

    async def _take_page(self, head: Head) -> bool:
        """Deliver what follows in the log, as far as `head`; whether the log is still the same.

        The event that was seen last is read with it: another one there betrays another log.
        """
        known = self.head
        since = max(0, known.position - 1)
        events = await self._log.page(since, head.position, PAGE_MAX + 1)
        self.log_reads += 1
        if events and events[0].position == known.position:
            if known.witness_us and events[0].recorded_at_us != known.witness_us:
                await self._begin_anew(head)
                return False
            del events[0]
        fresh = [event for event in events if event.position > self.head.position]
        if fresh and fresh[0].position == self.head.position + 1:
            self._saw(fresh[-1])
            self._deliver(fresh)
        elif self.head.position < head.position:
            await self._pass_a_hole(fresh[0].position - 1 if fresh else head.position)
        return True

    async def _pass_a_hole(self, last_missing: int) -> None:
        """What should follow was not there: retention has passed since the head was read, and its
        floor says how far. If it does not, rows are missing, and waiting brings none back."""
        head = await self._log.head()
        if head.floor > self.head.position:
            self._skip_to(head.floor, head)
        else:
            logger.error("the log lacks events up to %d, which no retention deleted", last_missing)
            self._skip_to(last_missing, head)

    def _skip_to(self, position: int, head: Head) -> None:
        """Retention has deleted what this process had not seen (it was asleep): go on after it.

        Readers that are behind are told when they read; listeners see positions jump.
        """
        logger.warning("events up to %d were deleted before this process saw them", position)
        self._forget_ring()
        witness_us = head.witness_us if position == head.position else 0  # 0: not known
        self.head = Head(self.head.epoch, position, position, witness_us)
        self._newest = max(self._newest, (position, witness_us))
        self._grown.set()

    async def _begin_anew(self, head: Head) -> None:
        """The log is another one. The writer gives it an epoch of its own, unless somebody has."""
        if not self.is_in_doubt:
            self._doubts += 1
        doubts = self._doubts
        if head.epoch == self.head.epoch:
            await self.renew(head.epoch)
            head = await self._log.head()
            if head.epoch == self.head.epoch:
                raise ConnectionError("the log went back and has no new epoch yet")
        logger.error(
            "the log is another one: this process knew %s up to %d, it is %s up to %d now; "
            "everybody begins anew",
            *(self.head.epoch, self._newest[0], head.epoch, head.position),
        )
        self._forget_ring()
        self._pages.clear()
        self.audiences_narrowed += 1
        self.head = replace(head)
        self._newest = (head.position, head.witness_us)
        self._settled = doubts
        self.listeners.tell_replaced()
        self._grown.set()
        self._behind.set()


def _is_another(head: Head, seen: Head) -> bool:
    """Whether the log whose head is `head` is not the one in which `seen` was the newest event,
    as far as the head alone can tell."""
    if head.epoch != seen.epoch or head.position < seen.position:
        return True
    is_same_place = head.position == seen.position and seen.witness_us and head.witness_us
    return bool(is_same_place) and head.witness_us != seen.witness_us
