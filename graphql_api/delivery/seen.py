"""How far this process has seen the log, for reads that must not be older than something.

`at_least` waits for a cursor that a client brings. `read_up_to_here` is called after reading: what
was read may be newer than what the hub has heard, and from then on nothing older may be told.
"""

from __future__ import annotations

import asyncio

from graphql_api.delivery.hub import WATCHDOG_S, Hub
from graphql_api.errors import CursorTooOld, EpochChanged, Unavailable
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import ANOTHER_LOG, Head, Log
from graphql_api.said import said

AT_LEAST_S = 5.0  # how long a read waits for its cursor: the log is read at once, and each 2 s
CERTAIN_S = 2 * WATCHDOG_S  # for how long a log that cannot be read is believed not to have grown


class Seen:
    """Of one process."""

    def __init__(self, hub: Hub, log: Log) -> None:
        self._hub = hub
        self._log = log
        self._read = 0  # up to where somebody here may have read
        self._looking: asyncio.Task[Head] | None = None  # one that has not begun
        self._one_look = asyncio.Lock()

    @property
    def is_certain(self) -> bool:
        """Whether what the hub has heard is all that anybody was told here, and not long ago."""
        hub = self._hub
        return (
            hub.head.position >= self._read
            and not hub.is_behind
            and not hub.is_in_doubt
            and hub.unread_s < CERTAIN_S
        )

    @property
    def newest(self) -> Cursor:
        """The newest event that this process knows of: its own commits are up to there."""
        return self._hub.seen().cursor

    def has(self, cursor: Cursor) -> bool:
        """Whether the hub has certainly heard the event at `cursor`: at once, without the log."""
        return self._hub.is_known(cursor)

    async def at_least(self, cursor: Cursor) -> None:
        """Wait until the hub has heard the event at `cursor`.

        Raises EpochChanged for one of another log: of another epoch, or with a witness that is not
        what stands at its position; Unavailable when it is not heard in time.
        """
        hub = self._hub
        if self.has(cursor):
            return
        try:
            await self._log.check_cursor(cursor)
        except CursorTooOld:
            pass  # what follows it was deleted: no matter, this asks for what is now
        except EpochChanged:
            hub.hint()  # it may not have noticed yet
            raise
        if not await hub.reached(cursor.position, AT_LEAST_S):
            raise Unavailable(
                said(
                    "This process has not seen {cursor} within {wait_s} s; try again.",
                    cursor=cursor.encode(),
                    wait_s=f"{AT_LEAST_S:g}",
                ),
                retryAfterSeconds=1,
            )
        if hub.head.epoch != cursor.epoch:
            raise EpochChanged(ANOTHER_LOG)

    async def read_up_to_here(self) -> None:
        """What was read until now may show the log as it stands now. Never raises."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="how far was read")
        try:
            head = await asyncio.shield(self._looking)
        except Exception:  # the database is away: the hub finds out, and then nothing is certain
            self._hub.doubt()
            return
        if head.epoch != self._hub.head.epoch:
            self._hub.doubt()
            return
        self._read = max(self._read, head.position)
        if head.position > self._hub.head.position:
            self._hub.hint()

    async def caught_up(self) -> None:
        """Wait for the hub, for a moment: it was told that the log has grown."""
        await self._hub.reached(self._read, CAUGHT_UP_S)

    def forget(self) -> None:
        """The log is another one: its positions begin anew."""
        self._read = 0

    async def _look(self) -> Head:
        """One look serves all who have read before it begins. It begins when the one before has
        ended: so many reads at once need few looks."""
        async with self._one_look:
            self._looking = None
            return await self._log.head()


CAUGHT_UP_S = 0.25  # then the answer is read anew, which is never wrong
