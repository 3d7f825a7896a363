"""The other workers, as one of them sees them: what app.py, the pages and the sockets ask of them.

A process without others has none of this; its transport has Nowhere (counts.py) instead.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, cast

from graphql_api.kernel.tasks import ended
from graphql_api.workers.broker import WorkersBroker
from graphql_api.workers.counts import Counts
from graphql_api.workers.whole import Figure, Told
from graphql_api.workers.wire import WAITING_BYTES_MAX, Lines, Message, line

logger = logging.getLogger(__name__)

BEAT_S = 1.0
CHECK_S = 5.0  # between looks at its own health, which ask the database
ANSWER_S = 2.0  # for the parent to answer: it does nothing else


class Whole:
    """All workers, this one included, and the totals of those that are gone."""

    def __init__(self, answer: Message) -> None:
        self.workers: list[Told] = answer["workers"]
        self.past: list[Figure] = answer["past"]


def _nothing(*_: Any) -> None:
    """Nobody has said yet what is to be done."""


class Team(asyncio.Protocol):
    """Of one worker. Its owner sets what is to be called.

    on_drain, on_end: the parent wants this worker to end, well or at once. on_orphaned: the parent
    is gone. on_look: another worker asks whether the sockets of this user are alive. health,
    figures: of this worker, as whole.py has them.
    """

    def __init__(self, number: int, link: socket.socket, counts: Counts) -> None:
        self.number = number
        self._counts = counts
        self.broker = WorkersBroker(self.tell)
        self.on_drain: Callable[[], None] = _nothing
        self.on_end: Callable[[], None] = _nothing
        self.on_orphaned: Callable[[], None] = _nothing
        self.on_look: Callable[[int], object] = _nothing
        self.health: Callable[[], Awaitable[Told]] | None = None
        self.figures: Callable[[], list[Figure]] = list
        self._link = link
        self._lines = Lines()
        self._transport: asyncio.WriteTransport | None = None
        self._health: Told = {}
        self._beating: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None
        self._check_due_s = 0.0  # of the loop's clock
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Whole]] = {}
        self._asking: asyncio.Task[Whole | None] | None = None  # it waits to be sent
        self._turn = asyncio.Lock()  # whose question is on its way

    # The worker's life

    async def start(self) -> None:
        """Say from now on, each second, that this worker lives."""
        loop = asyncio.get_running_loop()
        self._link.setblocking(False)
        await loop.create_unix_connection(lambda: self, sock=self._link)
        self._beating = asyncio.create_task(self._beat_forever(), name="beat of the worker")

    def serves(self) -> None:
        """It takes connections from now on."""
        self._send({"is": "serving"})

    async def close(self) -> None:
        """Its last words."""
        self.on_orphaned = _nothing
        await ended([self._beating, self._checking])
        self._beat()
        if self._transport is not None:
            self._transport.close()

    async def _beat_forever(self) -> None:
        while True:
            try:
                self._check_if_due()
                self._beat()
            except Exception:
                logger.exception("a worker could not say that it lives; it says so again")
            await asyncio.sleep(BEAT_S)

    def _beat(self) -> None:
        self._send({"is": "beat", "health": self._health, "figures": self.figures()})

    def _check_if_due(self) -> None:
        """Look at the own health beside the beats: it may wait for the database."""
        now_s = asyncio.get_running_loop().time()
        if self.health is None or now_s < self._check_due_s:
            return
        if self._checking is None or self._checking.done():
            self._check_due_s = now_s + CHECK_S
            self._checking = asyncio.create_task(self._check(self.health), name="health")

    async def _check(self, health: Callable[[], Awaitable[Told]]) -> None:
        self._health = await health()

    # What is asked of the others

    def add(self, key: str, amount: int) -> None:
        self._counts.add(key, amount)

    def others(self, key: str) -> int:
        return self._counts.others(key)

    def tell(self, message: Message) -> None:
        """Tell the other workers."""
        self._send({"is": "relay", "what": message})

    def look_after(self, user_id: int) -> None:
        """Let the others close those sockets of a user whose peer is gone."""
        self.tell({"is": "look", "user": user_id})

    async def whole(self, health: Told | None = None) -> Whole | None:
        """All workers as of now. health: of this one; None: as it was last looked at. None: the
        parent does not answer.

        One question serves all who ask before it is sent, and the next waits for its answer: so
        whoever asks for /healthz without a pause leaves the parent time for what it passes on."""
        if health is not None:
            self._health = health
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="question to the parent")
        return await asyncio.shield(self._asking)

    async def _ask(self) -> Whole | None:
        async with self._turn:
            self._asking = None
            number = next(self._numbers)
            answer: asyncio.Future[Whole] = asyncio.get_running_loop().create_future()
            self._asked[number] = answer
            try:
                self._beat()
                self._send({"is": "ask", "n": number})
                async with asyncio.timeout(ANSWER_S):
                    return await answer
            except TimeoutError:
                return None
            finally:
                del self._asked[number]

    # The line to the parent

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's has no such base

    def data_received(self, data: bytes) -> None:
        for message in self._lines.feed(data):
            try:
                self._heed(message)
            except Exception:
                logger.exception("a message of the parent could not be handled")

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self.on_orphaned()

    def _heed(self, message: Message) -> None:
        match message["is"]:
            case "hint" | "said":
                self.broker.heard(message)
            case "whole":
                asked = self._asked.get(message["n"])
                if asked is not None and not asked.done():
                    asked.set_result(Whole(message))
            case "look":
                self.on_look(message["user"])
            case "drain":
                self.on_drain()
            case "end":
                self.on_end()

    def _send(self, message: Message) -> None:
        """Lost while the parent does not read: each beat, question and hint is followed by others,
        and that it serves is the first thing that a worker says."""
        transport = self._transport
        if transport is not None and transport.get_write_buffer_size() < WAITING_BYTES_MAX:
            transport.write(line(message))
