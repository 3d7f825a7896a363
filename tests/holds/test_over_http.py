"""Two real servers on one database, and callers who all want the same units at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphql_api.inventory.items import Item
from graphql_api.process import open_services
from tests.campaigns import only_full
from tests.conftest import settings_for
from tests.databases import Maker
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.transport.processes import LaunchedServer, Pair, two_servers

PLACE = """mutation($input: PlaceHoldInput!) {
  placeHold(input: $input) { hold { id } userErrors { code } } }"""
READ = """query($id: ID!) { hold(id: $id) { status }
  holds(where: { statuses: [HELD] }) { totalCount } ledgerCheck { ok } }"""


@pytest.fixture
async def servers(maker: Maker, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two that run on one database, an item of which ten are there, and its URL."""
    async with two_servers(maker, tmp_path, initial_stock=10) as (one, other, item, url):
        await asyncio.gather(one.begin(), other.begin())
        yield one, other, item, url


async def post(
    http: httpx.AsyncClient, server: LaunchedServer, query: str, **variables: Any
) -> Any:
    headers = {"authorization": f"Bearer {server.token('admin')}"}
    body = {"query": query, "variables": variables}
    answer = await http.post(f"{server.url}/graphql", json=body, headers=headers)
    told = answer.json()
    assert "errors" not in told, told
    return told["data"]


def wanted(item: Item, key: str, seconds: int) -> dict[str, Any]:
    lines = [{"item": {"id": str(item.id)}, "quantity": 1}]
    return {"idempotencyKey": key, "lines": lines, "expiresInSeconds": seconds}


# Of processes that share a file: test_two_processes.py, test_expiry.py.
@pytest.mark.parametrize("maker", [only_full("sqlite"), "postgres"], indirect=True)
async def test_fifty_want_ten_and_a_dead_servers_hold_runs_out_all_the_same(
    servers: Pair,
) -> None:
    one, other, item, url = servers
    async with httpx.AsyncClient(
        timeout=PATIENCE_S, limits=httpx.Limits(max_connections=50)
    ) as http:
        first = await post(http, one, PLACE, input=wanted(item, "first", 5))
        told = await asyncio.gather(
            *(
                post(http, (one, other)[n % 2], PLACE, input=wanted(item, f"k{n}", 3_600))
                for n in range(50)
            )
        )
        codes = Counter(
            "ok" if each["placeHold"]["hold"] else each["placeHold"]["userErrors"][0]["code"]
            for each in told
        )
        # If the machine is so slow that the first one has run out meanwhile, its unit is free.
        assert codes in (
            {"ok": 9, "INSUFFICIENT_STOCK": 41},
            {"ok": 10, "INSUFFICIENT_STOCK": 40},
        )
        await asyncio.to_thread(one.kill)
        hold_id = first["placeHold"]["hold"]["id"]
        async with asyncio.timeout(PATIENCE_S):
            while await held_of(url, item) != codes["ok"]:  # noqa: ASYNC110  # other processes
                await asyncio.sleep(0.1)
        read = await post(http, other, READ, id=hold_id)
        assert read["hold"]["status"] == "EXPIRED"
        assert read["holds"]["totalCount"] == codes["ok"]
        assert read["ledgerCheck"]["ok"]
    async with open_services(settings_for(url)) as services:
        await assert_sound(services)


async def held_of(url: str, item: Item) -> int:
    """What the database says, which nobody has asked the servers for."""
    async with open_services(settings_for(url)) as services:
        row = await services.reading.row("SELECT held FROM item WHERE id = ?", item.id)
    assert row is not None
    return int(row[0])
