"""The honest client beside an attack: what it waits for its answers is what the attack costs.

It is a process of its own, so that it is not the attackers' work that it measures.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from contextlib import closing
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from attacks.wire import Target, operation

EVERY_S = 0.05  # due then, whether the answer before has come or not: waiting is counted whole
ANSWER_TIMEOUT_S = 30.0
ITEMS = "{ viewer { id } items(first: 20) { edges { node { id sku stock } } } }"
NOBODYS = "{ __typename }"
LOST = float("inf")


class Honest:
    """Runs while the block lasts; then `waits` has the seconds of each answer, LOST for none."""

    def __init__(self, target: Target) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(target, theirs), daemon=True)
        self.waits: list[float] = []

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()  # it has begun
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with closing(self._ours):
            self._ours.send("end")
            if self._ours.poll(2 * ANSWER_TIMEOUT_S):
                self.waits = self._ours.recv()
        self._process.join(ANSWER_TIMEOUT_S)
        self._process.kill()

    @property
    def p99_ms(self) -> float:
        """What all but one in a hundred waited at most; infinite if more were lost."""
        ranked = sorted(self.waits)
        return ranked[(len(ranked) * 99 - 1) // 100] * 1_000 if ranked else LOST

    @property
    def lost(self) -> int:
        return self.waits.count(LOST)


def _work(target: Target, pipe: Connection) -> None:
    asyncio.run(_ask_until_told(target, pipe))


async def _ask_until_told(target: Target, pipe: Connection) -> None:
    query = operation(target, ITEMS if target.token else NOBODYS, signed_in=True)
    pipe.send("begun")
    waits: list[float] = []
    due = time.monotonic()
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while not pipe.poll():
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                streams = streams or await asyncio.open_connection(target.host, target.port)
                answered = await _ask(query, *streams)
        except (OSError, EOFError, ValueError, TimeoutError):
            answered = False
        waits.append(time.monotonic() - due if answered else LOST)
        if not answered and streams is not None:
            streams[1].transport.abort()
            streams = None
        due += EVERY_S
    pipe.send(waits)


async def _ask(query: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether it was answered as it should be."""
    writer.write(query)
    told = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(told.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    return told.split(b" ")[1] == b"200" and b'"errors"' not in body
