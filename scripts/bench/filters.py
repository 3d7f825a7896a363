"""What filters cost: many sockets on one document, each with a filter of its own.

    python scripts/bench/filters.py [--sockets 1000] [--sockets 10000] [--quick]

Servers of this checkout are started on empty SQLite databases, and moved stock reaches sockets that
subscribe with `where: {itemIds: …}`. Only the servers' processor time counts, so what else the
machine does hardly matters; what is compared takes turns, and ratios are medians of the turns.
- all match: N sockets with the same filter, and N with N different ones that all have the item in
  them; the same server, in batches of 250 changes. Ratio: a delivery of the former to one of the
  latter.
- one of N: the change is for one socket, the other N - 1 ask for other items; beside a server with
  that socket alone. By requests of one change, as people make them, and by batches of 250, where
  nothing hides what is looked at in vain. What the sockets cost without any change (heartbeats) is
  measured before and taken off.
- memory: what a server grows by for N sockets with N filters, beside N with one.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import contestants
import documents
import typer
from contestants import CONTESTANTS, HOST, OURS, PATH, Running, our_env
from http_client import Caller, Target
from processes import cpu_seconds, rss_bytes
from rich.console import Console
from rich.table import Table
from subscribers import Board, Endpoint, Subscriber, each, open_one

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import launch

WANTED = (
    "subscription ($where: InventoryUpdateFilter) { inventoryUpdated(where: $where) { "
    + documents.UPDATE_FIELDS
    + " } }"
)
NO_ITEM = 900_000_000  # ids from here on are nobody's
WAIT_S = 120
IDLE_S = 3.0
TURNS, TURNS_QUICK = 7, 3
CHANGES = 2_000  # of a turn, where one socket is told
DELIVERIES = 100_000  # of a turn, where all are


class Side:
    """A server, and sockets on it that all are told of the same item."""

    def __init__(self, running: Running, item: str) -> None:
        self.running = running
        self.item = item
        self.told = Board()
        self.quiet = Board()
        self.sockets: list[Subscriber] = []
        target = Target(HOST, running.http_port, PATH, running.headers)
        self.caller = Caller(target, size=4)
        self.idle_per_s = 0.0

    async def subscribe(self, filters: list[list[str]], texts: Sequence[str] = (WANTED,)) -> None:
        """A socket for each; its filter has these items. The texts go round."""
        running = self.running
        endpoint = Endpoint(HOST, running.port, PATH, running.init_payload)

        async def subscribe(numbered: tuple[int, list[str]]) -> None:
            number, items = numbered
            is_told = self.item in items
            socket = await open_one(endpoint, self.told if is_told else self.quiet, number)
            text = texts[number % len(texts)]
            where = {"where": {"itemIds": items}} if "$where" in text else {}
            socket.subscribe(str(uuid.uuid4()), {"query": text, "variables": where})
            await socket.ask({"type": "ping"})
            if is_told:
                self.sockets.append(socket)

        await each(enumerate(filters), subscribe)

    async def cost(self, bodies: list[bytes], changes: int) -> float:
        """Processor time of one change in microseconds, what is needed at rest taken off."""
        self.told.expect(len(self.sockets), changes)
        for socket in self.sockets:
            socket.seen = 0
        loop = asyncio.get_running_loop()
        began_s, before = loop.time(), cpu_seconds(self.running.pid)
        for body in bodies:
            await self.caller.post(body)
        await self.told.wait(WAIT_S)
        used = cpu_seconds(self.running.pid) - before - self.idle_per_s * (loop.time() - began_s)
        assert not self.told.surplus and not self.quiet.surplus, "told of what was not asked for"
        return used / changes * 1e6

    async def rest(self) -> None:
        """See what it needs when nothing changes."""
        before = cpu_seconds(self.running.pid)
        await asyncio.sleep(IDLE_S)
        self.idle_per_s = (cpu_seconds(self.running.pid) - before) / IDLE_S

    def batches(self, changes: int) -> list[bytes]:
        """At least so many changes, 250 in a request."""
        line = contestants.stock_line(self.item)
        text = contestants.batch_body(",".join([line] * contestants.BATCH_LINES_MAX))
        count = -(-changes // contestants.BATCH_LINES_MAX)
        return [text.replace("__KEY__", uuid.uuid4().hex).encode() for _ in range(count)]

    def singles(self, changes: int) -> list[bytes]:
        """So many requests of one change."""
        text = contestants.adjust_body(self.item)
        return [text.replace("__KEY__", uuid.uuid4().hex).encode() for _ in range(changes)]


@asynccontextmanager
async def serving(
    items: int = 1, settings: Mapping[str, str] = contestants.NO_SETTINGS
) -> AsyncIterator[Running]:
    """A server of ours with so many items; settings: beside those of all benchmarks."""
    (ours,) = (one for one in CONTESTANTS if one.key == OURS)
    ours = replace(ours, env=lambda port, folder: {**our_env(port, folder), **settings})
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        ours.running(Path(folder), items) as running,
    ):
        yield running


async def all_match(sockets: int, turns: int) -> list[tuple[str, str]]:
    """Different filters beside the same one, each of them passed by all changes."""
    async with serving(items=2) as running:
        same, different = (Side(running, item) for item in running.item_ids)
        await same.caller.open()
        await different.caller.open()
        await same.subscribe([[same.item]] * sockets)
        await different.subscribe([[different.item, str(NO_ITEM + n)] for n in range(sockets)])
        batch = contestants.BATCH_LINES_MAX
        changes = -(-max(batch, DELIVERIES // sockets) // batch) * batch
        costs: dict[Side, list[float]] = {same: [], different: []}
        for _ in range(turns + 1):  # the first warms up
            for side, found in costs.items():
                found.append(await side.cost(side.batches(changes), changes) / sockets)
    one, many = (found[1:] for found in costs.values())
    ratio = median(a / b for a, b in zip(one, many, strict=True))
    words = f"{sockets:,} sockets, all told of each change"
    return [
        (f"{words}: one filter, CPU µs a delivery", f"{median(one):.2f}"),
        (f"{words}: {sockets:,} filters, CPU µs a delivery", f"{median(many):.2f}"),
        ("ratio of the two (to reach: at least 0.9)", f"{ratio:.2f}"),
    ]


async def one_of(sockets: int, turns: int) -> list[tuple[str, str]]:
    """A change for one socket among many, beside that socket alone."""
    rows = []
    async with serving() as few, serving() as many:
        alone, among = Side(few, few.item_ids[0]), Side(many, many.item_ids[0])
        others = [[str(NO_ITEM + number)] for number in range(sockets - 1)]
        for side, filters in ((alone, []), (among, others)):
            await side.caller.open()
            await side.subscribe([[side.item], *filters])
            await side.cost(side.batches(CHANGES), CHANGES)  # warms up
            await side.rest()
        ways: dict[str, Callable[[Side], list[bytes]]] = {
            "requests of one change": lambda side: side.singles(CHANGES // 4),
            "batches of 250": lambda side: side.batches(CHANGES),
        }
        for words, bodies in ways.items():
            changes = CHANGES // 4 if words.startswith("requests") else CHANGES
            pairs = [
                (await among.cost(bodies(among), changes), await alone.cost(bodies(alone), changes))
                for _ in range(turns)
            ]
            what = f"for one of {sockets:,} sockets, {words}"
            rows += [
                (f"{what}: CPU µs a change", f"{median(pair[0] for pair in pairs):.0f}"),
                ("beside one socket alone", f"{median(pair[1] for pair in pairs):.0f}"),
                (
                    "ratio of the two (to reach: at most 1.2)",
                    f"{median(a / b for a, b in pairs):.2f}",
                ),
            ]
        rows.append(("CPU at rest with so many sockets, % of a core", f"{among.idle_per_s:.1%}"))
    return rows


async def memory(sockets: int) -> list[tuple[str, str]]:
    """What a filter takes: sockets with one each, beside as many with the same."""
    grown = []
    filters: list[Any] = [[[str(NO_ITEM)]] * sockets]
    filters.append([[str(NO_ITEM + number)] for number in range(sockets)])
    for asked in filters:
        async with serving() as running:
            side = Side(running, running.item_ids[0])
            await side.subscribe(asked[:100])
            before = rss_bytes(running.pid)
            await side.subscribe(asked[100:])
            await asyncio.sleep(1)
            grown.append((rss_bytes(running.pid) - before) / (sockets - 100) / 1_000)
    same, different = grown
    return [
        (f"memory of a socket, KB, {sockets:,} with one filter", f"{same:.1f}"),
        (f"memory of a socket, KB, {sockets:,} with as many filters", f"{different:.1f}"),
        ("memory of a filter, KB (to reach: at most 10)", f"{different - same:.1f}"),
    ]


async def measured(counts: list[int], turns: int) -> list[tuple[str, str]]:
    """All figures, each with its words."""
    rows = await all_match(min(counts), turns)
    for sockets in counts:
        rows += await one_of(sockets, turns)
    return rows + await memory(max(counts))


def main(
    sockets: Annotated[
        list[int] | None, typer.Option(min=101, help="How many; again for more.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="1,000 sockets, fewer turns.")] = False,
) -> None:
    """Measure what filters cost."""
    counts = sockets or ([1_000] if quick else [1_000, 10_000])
    table = Table("what", "how much", title="Filters")
    for words, figure in asyncio.run(measured(counts, TURNS_QUICK if quick else TURNS)):
        table.add_row(words, figure)
    Console().print(table)


if __name__ == "__main__":
    launch("filters", main)
