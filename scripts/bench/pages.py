"""What a page of 50 items costs, each time with other variables, beside Apollo Server on SQLite.

    python scripts/bench/pages.py [--seconds 3] [--turns 5] [--quick]

Four servers are up at the same time and take turns with 16 clients each: ours as it is by default,
which keeps an answer that nobody asks for again; ours with KEPT_ANSWERS_BYTES_MAX=0; Apollo Server
with better-sqlite3; and a bare ASGI application that answers the same fixed bytes. Seven fields of
each item, out of 1,000; no two requests are alike: they begin after a place that differs each time,
though between the same items. Only the servers' processor time for each request counts, so what
else the machine does hardly matters; ratios are medians of the turns.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median
from typing import Annotated

import contestants
import documents
import fixtures
import typer
from contestants import CEILING, CONTESTANTS, HOST, OURS, PATH, Running
from http_client import ClosedLoop, Target
from processes import cpu_seconds
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import ScriptFailed, launch

CLIENTS = 16
QUICK_S, QUICK_TURNS = 1.0, 3
WARM_UP_S = 0.3
PAGES = 900  # places to begin after: fifty items follow each
KEEPING, READING, APOLLO, BARE = "ours, keeping", "ours", "Apollo, SQLite", "bare ASGI"

NextBody = Callable[[], bytes]


class Side:
    """One server. cursors: after(place, which) is a cursor that differs with `which`."""

    def __init__(self, running: Running, after: Callable[[int, int], str]) -> None:
        self._running = running
        self._after = after
        self._asked = count()

    def _body(self) -> bytes:
        number = next(self._asked)
        variables = {"first": 50, "after": self._after(number % PAGES, number)}
        return json.dumps({"query": documents.OTHER_PAGE, "variables": variables}).encode()

    async def cost(self, seconds: float) -> float:
        """Processor time of one request in microseconds."""
        running = self._running
        target = Target(HOST, running.port, PATH, running.headers)
        before = cpu_seconds(running.pid)
        result = await ClosedLoop(target, self._body).run(CLIENTS, seconds, WARM_UP_S)
        used = cpu_seconds(running.pid) - before
        if result.failed:
            raise ScriptFailed(f"{result.failed} failed: {result.first_body[:300]!r}")
        return used / result.requests * 1e6


def our_cursors(running: Running) -> Callable[[int, int], str]:
    """Cursors of ours: the page's own, whose last part, an id, is replaced."""
    asked = "{ items(first: 1) { pageInfo { endCursor } } }"
    cursor: str = running.ask(asked)["items"]["pageInfo"]["endCursor"]
    places: list[list[object]] = []
    while len(places) < PAGES:
        asked = "query ($after: String) { items(first: 100, after: $after) { edges { cursor } } }"
        for edge in running.ask(asked, {"after": cursor})["items"]["edges"]:
            cursor = edge["cursor"]
            places.append(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))

    def after(place: int, which: int) -> str:
        parts = [*places[place][:-1], 1_000_000 + which]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    return after


def apollo_cursors(place: int, which: int) -> str:
    """Its cursor is a SKU: one that nobody has, behind a fixture's."""
    return f"{fixtures.item_rows(1)[0].sku[:-6]}{place:06}.{which}"


def sides(stack: ExitStack) -> dict[str, Side]:
    """All servers, ready to be asked."""

    def running(key: str, settings: dict[str, str]) -> Running:
        (chosen,) = (one for one in CONTESTANTS if one.key == key)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        given = replace(chosen, env=lambda port, at: {**chosen.env(port, at), **settings})
        return stack.enter_context(given.running(folder, fixtures.ITEMS_COUNT))

    keeping = running(OURS, {"KEPT_ANSWERS_BYTES_MAX": str(32 * 2**20)})
    reading = running(OURS, {})
    found = {
        KEEPING: Side(keeping, our_cursors(keeping)),
        READING: Side(reading, our_cursors(reading)),
        BARE: Side(running(CEILING, {}), apollo_cursors),
    }
    if contestants.node_sqlite_missing() is None:
        found[APOLLO] = Side(running("apollo_sqlite", {}), apollo_cursors)
    return found


async def measured(seconds: float, turns: int) -> dict[str, list[float]]:
    """Processor time of each server, turn by turn."""
    with ExitStack() as stack:
        chosen = sides(stack)
        for side in chosen.values():
            await side.cost(seconds)  # warms up
        found: dict[str, list[float]] = {name: [] for name in chosen}
        for _ in range(turns):
            for name, side in chosen.items():
                found[name].append(await side.cost(seconds))
    return found


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each measure.")] = 3.0,
    turns: Annotated[int, typer.Option(min=1, help="How many.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer and shorter turns.")] = False,
) -> None:
    """Measure what pages cost."""
    if quick:
        seconds, turns = QUICK_S, QUICK_TURNS
    found = asyncio.run(measured(seconds, turns))
    table = Table("server", "CPU µs a page", "× Apollo (to reach: 2.5)", title="Pages")
    for name, figures in found.items():
        beside = found.get(APOLLO)
        ratio = "-"
        if beside is not None:
            pairs = zip(beside, figures, strict=True)
            ratio = f"{median(its / mine for its, mine in pairs):.2f}"
        table.add_row(name, f"{median(figures):.0f}", ratio)
    Console().print(table)


if __name__ == "__main__":
    launch("pages", main)
