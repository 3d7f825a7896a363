"""Very many sockets in one process of ours: all open, all get one change, what one costs.

    python scripts/bench/many_sockets.py [--sockets 30000]

Each load generator opens a part, from loopback addresses of its own, since an address has some
28,000 ports. Then one change is made, and every socket must get it, once. A socket is a file for
the server, so with a hard limit of files below that there are as many as it allows, which is said.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import documents
import typer
from contestants import CONTESTANTS, HOST, OURS, PATH, Running
from loadclient import LoadFailed, LoadGenerator, load_generator
from processes import cpu_seconds, rss_bytes
from rich.console import Console
from rich.table import Table

from graphql_api.transport.server import file_limit, raise_file_limit

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

GENERATOR_SOCKETS_MAX = 10_000  # a file each, for the generator too
FILES_KEPT = 500  # of the server: its database, its log, and requests over HTTP
TIMEOUT_S = 600
QUICK_SOCKETS = 500


def parts(sockets: int) -> list[int]:
    """How many each generator opens."""
    count = -(-sockets // GENERATOR_SOCKETS_MAX)
    return [sockets // count + (number < sockets % count) for number in range(count)]


def open_all(running: Running, generators: list[LoadGenerator], sockets: int) -> None:
    """All open and subscribed, with one document."""
    for generator, part in zip(generators, parts(sockets), strict=True):
        generator.call(
            "open",
            TIMEOUT_S,
            host=HOST,
            port=running.port,
            path=PATH,
            init_payload=running.init_payload,
            trigger=running.trigger,
            sockets=part,
            documents=documents.subscriptions(1),
        )


def measured(sockets: int) -> list[tuple[str, str]]:
    """The figures, each with its words. Raises LoadFailed where a socket failed or missed one."""
    (ours,) = (one for one in CONTESTANTS if one.key == OURS)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        running = stack.enter_context(ours.running(Path(folder)))
        generators = [
            stack.enter_context(load_generator(lambda said: None)) for _ in parts(sockets)
        ]
        memory, used = rss_bytes(running.pid), cpu_seconds(running.pid)
        open_all(running, generators, sockets)
        opening = cpu_seconds(running.pid) - used
        memory = rss_bytes(running.pid) - memory
        for generator in generators:
            generator.call("expect", count=1)
        used = cpu_seconds(running.pid)
        generators[0].call("emit", TIMEOUT_S, count=1)
        arrived = [generator.call("arrived", TIMEOUT_S) for generator in generators]
        delivering = cpu_seconds(running.pid) - used
    if len({one["stock"] for one in arrived}) != 1:
        raise LoadFailed("the generators were told different changes")
    got = sum(one["sockets"] for one in arrived)
    return [
        ("sockets that got the one change", f"{got:,}"),
        ("memory of a socket, KB", f"{memory / sockets / 1_024:.1f}"),
        ("opening and subscribing one, CPU µs", f"{opening / sockets * 1e6:.0f}"),
        ("the change to one, CPU µs", f"{delivering / sockets * 1e6:.1f}"),
    ]


def allowed(sockets: int) -> int:
    """As many as the limit of files has room for."""
    raise_file_limit()
    limit = file_limit()
    return sockets if limit is None else min(sockets, limit - FILES_KEPT)


def main(
    sockets: Annotated[int, typer.Option(min=1, help="Open at once.")] = 30_000,
    quick: Annotated[bool, typer.Option("--quick", help="Few sockets.")] = False,
) -> None:
    """Open very many sockets on one process."""
    wanted = QUICK_SOCKETS if quick else sockets
    sockets = allowed(wanted)
    if sockets < wanted:
        Console().print(f"{wanted:,} need more files than this machine allows: {sockets:,}")
    table = Table("what", "how much", title=f"{sockets:,} sockets of one process")
    for words, figure in measured(sockets):
        table.add_row(words, figure)
    Console().print(table)


if __name__ == "__main__":
    launch("many_sockets", main)
