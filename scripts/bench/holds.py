"""Holds a second: through the use case in one process, and over HTTP with 16 clients.

    .venv/bin/python scripts/bench/holds.py [--seconds 10]

On new SQLite files, synchronous=FULL, in a temporary folder; each hold has one line, of one of 200
items. Prints holds a second, and over HTTP the median and the 99th percentile of a request in ms.
What a hold costs in CPU tells more on a machine that has other things to do.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, Users
from graphql_api.holds.commands import Until, WantedUnits
from graphql_api.holds.holds import Holds, PlaceHold
from graphql_api.inventory.item import ItemRef
from graphql_api.inventory.items import Items, NewItem
from graphql_api.process import open_services
from graphql_api.settings import read_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import ScriptFailed, launch
from http_client import ClosedLoop, LoadResult, Target, percentile
from processes import await_ready, cpu_seconds, free_ports, post, started

ITEMS, STOCK = 200, 1_000_000
CALLERS, CLIENTS = 64, 16
WARM_UP_S = 2.0
EMAIL, PASSWORD = "bench@example.com", secrets.token_urlsafe(16)
PLACE = (
    "mutation($input: PlaceHoldInput!) { placeHold(input: $input) "
    "{ hold { id expiresAt } userErrors { code message } } }"
)
LOGIN = (
    "mutation($input: LoginInput!) { login(input: $input) { accessToken userErrors { message } } }"
)
ROOT = Path(__file__).resolve().parents[2]


async def through_the_use_case(url: str, seconds: float) -> tuple[float, float]:
    """Holds a second of CALLERS in one process, and µs of CPU each. Fills the database first."""
    done, numbers = 0, count()
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
                until = Until(None, 86_400)
                await holds.carry_out(PlaceHold(f"k{n}", wanted, until, None, None, None, False))
                done += 1

        await asyncio.gather(*(call() for _ in range(CALLERS)))
        cpu_us = (time.process_time() - cpu) / done * 1e6
        return done / (time.perf_counter() - began), cpu_us


def next_hold() -> Callable[[], bytes]:
    """The bodies of requests, each for a hold of its own."""
    numbers = count()

    def body() -> bytes:
        n = next(numbers)
        wanted = {
            "idempotencyKey": f"http {n}",
            "lines": [{"item": {"sku": f"SKU-{n % ITEMS}"}, "quantity": 1}],
            "expiresInSeconds": 86_400,
        }
        return json.dumps({"query": PLACE, "variables": {"input": wanted}}).encode()

    return body


def over_http(url: str, folder: Path, seconds: float) -> tuple[LoadResult, float]:
    """Start a server, sign in, and load it with CLIENTS clients; also µs of CPU for each hold."""
    (port,) = free_ports(1)
    env = {"DATABASE_URL": url, "RATE_LIMIT": "off", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "graphql_api", "serve", "--port", str(port)]
    log = folder / "server.log"
    with started(command, env, folder, log) as process:
        await_ready(process, port, "/graphql", log)
        given = {"input": {"email": EMAIL, "password": PASSWORD}}
        body = json.dumps({"query": LOGIN, "variables": given}).encode()
        told = json.loads(post(port, "/graphql", body, {}, 30))
        token = told["data"]["login"]["accessToken"]
        target = Target("127.0.0.1", port, "/graphql", {"Authorization": f"Bearer {token}"})
        bodies = next_hold()
        cpu = cpu_seconds(process.pid)
        result = asyncio.run(ClosedLoop(target, bodies).run(CLIENTS, seconds, WARM_UP_S))
        sent = json.loads(bodies())["variables"]["input"]["idempotencyKey"].split()[1]
        return result, (cpu_seconds(process.pid) - cpu) / int(sent) * 1e6


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Of each measure.")] = 10.0,
) -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite://{folder / 'inventory.sqlite3'}"
        rate, cpu_us = asyncio.run(through_the_use_case(url, seconds))
        print(
            f"through the use case, {CALLERS} callers: {rate:,.0f} holds/s, {cpu_us:.0f} µs of CPU "
            "each",
            flush=True,
        )
        load, cpu_us = over_http(url, folder, seconds)
        if load.failed:
            raise ScriptFailed(f"{load.failed} requests failed: {load.first_body[:300]!r}")
        p50, p99 = (percentile(load.latencies, share) * 1e3 for share in (0.5, 0.99))
        print(
            f"over HTTP, {CLIENTS} clients: {len(load.latencies) / load.seconds:,.0f} holds/s, "
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {cpu_us:.0f} µs of the server's CPU each"
        )


if __name__ == "__main__":
    launch("holds", main)
