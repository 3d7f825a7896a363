"""An ASGI send under a test's control: the peer reads, does not read, or is gone."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any


class Pipe:
    """Stands for the server's send. Like uvicorn's, it waits for room before it writes."""

    def __init__(self, room: int | None = None) -> None:
        """room: how many texts it takes before it waits; None: it never waits."""
        self.sent: list[str] = []
        self.room = room
        self.is_gone = False
        self.waiting = 0
        self.let_go = 0  # sends that were cancelled or thrown away while they waited
        self._changed: list[asyncio.Future[None]] = []

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        assert message["type"] == "websocket.send"
        while self.room == 0 and not self.is_gone:
            await self._wait()
        if self.is_gone:
            raise ConnectionResetError("the peer is gone")
        if self.room is not None:
            self.room -= 1
        self.sent.append(message["text"])

    def stall(self) -> None:
        """The peer reads nothing more for now."""
        self.room = 0

    def take(self, texts: int) -> None:
        """The peer reads so many more texts."""
        self.room = (self.room or 0) + texts
        self._wake()

    def flow(self) -> None:
        """The peer reads everything from now on."""
        self.room = None
        self._wake()

    def break_off(self) -> None:
        """The peer is gone."""
        self.is_gone = True
        self._wake()

    async def _wait(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed.append(future)
        self.waiting += 1
        try:
            await future
        except BaseException:
            self.let_go += 1
            raise
        finally:
            self.waiting -= 1

    def _wake(self) -> None:
        changed, self._changed = self._changed, []
        for future in changed:
            if not future.done():
                future.set_result(None)


class PipeLine:
    """Stands for the server's own line to the same peer: it never waits, but refuses."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.written = 0

    def write(self, head: bytes, tail: bytes) -> bool:
        pipe = self._pipe
        if pipe.room == 0 or pipe.is_gone:
            return False
        if pipe.room is not None:
            pipe.room -= 1
        pipe.sent.append((head + tail).decode())
        self.written += 1
        return True


async def settle(turns: int = 20) -> None:
    """Give every task that can run its turns."""
    for _ in range(turns):
        await asyncio.sleep(0)
