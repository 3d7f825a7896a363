"""What it costs to open sockets and subscribe on them, beside a bare application.

    python scripts/bench/opening.py [--sockets 1000] [--turns 7] [--quick]

Both servers, ours and the bare ASGI application of ceiling.py under the same uvicorn settings, are
up at the same time and take turns: so many sockets are opened, initialised (ours: with a token) and
subscribed with one document, and closed again. Only the servers' processor time until all are
subscribed counts, so what else the machine does hardly matters; the ratio is the median of the
turns.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Annotated

import documents
import typer
from contestants import CEILING, CONTESTANTS, HOST, OURS, PATH, Running
from processes import cpu_seconds
from rich.console import Console
from rich.table import Table
from subscribers import Board, Endpoint, Subscriber, each, open_one

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

QUICK_TURNS = 3
SETTLE_S = 0.5  # for a server to have done with sockets that were closed


class Side:
    """One server."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._opened = 0

    async def cost(self, sockets: int) -> float:
        """Processor time of one socket in microseconds."""
        running, board = self._running, Board()
        endpoint = Endpoint(HOST, running.port, PATH, running.init_payload)
        (document,) = documents.subscriptions(1)
        opened: list[Subscriber] = []

        async def open_and_subscribe(number: int) -> None:
            socket = await open_one(endpoint, board, number)
            socket.subscribe(str(uuid.uuid4()), {"query": document})
            await socket.ask({"type": "ping"})
            opened.append(socket)

        before = cpu_seconds(running.pid)
        await each(range(self._opened, self._opened + sockets), open_and_subscribe)
        used = cpu_seconds(running.pid) - before
        self._opened += sockets
        for socket in opened:
            socket.closing = True
            assert socket.transport is not None
            socket.transport.disconnect()
        await asyncio.sleep(SETTLE_S)
        return used / sockets * 1e6


@asynccontextmanager
async def serving(key: str) -> AsyncIterator[Running]:
    """A contestant that answers."""
    (chosen,) = (one for one in CONTESTANTS if one.key == key)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        chosen.running(Path(folder)) as running,
    ):
        yield running


async def measured(sockets: int, turns: int) -> list[tuple[str, str]]:
    """The figures, each with its words."""
    async with serving(OURS) as ours, serving(CEILING) as bare:
        sides = [Side(ours), Side(bare)]
        for side in sides:
            await side.cost(sockets)  # warms up
        found = [[await side.cost(sockets) for side in sides] for _ in range(turns)]
    return [
        ("a socket opened and subscribed, CPU µs", f"{median(mine for mine, _ in found):.0f}"),
        ("the same of the bare application", f"{median(its for _, its in found):.0f}"),
        (
            "sockets for the same CPU, beside bare (to reach: at least 0.9)",
            f"{median(its / mine for mine, its in found):.2f}",
        ),
    ]


def main(
    sockets: Annotated[int, typer.Option(min=1, help="Opened in a turn.")] = 1_000,
    turns: Annotated[int, typer.Option(min=1, help="How many.")] = 7,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer turns.")] = False,
) -> None:
    """Measure what opening sockets costs."""
    table = Table("what", "how much", title="Opening")
    found = measured(sockets, QUICK_TURNS if quick else turns)
    for words, figure in asyncio.run(found):
        table.add_row(words, figure)
    Console().print(table)


if __name__ == "__main__":
    launch("opening", main)
