"""Stopping without a stampede: SIGTERM closes sockets spread over a window, then the server.

uvicorn by itself closes all sockets at once, before anything of ours runs; so the first signal
is caught here, and passed on when our sockets are gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

logger = logging.getLogger(__name__)

FAILED_END_S = 4.5  # after a failure the process has ended within five seconds
FAILED_DRAIN_S = 1.5
CLOSING_S = 9.0  # for the parts to close, after running requests: all within 30 s of SIGTERM


def _end_for_sure(within_s: float) -> None:
    """End this process then, whatever it is doing, unless it has ended by itself."""

    def end() -> None:
        logger.critical("the process did not end by itself; it is ended")
        logging.shutdown()
        os._exit(1)

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains first. A second signal skips the rest of the drain."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain
        self._draining: asyncio.Task[None] | None = None
        self._failing: asyncio.Task[None] | None = None
        self._is_asked = False  # to drain, before it served

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._is_asked:
            self._begin()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining is None and self.started and sig in (signal.SIGTERM, signal.SIGINT):
            super().handle_exit(sig, frame)  # it raises the signal again when it has shut down
            self.should_exit = False  # not yet: nothing ran since
            loop = asyncio.get_event_loop()
            loop.call_soon_threadsafe(self._begin)
        else:
            super().handle_exit(sig, frame)

    def drain_soon(self) -> None:
        """As the first signal does; called within the loop."""
        self._is_asked = True
        if self.started:
            self._begin()

    def end_now(self) -> None:
        """As a second signal does: skip the rest of the drain."""
        self.should_exit = True

    def end_soon(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Something that the process lives by has failed: drain by `drain`, and end in no case
        later than FAILED_END_S from now. Whoever runs the server gives the exit code."""
        _end_for_sure(FAILED_END_S)
        if self._failing is None:
            self._failing = asyncio.ensure_future(self._end_soon(drain))

    async def _end_soon(self, drain: Callable[[], Awaitable[None]]) -> None:
        self.config.timeout_graceful_shutdown = 1
        try:
            async with asyncio.timeout(FAILED_DRAIN_S):
                await drain()
                await asyncio.sleep(FAILED_DRAIN_S)  # /readyz says why, to whoever asks it
        except TimeoutError:
            logger.debug("the time to tell is over")
        except Exception:
            logger.exception("the drain failed; closing at once")
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's, with a bound: a part that cannot be closed holds nobody up for ever."""
        _end_for_sure((self.config.timeout_graceful_shutdown or 0) + CLOSING_S)
        await super().shutdown(sockets)

    def _begin(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain_then_exit())

    async def _drain_then_exit(self) -> None:
        try:
            await self._drain()
        except Exception:
            logger.exception("the drain failed; closing at once")
        self.should_exit = True
