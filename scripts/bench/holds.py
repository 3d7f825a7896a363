"""Holds a second: through the use case in one process, and over HTTP against a server.

    .venv/bin/python scripts/bench/holds.py [--seconds 10] [--clients 16] [--server postgres://...]

On a new SQLite file, synchronous=FULL, in a temporary folder, or with --server in a PostgreSQL
where databases may be created, which commits as it is set up. Each hold has one line. Over HTTP
they are placed alone, on many items; then each is placed, and sold or given back in turn: on many
items, and on a few that all want. Prints commands a second, the median and the 99th percentile of a
request in ms, and what one costs the server in CPU: that tells more on a machine that has other
things to do. PostgreSQL's own CPU is not in it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, Users
from graphql_api.holds.commands import Until, WantedUnits
from graphql_api.holds.holds import Holds, PlaceHold
from graphql_api.inventory.item import ItemRef
from graphql_api.inventory.items import Items, NewItem
from graphql_api.process import migrate_at, open_services
from graphql_api.settings import read_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import ScriptFailed, launch
from http_client import BadReply, Caller, Target, percentile
from processes import await_ready, cpu_seconds, free_ports, post, started
from scale import fresh

ITEMS, HOT_ITEMS, STOCK = 200, 3, 10_000_000
CALLERS = 64
WARM_UP_S = 2.0
DAY_S = 86_400
EMAIL, PASSWORD = "bench@example.com", secrets.token_urlsafe(16)
PAYLOAD = "{ hold { id expiresAt } userErrors { code message } }"
PLACE = f"mutation($input: PlaceHoldInput!) {{ placeHold(input: $input) {PAYLOAD} }}"
CONSUME = f"mutation($input: ConsumeHoldInput!) {{ consumeHold(input: $input) {PAYLOAD} }}"
RELEASE = f"mutation($id: ID!) {{ releaseHold(id: $id) {PAYLOAD} }}"
LOGIN = (
    "mutation($input: LoginInput!) { login(input: $input) { accessToken userErrors { message } } }"
)
ROOT = Path(__file__).resolve().parents[2]


async def through_the_use_case(url: str, seconds: float) -> tuple[float, float]:
    """Holds a second of CALLERS in one process, and µs of CPU each. Fills the database first."""
    done, numbers = 0, count()
    await migrate_at(url)  # which a server does by itself in an SQLite file only
    async with open_services(read_settings(database_url=url)) as services:
        await services.of(Users).create(NewUser(EMAIL, "Bench", PASSWORD, Role.USER))
        for n in range(ITEMS):
            columns = {"sku": f"SKU-{n}", "name": f"Item {n}"}
            await services.of(Items).create(NewItem(columns, STOCK, None, None))
        holds = services.of(Holds)
        began, cpu = time.perf_counter(), time.process_time()

        async def call() -> None:
            nonlocal done
            while time.perf_counter() - began < seconds:
                n = next(numbers)
                wanted = (WantedUnits(ItemRef("sku", f"SKU-{n % ITEMS}"), 1),)
                until = Until(None, DAY_S)
                await holds.carry_out(PlaceHold(f"k{n}", wanted, until, None, None, None, False))
                done += 1

        await asyncio.gather(*(call() for _ in range(CALLERS)))
        cpu_us = (time.process_time() - cpu) / done * 1e6
        return done / (time.perf_counter() - began), cpu_us


@dataclass(slots=True)
class Load:
    """Clients that each send their next command when the last is answered, over `caller`."""

    caller: Caller
    items: int
    ends: bool  # whether each hold is sold or given back, in turn
    latencies: list[float] = field(default_factory=list)  # seconds, of all so far
    _numbers: Iterator[int] = field(default_factory=count)
    _run: str = field(default_factory=lambda: secrets.token_hex(4))

    async def client(self) -> None:
        """One of them, until it is cancelled."""
        while True:
            n = next(self._numbers)
            placed = await self._send(PLACE, "placeHold", self._basket(n))
            if not self.ends:
                continue
            if n % 2:
                sale = {"idempotencyKey": f"{self._run} sold {n}", "id": placed["id"]}
                await self._send(CONSUME, "consumeHold", {"input": sale})
            else:
                await self._send(RELEASE, "releaseHold", {"id": placed["id"]})

    def _basket(self, n: int) -> dict[str, Any]:
        line = {"item": {"sku": f"SKU-{n % self.items}"}, "quantity": 1}
        key = f"{self._run} {n}"
        return {"input": {"idempotencyKey": key, "lines": [line], "expiresInSeconds": DAY_S}}

    async def _send(self, query: str, name: str, variables: dict[str, Any]) -> Any:
        body = orjson.dumps({"query": query, "variables": variables})
        began = time.perf_counter()
        answer = await self.caller.post(body)
        self.latencies.append(time.perf_counter() - began)
        return orjson.loads(answer)["data"][name]["hold"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a load: commands a second, latencies in seconds, µs of the server's CPU."""

    rate: float
    latencies: list[float]
    cpu_us: float


