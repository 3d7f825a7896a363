"""What needs the database while a subscription runs is tried again: a database that is away for
some seconds ends nobody's subscription. Past that the socket is closed with a code on which
clients come back, and resume by their cursor at this process or another.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from graphql_api.errors import Unavailable

T = TypeVar("T")

PATIENCE_S = 20.0  # a database that fails over, or is started anew, is mostly back by then
PAUSE_S, PAUSE_MAX_S = 0.1, 2.0  # before the next try; doubled each time

# What passes: the database is away, or whatever else of this kind comes up from below (a
# TimeoutError is an OSError too).
PASSING = (Unavailable, OSError)


class StillAway(Unavailable):
    """It was tried again for PATIENCE_S in vain: the socket is closed with 1013."""


class Patience:
    """With one piece of work. `pause` before each further try."""

    def __init__(self) -> None:
        self._pause_s = PAUSE_S
        self._over_s = asyncio.get_running_loop().time() + PATIENCE_S

    async def pause(self, error: Exception) -> None:
        """Wait a little, spread, so that thousands do not all try at the same moment.

        Raises StillAway from `error` when it has been tried for long enough.
        """
        pause_s = self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
        if asyncio.get_running_loop().time() + pause_s > self._over_s:
            raise StillAway("The log cannot be read now: resume by your cursor.") from error
        self._pause_s = min(2 * self._pause_s, PAUSE_MAX_S)
        await asyncio.sleep(pause_s)


async def again(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, as soon as it does. Raises StillAway, or what does not pass by itself."""
    patience: Patience | None = None
    while True:
        try:
            return await work()
        except StillAway:
            raise
        except PASSING as error:
            patience = patience or Patience()
            await patience.pause(error)
