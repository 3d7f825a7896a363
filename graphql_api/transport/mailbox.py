"""Messages of one connection for its application. Used by bounded_socket.py.

Instead of an asyncio.Queue, whose four deques are 2.5 KB of each socket: one alone takes, and
mostly nothing waits.
"""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

Message = TypeVar("Message")


class Mailbox(Generic[Message]):
    """What of a queue uvicorn asks for, and `taken`. Its giver bounds it."""

    __slots__ = ("_loop", "_taker", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Message] = []
        self._taker: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._waiting

    def put_nowait(self, message: Message) -> None:
        self._waiting.append(message)
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    def get_nowait(self) -> Message:
        """The oldest that waits. Raises IndexError where none does."""
        return self._waiting.pop(0)

    async def get(self) -> Message:
        """The oldest, as soon as there is one. For one taker at a time: a second one waits for ever
        once the first has come."""
        while not self._waiting:
            self._taker = self._loop.create_future()
            try:
                await self._taker
            finally:
                self._taker = None
        return self._waiting.pop(0)
