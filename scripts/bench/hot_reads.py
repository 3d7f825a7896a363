"""A page of 50 items that is asked for again and again while stock changes, and what it costs.

    .venv/bin/python scripts/bench/hot_reads.py [--seconds 10] [--writes 200] [--rounds 3] [--quick]

Three servers in turn, each with 16 clients: a bare ASGI application that answers the page's fixed
bytes, ours with what it keeps, and ours with KEPT_ANSWERS_BYTES_MAX=0. Ours on a new SQLite file,
synchronous=FULL, with 1,000 items of which random ones change. Prints requests a second, and the
server's CPU for each request with its writes counted in, as medians of the rounds: on a machine
that has other things to do the CPU tells more.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
import contestants
import fixtures
from contestants import HERE, ROOT, Running
from endings import ScriptFailed, launch
from http_client import Caller, ClosedLoop, Target
from processes import await_ready, cpu_seconds, free_ports, started
from sessions import page_body

CLIENTS = 16
WARM_UP_S = 2.0
QUICK_S = 2.0
SERVERS = {"bare": None, "kept": None, "not kept": "0"}


class Figures(NamedTuple):
    """per_second: requests; cpu_us: of the server for each; written: changes meanwhile."""

    per_second: float
    cpu_us: float
    written: int


@contextlib.contextmanager
def server(name: str, folder: Path) -> Iterator[Running]:
    """One of SERVERS, ready to be asked."""
    (port,) = free_ports(1)
    is_ours = name != "bare"
    command = (
        contestants.our_command(port, port, folder)
        if is_ours
        else contestants.python_program("ceiling.py")(port, port, folder)
    )
    env = contestants.our_env(port, folder) if is_ours else {}
    env.pop("KEPT_ANSWERS_BYTES_MAX", None)
    if SERVERS[name] is not None:
        env["KEPT_ANSWERS_BYTES_MAX"] = str(SERVERS[name])
    if is_ours:
        contestants.our_database(folder)
    log = folder / "log.txt"
    with started(command, env, ROOT if is_ours else HERE, log) as process:
        await_ready(process, port, contestants.PATH, log)
        running = Running(process.pid, port, port, contestants.emit_trigger(port))
        if is_ours:
            contestants.our_session(running, fixtures.ITEMS_COUNT)
        yield running


async def load(running: Running, seconds: float, writes: int) -> Figures:
    """All clients and the changes at once."""
    target = Target(contestants.HOST, running.port, contestants.PATH, running.headers)
    caller, body = Caller(target, CLIENTS), page_body().encode()
    asked, written = count(), count()
    await caller.open()

    async def change() -> None:
        loop, pending = asyncio.get_running_loop(), set[asyncio.Task[bytes]]()
        due_s = loop.time()
        while True:
            wanted = contestants.adjust_body(random.choice(running.item_ids))  # noqa: S311
            keyed = wanted.replace("__KEY__", f"hot {next(written)}").encode()
            sent = asyncio.create_task(caller.post(keyed))
            pending.add(sent)
            sent.add_done_callback(pending.discard)
            due_s += 1 / writes
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    def next_body() -> bytes:
        next(asked)
        return body

    changing = asyncio.create_task(change()) if writes and running.headers else None
    cpu = cpu_seconds(running.pid)
    result = await ClosedLoop(target, next_body).run(CLIENTS, seconds, WARM_UP_S)
    used = cpu_seconds(running.pid) - cpu
    if changing is not None:
        changing.cancel()
    if result.failed:
        raise ScriptFailed(f"{result.failed} requests failed: {result.first_body[:300]!r}")
    per_second = len(result.latencies) / result.seconds
    return Figures(per_second, used / next(asked) * 1e6, next(written))


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measure.")] = 10.0,
    writes: Annotated[int, typer.Option(min=0, help="Changes a second.")] = 200,
    rounds: Annotated[int, typer.Option(min=1, help="Of all three servers.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="One round of 2 s.")] = False,
) -> None:
    """Print the figures."""
    if quick:
        seconds, rounds = QUICK_S, 1
    found: dict[str, list[Figures]] = {name: [] for name in SERVERS}
    for _ in range(rounds):
        for name in SERVERS:
            with tempfile.TemporaryDirectory() as folder, server(name, Path(folder)) as running:
                found[name].append(asyncio.run(load(running, seconds, writes)))
    bare_us = statistics.median(one.cpu_us for one in found["bare"])
    for name, figures in found.items():
        rate = statistics.median(one.per_second for one in figures)
        cpu_us = statistics.median(one.cpu_us for one in figures)
        print(
            f"{name}: {rate:,.0f} requests/s, {cpu_us:.0f} µs of CPU each, "
            f"{cpu_us / bare_us:.2f} x the bare server's; {figures[-1].written} changes"
        )


if __name__ == "__main__":
    launch("hot reads", main)