async def loaded(target: Target, pid: int, load: tuple[int, int, bool], seconds: float) -> Seen:
    """Load the server: (clients, items, whether holds are ended). Raises BadReply."""
    clients, items, ends = load
    caller = Caller(target, clients)
    await caller.open()
    made = Load(caller, items, ends)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(made.client()) for _ in range(clients)]
        await asyncio.sleep(WARM_UP_S)
        first, began, cpu = len(made.latencies), time.perf_counter(), cpu_seconds(pid)
        await asyncio.sleep(seconds)
        passed, used = time.perf_counter() - began, cpu_seconds(pid) - cpu
        counted = made.latencies[first:]
        for task in tasks:
            task.cancel()
    return Seen(len(counted) / passed, counted, used / max(len(counted), 1) * 1e6)


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[Target, int]]:
    """A running server with somebody signed in, and its process."""
    (port,) = free_ports(1)
    env = {"DATABASE_URL": url, "RATE_LIMIT": "off", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "graphql_api", "serve", "--port", str(port)]
    log = folder / "server.log"
    with started(command, env, folder, log) as process:
        await_ready(process, port, "/graphql", log)
        given = {"input": {"email": EMAIL, "password": PASSWORD}}
        body = json.dumps({"query": LOGIN, "variables": given}).encode()
        token = json.loads(post(port, "/graphql", body, {}, 30))["data"]["login"]["accessToken"]
        headers = {"Authorization": f"Bearer {token}"}
        yield Target("127.0.0.1", port, "/graphql", headers), process.pid


def over_http(url: str, clients: int, seconds: float) -> None:
    """Print a line for each kind of load."""
    kinds = {
        f"placed, {ITEMS} items": (clients, ITEMS, False),
        f"placed, then sold or given back, {ITEMS} items": (clients, ITEMS, True),
        f"placed, then sold or given back, {HOT_ITEMS} items": (clients, HOT_ITEMS, True),
    }
    with tempfile.TemporaryDirectory() as folder, serving(url, Path(folder)) as (target, pid):
        for name, load in kinds.items():
            try:
                seen = asyncio.run(loaded(target, pid, load, seconds))
            except* BadReply as group:
                raise ScriptFailed(f"{name}: {group.exceptions[0]}") from None
            p50, p99 = (percentile(seen.latencies, share) * 1e3 for share in (0.5, 0.99))
            print(
                f"over HTTP, {clients} clients, {name}: {seen.rate:,.0f} commands/s, p50 {p50:.1f} "
                f"ms, p99 {p99:.1f} ms, {seen.cpu_us:.0f} µs of the server's CPU each",
                flush=True,
            )


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measure.")] = 10.0,
    clients: Annotated[int, typer.Option(min=1, max=500, help="Over HTTP.")] = 16,
    server: Annotated[
        str | None, typer.Option(help="A PostgreSQL server's URL; an SQLite file if absent.")
    ] = None,
) -> None:
    """Print all figures."""
    with fresh(server, None) as url:
        rate, cpu_us = asyncio.run(through_the_use_case(url, seconds))
        print(
            f"through the use case, {CALLERS} callers, placed: {rate:,.0f} holds/s, "
            f"{cpu_us:.0f} µs of CPU each",
            flush=True,
        )
        over_http(url, clients, seconds)


if __name__ == "__main__":
    launch("holds", main)
