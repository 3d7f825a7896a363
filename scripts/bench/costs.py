"""What a change costs as things grow: one table, the server's processor time of one change.

    python scripts/bench/costs.py [--only filters] [--rounds 7] [--quick]

Each row is one thing at three sizes. Its three servers of this checkout, on SQLite databases of
their own, are up at the same time and take turns; ratios are medians of the turns. Changes come in
batches of 250 that are committed, and all sockets that want them have them before the clock stops,
so the server's processor time for one change has its delivery in it.
- filters: so many sockets on one document, each asking for an item of its own; one is told.
- groups: 100 sockets on one document that are told, with so many different filters.
- documents: 100 sockets that are told, with so many documents that select different fields.
- sockets: so many on one document, all told.
- items: so many in the table, of which 250 spread over it change in turn; one socket is told.
- processes: WORKERS, with 100 sockets on one document that are told.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated

import contestants
import documents
import typer
from filters import NO_ITEM, WANTED, Side, serving

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import WrongUsage, launch

TOLD = 100  # sockets, where more than one is told
CHANGES = 4_000  # of a turn, where one socket is told: about 0.3 s of processor time
CHANGES_TOLD = 1_000  # where TOLD are
DELIVERIES = 100_000  # of a turn, at most, where sockets grow
LINES = contestants.BATCH_LINES_MAX
ROUNDS, ROUNDS_QUICK = 7, 3
# Without a filter, whatever is asked for beside it.
ANY_ITEM = "subscription { inventoryUpdated { type item { id } timestamp } }"
HEAD = "subscription { inventoryUpdated {"
HEAD_WANTED = "subscription ($where: InventoryUpdateFilter) { inventoryUpdated(where: $where) {"


@dataclass(frozen=True, slots=True)
class Case:
    """One server: what is in it, who listens, what changes."""

    changes: int
    filters: Callable[[str], list[list[str]]]  # of each socket, given the item that changes
    texts: Sequence[str] = (WANTED,)
    items: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


def one_told(size: int) -> Case:
    return Case(
        CHANGES, lambda item: [[item], *([str(NO_ITEM + number)] for number in range(size - 1))]
    )


def all_told(size: int) -> Case:
    changes = max(LINES, min(CHANGES, DELIVERIES // size // LINES * LINES))
    return Case(changes, lambda item: [[item]] * size)


def in_groups(size: int) -> Case:
    return Case(CHANGES_TOLD, lambda item: [[item, str(NO_ITEM + n % size)] for n in range(TOLD)])


def in_documents(size: int) -> Case:
    texts = [text.replace(HEAD, HEAD_WANTED) for text in documents.selections(size)]
    return Case(CHANGES_TOLD, lambda item: [[item]] * TOLD, texts)


def in_the_table(size: int) -> Case:
    return Case(CHANGES, lambda item: [[item]], (ANY_ITEM,), items=size)


def in_processes(size: int) -> Case:
    return Case(CHANGES_TOLD, lambda item: [[item]] * TOLD, settings={"WORKERS": str(size)})


# What grows: the server for a size, and three sizes.
GROWING: dict[str, tuple[Callable[[int], Case], tuple[int, int, int]]] = {
    "filters": (one_told, (10, 100, 1_000)),
    "groups": (in_groups, (1, 10, 100)),
    "documents": (in_documents, (1, 10, 100)),
    "sockets": (all_told, (10, 100, 1_000)),
    "items": (in_the_table, (250, 2_500, 10_000)),
    "processes": (in_processes, (1, 2, 3)),
}


class Measured:
    """A server of a case that is ready."""

    def __init__(self, case: Case, side: Side) -> None:
        self._case = case
        self._side = side
        ids = side.running.item_ids
        step = max(1, len(ids) // LINES)
        lines = [contestants.stock_line(item) for item in ids[::step][:LINES]]
        self._text = contestants.batch_body(",".join(lines * (LINES // len(lines))))

    async def cost(self) -> float:
        """The server's processor time of one change, in µs."""
        count = self._case.changes // LINES
        bodies = [self._text.replace("__KEY__", uuid.uuid4().hex).encode() for _ in range(count)]
        return await self._side.cost(bodies, self._case.changes)


@asynccontextmanager
async def ready(case: Case) -> AsyncIterator[Measured]:
    """Its server, with all its sockets."""
    async with serving(case.items, case.settings) as running:
        side = Side(running, running.item_ids[0])
        await side.caller.open()
        await side.subscribe(case.filters(side.item), case.texts)
        measured = Measured(case, side)
        await measured.cost()  # warms up
        await side.rest()
        yield measured


async def grown(name: str, rounds: int) -> str:
    """A row: a column for each size, and the ratio of the last size to the first."""
    case, sizes = GROWING[name]
    found: list[list[float]] = [[] for _ in sizes]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(ready(case(size))) for size in sizes]
        for _ in range(rounds):
            for server, costs in zip(servers, found, strict=True):
                costs.append(await server.cost())
    ratio = median(last / first for first, last in zip(found[0], found[-1], strict=True))
    cells = [f"{size:,}: {median(costs):,.0f}" for size, costs in zip(sizes, found, strict=True)]
    return f"{name:10} {''.join(f'{cell:>15}' for cell in cells)} {ratio:>14.2f}"


def main(
    only: Annotated[list[str] | None, typer.Option(help="Rows; again for more.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each size.")] = ROUNDS,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer turns.")] = False,
) -> None:
    """Print what a change costs, as `size: µs`."""
    for name in only or []:
        if name not in GROWING:
            raise WrongUsage(f"--only {name}: there are {', '.join(GROWING)}")
    print(f"{'size: µs':10} {'small':>15}{'middle':>15}{'large':>15} {'large ÷ small':>14}")
    for name in only or GROWING:
        print(asyncio.run(grown(name, ROUNDS_QUICK if quick else rounds)), flush=True)


if __name__ == "__main__":
    launch("costs", main)
