"""How long, and how often, the writer tries again. Used by writer.py."""

from __future__ import annotations

import asyncio
import random
import time

PAUSE_FIRST_S, PAUSE_MAX_S = 0.05, 1.0  # between tries; doubled each time, and jittered


class Patience:
    """Pauses between tries until `limit_s` have passed since it was made."""

    __slots__ = ("_give_up_s", "_pause_s")

    def __init__(self, limit_s: float) -> None:
        self._give_up_s = time.monotonic() + limit_s
        self._pause_s = PAUSE_FIRST_S

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._give_up_s

    async def pause(self) -> None:
        """Wait a little, longer each time; processes that fail together do not come back so."""
        await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
        self._pause_s = min(2 * self._pause_s, PAUSE_MAX_S)
