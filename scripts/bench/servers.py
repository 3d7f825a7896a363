"""What the server under the application costs: one bare application under each that was tried.

    python scripts/bench/servers.py [--sockets 1000] [--many 10000] [--turns 3] [--quick]

The application of ceiling.py, the same bytes to as many sockets, under uvicorn with each of its
WebSocket protocols, under uvicorn with our bounds, under Granian, and beside them a picows server
(flood.py), which is no ASGI server and shows what is left to gain at all. They take turns, each in
a process of its own; figures are processor time of the server's processes, medians of the turns,
so what else the machine does hardly matters. Memory is resident memory beside that of the same
process without sockets.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated

import documents
import typer
from contestants import CONTESTANTS, HERE, HOST, PATH, Contestant, Running
from http_client import Caller, Target
from processes import cpu_seconds, rss_bytes
from rich.console import Console
from rich.table import Table
from served import SERVERS
from subscribers import Board, Endpoint, Subscriber, each, open_one

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

WARM_SOCKETS = 20  # few: what they leave behind is used again by those that are measured
WARM_EVENTS = 20
EVENTS = 200  # each to all sockets
QUICK_SOCKETS, QUICK_MANY, QUICK_TURNS, QUICK_EVENTS = 200, 1_000, 1, 50
WAIT_S = 120
UPPER_BOUND = "flood_single"  # picows: no ASGI, frames made once

LABELS = {
    "websockets-sansio": "uvicorn, websockets-sansio (as today)",
    "websockets": "uvicorn, websockets (its older way)",
    "wsproto": "uvicorn, wsproto",
    "bounded": "uvicorn with our bounds (as we serve)",
    "granian": "Granian, ASGI, one worker, uvloop",
    UPPER_BOUND: "picows, no ASGI (upper bound)",
}


@dataclass
class Found:
    """Of one server; a figure for each turn."""

    opening_us: list[float] = field(default_factory=list)
    delivery_us: list[float] = field(default_factory=list)
    socket_kb: list[float] = field(default_factory=list)
    many_kb: list[float] = field(default_factory=list)


class Load:
    """The sockets on one server."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._board = Board()
        self._opened: list[Subscriber] = []
        self._number = 0

    async def open(self, sockets: int) -> float:
        """Open, initialise and subscribe so many more. Processor time of one, in microseconds."""
        running = self._running
        endpoint = Endpoint(HOST, running.port, PATH, {})
        (document,) = documents.subscriptions(1)

        async def open_and_subscribe(number: int) -> None:
            socket = await open_one(endpoint, self._board, number)
            socket.subscribe(str(uuid.uuid4()), {"query": document})
            await socket.ask({"type": "ping"})
            self._opened.append(socket)

        before = cpu_seconds(running.pid)
        await each(range(self._number, self._number + sockets), open_and_subscribe)
        self._number += sockets
        return (cpu_seconds(running.pid) - before) / sockets * 1e6

    async def deliver(self, events: int) -> float:
        """Each event to all sockets. Processor time of one delivery, in microseconds."""
        self._board.expect(len(self._opened), events)
        for socket in self._opened:
            socket.seen = 0
        trigger = self._running.trigger
        caller = Caller(Target(HOST, trigger["port"], trigger["path"], {}), size=1)
        await caller.open()
        body = str(trigger["batch"]).replace("__COUNT__", str(events)).encode()
        before = cpu_seconds(self._running.pid)
        await caller.post(body)
        await self._board.wait(WAIT_S)
        used = cpu_seconds(self._running.pid) - before
        return used / (events * len(self._opened)) * 1e6

    def memory(self) -> int:
        return rss_bytes(self._running.pid)

    def leave(self) -> None:
        """Close all."""
        for socket in self._opened:
            socket.closing = True
            assert socket.transport is not None
            socket.transport.disconnect()
        self._opened.clear()


def contestant(key: str) -> Contestant:
    """How it is started."""
    if key == UPPER_BOUND:
        (bound,) = (one for one in CONTESTANTS if one.key == key)
        return bound

    def command(port: int, http_port: int, folder: Path) -> list[str]:
        return [sys.executable, str(HERE / "served.py"), "--server", key, "--port", str(port)]

    return Contestant(key, LABELS[key], command)


@contextmanager
def serving(key: str) -> Iterator[Running]:
    """A server that answers."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        contestant(key).running(Path(folder)) as running,
    ):
        yield running


async def turn(key: str, found: Found, sockets: int, events: int) -> None:
    """Opening, delivering, and memory of so many sockets."""
    with serving(key) as running:
        load = Load(running)
        await load.open(WARM_SOCKETS)
        await load.deliver(WARM_EVENTS)
        empty = load.memory()
        found.opening_us.append(await load.open(sockets))
        found.socket_kb.append((load.memory() - empty) / sockets / 1_024)
        found.delivery_us.append(await load.deliver(events))
        load.leave()


async def memory_of_many(key: str, found: Found, sockets: int) -> None:
    """Memory alone."""
    with serving(key) as running:
        load = Load(running)
        await load.open(WARM_SOCKETS)
        empty = load.memory()
        await load.open(sockets)
        found.many_kb.append((load.memory() - empty) / sockets / 1_024)
        load.leave()


async def measured(
    keys: list[str], sockets: int, many: int, turns: int, events: int
) -> dict[str, Found]:
    """All servers, in turn."""
    found = {key: Found() for key in keys}
    for _ in range(turns):
        for key in keys:
            await turn(key, found[key], sockets, events)
    if many:
        for key in keys:
            await memory_of_many(key, found[key], many)
    return found


def row(key: str, found: Found) -> list[str]:
    """A line of the table."""
    figures = [(found.opening_us, 0), (found.delivery_us, 1), (found.socket_kb, 1)]
    figures.append((found.many_kb, 1))
    told = [f"{median(turns):,.{places}f}" if turns else "" for turns, places in figures]
    return [LABELS[key], *told]


def main(
    sockets: Annotated[int, typer.Option(min=1, help="Opened in a turn.")] = 1_000,
    many: Annotated[int, typer.Option(min=0, help="For memory once more; 0: not.")] = 10_000,
    turns: Annotated[int, typer.Option(min=1, help="How many.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="These servers alone.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few sockets, one turn.")] = False,
) -> None:
    """Compare servers under one bare application."""
    events = EVENTS
    if quick:
        sockets, many, turns, events = QUICK_SOCKETS, QUICK_MANY, QUICK_TURNS, QUICK_EVENTS
    keys = only or [*SERVERS, UPPER_BOUND]
    if unknown := [key for key in keys if key not in LABELS]:
        raise typer.BadParameter(f"no such server: {unknown[0]}; there are {', '.join(LABELS)}")
    table = Table(
        "server",
        "opening and subscribing, CPU µs",
        "a delivery, CPU µs",
        f"a socket of {sockets:,}, KB",
        f"of {many:,}, KB",
        title=f"{sockets:,} sockets, {turns} turns",
    )
    for key, found in asyncio.run(measured(keys, sockets, many, turns, events)).items():
        table.add_row(*row(key, found))
    Console().print(table)


if __name__ == "__main__":
    launch("servers", main)
