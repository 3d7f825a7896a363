"""The expiry: ends holds within a second of their time, in whichever process comes first.

Each process that serves sleeps until the next hold runs out. It learns of earlier ones by the
log's events, which reach every process; so nobody asks the database again and again. All of them
wake up at about the same time, each a little later than the other, and look before they write:
the first ends what is due, and mostly the others find nothing. What two of them do at once is done
once, since a hold that has ended is not due (Holds.expire_due).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress

from graphql_api.clock import SECOND_US, Clock
from graphql_api.errors import log_fault
from graphql_api.events.log import Event
from graphql_api.holds.holds import Holds
from graphql_api.holds.lifecycle import TOPIC, HoldChange
from graphql_api.holds.listing import HoldListing
from graphql_api.kernel.tasks import ended

logger = logging.getLogger(__name__)

APART_S = 0.25  # over which the processes spread: a quarter of what an expiry may take
LOOK_S = 15.0  # however far the next one is: the machine's clock may have been set
AGAIN_S = 1.0  # after a failure: the database is away

_SETS_A_TIME = frozenset({HoldChange.PLACED.value, HoldChange.EXTENDED.value})


class HoldExpiry:
    """Of one process. `start`, `heed` each event, `close`."""

    def __init__(self, holds: Holds, listing: HoldListing, clock: Clock) -> None:
        self._holds = holds
        self._listing = listing
        self._clock = clock
        self._next_us: int | None = None  # None: not known, so any may be earlier
        self._wake = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []  # while it runs

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self._run(), name="hold expiry")]

    async def close(self) -> None:
        await ended(self.tasks)
        self.tasks = []

    def heed(self, events: Sequence[Event]) -> None:
        """A hold that runs out before the next known one shortens the sleep."""
        for event in events:
            if event.topic == TOPIC and event.kind in _SETS_A_TIME:
                expires_at_us: int = event.payload.hold.expires_at
                if self._next_us is None or expires_at_us < self._next_us:
                    self._next_us = expires_at_us
                    self._wake.set()

    def look(self) -> None:
        """Look at the database anew: the log was replaced."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._next_us = None
            try:
                wait_s = await self._settle()
            except Exception as error:
                log_fault(logger, error, "holds that ran out could not be ended; tried again soon")
                wait_s = AGAIN_S
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    async def _settle(self) -> float:
        """End what is due; for how many seconds there is nothing to do."""
        next_us = await self._listing.next_expiry_us()
        if next_us is not None and next_us <= self._clock.now_us():
            await self._holds.expire_due()
            next_us = await self._listing.next_expiry_us()
        if next_us is None:
            return LOOK_S
        self._next_us = next_us
        left_s = max(next_us - self._clock.now_us(), 0) / SECOND_US
        spread_s = random.uniform(0, APART_S)  # noqa: S311  # nobody's secret
        return min(left_s + spread_s, LOOK_S)
