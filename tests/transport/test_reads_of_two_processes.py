"""Two server processes on one database, changed and read at once: no answer is old.

Each answer is compared with the log afterwards. It must be what the database held at one place of
the log, and that place must not lie before

- the cursor that the read asked for at least,
- any change that the same process had acknowledged when the read began,
- what any answer of the same process showed that had come when the read began.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from graphql_api.events.cursor import decode_cursor
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.builders import make_item
from tests.campaigns import by_kind, chance
from tests.conftest import KINDS, settings_for
from tests.patience import PATIENCE_S
from tests.transport.processes import LaunchedServer, two_servers
from tests.transport.serving import ADJUST, adjustment

ITEMS, SHOWN, STOCK = 8, 3, 10
READS = by_kind(150, 2_000, 4_000)  # of one round
ROUNDS = by_kind(1, 5, 125)  # twice, on either database: a million
CLIENTS = 8

State = tuple[int, int]  # an item's id and stock
Show = Callable[[Sequence[State]], list[State]]
Document = tuple[str, Show]


def documents(ids: Sequence[int]) -> list[Document]:
    """Queries, and what each shows of all items' states, in the order of their SKUs."""
    page = "{ items(first: %d, orderBy: {by: %s}) { nodes { id stock } } }"
    one = '{ items(first: 1, where: {skus: ["SKU-2"]}) { nodes { id stock } } }'
    return [
        (page % (SHOWN, "SKU"), lambda states: list(states[:SHOWN])),
        (page % (SHOWN, "STOCK, direction: DESC"), _highest),
        (one, lambda states: [states[1]]),
    ]


def _highest(states: Sequence[State]) -> list[State]:
    return sorted(states, key=lambda state: (state[1], state[0]), reverse=True)[:SHOWN]


@dataclass(slots=True)
class Seen:
    """Something that a process answered. floor: it shows this place in the log, or a later one;
    before: how many of its answers had come when it was asked for."""

    before: int
    floor: int
    shown: list[State] | None = None  # None: a change
    show: Show | None = None


@dataclass(slots=True)
class Process:
    """One of the two, with what it answered, in the order in which that came. floor: the place in
    the log that it has shown before."""

    http: httpx.AsyncClient
    floor: int = 0
    answers: list[Seen] = field(default_factory=list)

    async def ask(self, query: str, cursor: str | None, **variables: Any) -> Any:
        headers = {} if cursor is None else {"at-least": cursor}
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", content=orjson.dumps(body), headers=headers)
        answer = orjson.loads(response.content)
        assert "errors" not in answer, answer
        return answer

    async def write(self, item_id: int, quantity: int) -> str:
        """A change of stock: the cursor that it is answered with."""
        before = len(self.answers)
        answer = await self.ask(ADJUST, None, input=adjustment(str(item_id), quantity))
        cursor: str = answer["extensions"]["cursor"]
        assert not answer["data"]["adjustStock"]["userErrors"]
        self.answers.append(Seen(before, decode_cursor(cursor).position))
        return cursor

    async def read(self, document: Document, cursor: str | None) -> None:
        before = len(self.answers)
        answer = await self.ask(document[0], cursor)
        nodes = answer["data"]["items"]["nodes"]
        shown = [(int(node["id"]), node["stock"]) for node in nodes]
        floor = 0 if cursor is None else decode_cursor(cursor).position
        self.answers.append(Seen(before, floor, shown, document[1]))


async def client(pick: random.Random, processes: Sequence[Process], ids: Sequence[int]) -> None:
    """Reads, and writes now and then; of what it wrote it mostly asks the other process, too."""
    cursor: str | None = None
    for _ in range(READS // CLIENTS):
        process = pick.choice(processes)
        if pick.random() < 0.15:
            cursor = await process.write(pick.choice(ids), pick.randint(1, 5))
        await process.read(pick.choice(documents(ids)), cursor if pick.random() < 0.5 else None)


async def states_after(
    services: Services, states: dict[int, list[State]], ids: Sequence[int], head: int
) -> None:
    """Add the states at each place of the log up to `head`, after the newest in `states`."""
    last = max(states)
    now = dict(states[last])
    while last < head:
        for event in await services.log.page(last, head):
            if event.topic == "inventory" and event.subject in now:
                now[event.subject] = event.payload.item.stock
            last = event.position
            states[last] = [(one, now[one]) for one in ids]


def old_ones(process: Process, states: dict[int, list[State]]) -> list[Any]:
    """The answers that are at no place of the log where they may be. Takes all answers away."""
    old, head = [], max(states)
    floors = [max(process.floor, min(states))]  # by how many answers had come
    for seen in process.answers:
        floor = max(seen.floor, floors[seen.before])
        if seen.show is not None and seen.shown is not None:
            show, shown = seen.show, seen.shown
            places = (p for p in range(floor, head + 1) if show(states[p]) == shown)
            place = next(places, None)
            if place is None:
                was = max((p for p in states if show(states[p]) == shown), default=None)
                old.append((seen.floor, floors[seen.before], was, shown))
            else:
                floor = place
        floors.append(max(floors[-1], floor))
    process.answers.clear()
    process.floor = floors[-1]
    return old


async def started(server: LaunchedServer) -> Process:
    await server.begin()
    headers = {"content-type": "application/json"}
    limits = httpx.Limits(max_connections=CLIENTS)
    return Process(
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{server.port}",
            headers=headers, timeout=PATIENCE_S, limits=limits,
        )
    )  # fmt: skip


def sign_in(process: Process, server: LaunchedServer) -> None:
    """With a fresh token: a long campaign takes longer than one lives."""
    process.http.headers["authorization"] = f"Bearer {server.token('user')}"


async def hits(process: Process) -> int:
    text = (await process.http.get("/metrics")).text
    (line,) = [one for one in text.splitlines() if one.startswith("inventory_kept_hits_total ")]
    return int(float(line.split()[1]))


@pytest.mark.timeout(by_kind(240, 1_200, 86_400))  # so long on a machine that is busy otherwise
@pytest.mark.parametrize("kind", KINDS)
async def test_no_answer_of_two_processes_is_old(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    maker = request.getfixturevalue(f"{kind}_maker")
    async with (
        # A connection that waits on a busy machine is not to be closed while it is used again.
        two_servers(maker, tmp_path, STOCK, KEEP_ALIVE_SECONDS="3600") as (one, other, item, url),
        open_services(settings_for(url)) as services,
    ):
        others = [await make_item(services, f"SKU-{n}") for n in range(2, ITEMS + 1)]
        ids = [item.id, *(made.id for made in others)]
        processes = [await started(one), await started(other)]
        head = (await services.log.head()).position
        states = {head: [(item_id, STOCK) for item_id in ids]}
        for number in range(ROUNDS):
            for process, server in zip(processes, (one, other), strict=True):
                sign_in(process, server)
            picks = [chance(number * CLIENTS + n) for n in range(CLIENTS)]
            await asyncio.gather(*(client(pick, processes, ids) for pick in picks))
            head = (await services.log.head()).position
            await states_after(services, states, ids, head)
            assert [old_ones(process, states) for process in processes] == [[], []]
            shown = min(process.floor for process in processes)
            states = {place: states[place] for place in states if place >= shown}
        assert min([await hits(process) for process in processes]) > ROUNDS * READS / 20
        for process in processes:
            await process.http.aclose()
