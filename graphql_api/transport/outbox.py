"""A socket's outbox: what waits to be written, bounded in bytes, with one writer.

While the peer reads, nothing waits: `put` drives the server's send to its end at once, with no
task and no queue between. When the server asks to wait (its buffer is full), texts queue here
until it can write again. `put` refuses what would go over the bound; the caller then leaves
live delivery and comes back through the log.

What a group's members get alike comes in two parts, this member's head and everybody's tail
(`put_parts`). All that need not wait takes the server's own line past ASGI where there is one
(seam.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, Protocol

from starlette.types import Send

from graphql_api.clock import Clock
from graphql_api.transport.protocol import bytes_of


class Line(Protocol):
    """A way past ASGI's send, for the same connection."""

    def write(self, head: bytes, tail: bytes) -> bool:
        """Write a text message of both parts now. False: it cannot; nothing was written."""
        ...


class Outbox:
    """One socket's way out. `on_free` is called when it has been written empty after a wait."""

    __slots__ = (
        "_bytes_max",
        "_clock",
        "_line",
        "_on_free",
        "_send",
        "_task",
        "_waiters",
        "bytes_sent",
        "bytes_waiting",
        "closed",
        "parked",
        "progress_s",
        "waiting",
    )

    def __init__(
        self,
        send: Send,
        bytes_max: int,
        clock: Clock,
        on_free: Callable[[], None],
        line: Line | None = None,
    ) -> None:
        self._send = send
        self._line = line
        self._bytes_max = bytes_max
        self._clock = clock
        self._on_free = on_free
        self._task: asyncio.Task[None] | None = None
        self._waiters: list[asyncio.Future[None]] | None = None
        self.waiting: deque[str] | None = None  # made when first needed: most sockets never wait
        self.bytes_waiting = 0
        self.bytes_sent = 0
        self.parked = False  # whether the server makes us wait
        self.progress_s = 0.0  # while parked: when something was last written
        self.closed = False

    @property
    def is_full(self) -> bool:
        """Whether more than the bound waits."""
        return self.bytes_waiting >= self._bytes_max

    def put(self, text: str) -> bool:
        """Write `text`, now or after what waits. False: over the bound, not taken."""
        if self.parked:
            if self.bytes_waiting + bytes_of(text) > self._bytes_max:
                return False
            self._queue(text)
            return True
        if not self.closed:
            self._write(text)
        return True

    def put_parts(self, head: bytes, tail: bytes, *, anyway: bool = False) -> bool:
        """Like `put`, or `put_anyway`, of a text whose UTF-8 is `head` and then `tail`."""
        line = self._line
        if line is not None and not self.parked and not self.closed and line.write(head, tail):
            self.bytes_sent += len(head) + len(tail)
            return True
        text = (head + tail).decode()
        if anyway:
            self.put_anyway(text)
            return True
        return self.put(text)

    def put_anyway(self, text: str) -> None:
        """Write a text that is part of the conversation itself, whatever waits.

        Whoever causes such texts is slowed down instead: see `room`.
        """
        if self.parked:
            self._queue(text)
        elif not self.closed:
            self._write(text)

    async def room(self) -> None:
        """Wait until less than the bound waits, or the socket has closed."""
        while self.is_full and not self.closed:
            await self._wait()

    async def free(self) -> None:
        """Wait until nothing waits any more, or the socket has closed."""
        while self.parked and not self.closed:
            await self._wait()

    def close(self) -> None:
        """Write nothing more; who waits goes on."""
        self.closed = True
        self.waiting = None
        self.bytes_waiting = 0
        self.parked = False
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._wake()

    async def _wait(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        await waiter

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _queue(self, text: str) -> None:
        if self.waiting is None:
            self.waiting = deque()
        self.waiting.append(text)
        self.bytes_waiting += bytes_of(text)

    def _write(self, text: str) -> None:
        """By the line; else drive the server's send until it is done, or has to wait: then a task
        goes on with it."""
        line = self._line
        if line is not None and line.write(text.encode(), b""):
            self.bytes_sent += bytes_of(text)
            return
        self.bytes_sent += len(text)
        sending: Any = self._send({"type": "websocket.send", "text": text})
        try:
            awaited = sending.send(None)
        except StopIteration:
            return
        except Exception:  # the peer is gone: the receiving side hears of it and cleans up
            self.closed = True
            return
        self.parked = True
        self.progress_s = self._clock.monotonic_s()
        self._task = asyncio.ensure_future(self._go_on(sending, awaited))

    async def _go_on(self, sending: Coroutine[Any, Any, None], awaited: Any) -> None:
        try:
            await _resumed(sending, awaited)
            self.progress_s = self._clock.monotonic_s()
            while self.waiting:
                text = self.waiting.popleft()
                self.bytes_waiting -= bytes_of(text)
                self.bytes_sent += len(text)
                await self._send({"type": "websocket.send", "text": text})
                self.progress_s = self._clock.monotonic_s()
                if not self.is_full:
                    self._wake()
        except Exception:  # the peer is gone
            self.closed = True
        self.parked = False
        self._task = None
        self._wake()
        if not self.closed:
            self._on_free()


@coroutine
def _resumed(sending: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Go on awaiting a coroutine that was driven by hand up to its first wait."""
    while True:
        try:
            value = yield awaited
        except BaseException as error:
            try:
                awaited = sending.throw(error)
            except StopIteration:
                return
        else:
            try:
                awaited = sending.send(value)
            except StopIteration:
                return
