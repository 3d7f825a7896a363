"""Tasks that nobody awaits, kept until they end. Used by groups.py and sockets.py."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from graphql_api.kernel.tasks import ended

logger = logging.getLogger(__name__)


class Tasks:
    """what: said in the log of one that failed."""

    __slots__ = ("_all", "_what")

    def __init__(self, what: str) -> None:
        self._what = what
        self._all: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._all)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Run a coroutine as a task."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._all.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Cancel all, and wait for their ends."""
        await ended(self._all)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._all.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("%s failed", self._what, exc_info=task.exception())
