"""Stopping without a stampede: SIGTERM closes sockets spread over a window, then the server.

uvicorn by itself closes all sockets at once, before anything of ours runs; so the first signal
is caught here, and passed on when our sockets are gone.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

logger = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains first. A second signal skips the rest of the drain."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain
        self._draining: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining is None and self.started and sig in (signal.SIGTERM, signal.SIGINT):
            self._captured_signals.append(sig)
            loop = asyncio.get_event_loop()
            loop.call_soon_threadsafe(self._begin)
        else:
            super().handle_exit(sig, frame)

    def _begin(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain_then_exit())

    async def _drain_then_exit(self) -> None:
        try:
            await self._drain()
        except Exception:
            logger.exception("the drain failed; closing at once")
        self.should_exit = True
