"""The database goes away and comes back: clean errors, nothing lost or doubled, no restart."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from graphql_api.clock import HeldClock
from graphql_api.inventory.stock import AdjustStock, StockLedger, StockResult
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.builders import adjust, item_now, make_item
from tests.conftest import settings_for
from tests.databases import PostgresMaker
from tests.invariants import assert_sound

ATTEMPTS = 20  # each finds one more dead connection of a pool at most


async def settle(services: Services, command: AdjustStock) -> StockResult:
    """Send `command` until it is answered, as a client with a key does."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Exception):  # whatever a lost connection looks like
            return await services.of(StockLedger).carry_out(command)
    return await services.of(StockLedger).carry_out(command)


@pytest.mark.parametrize("yields", [0, 3, 30])
async def test_after_all_connections_were_killed_writes_go_on_and_keys_settle_what_was_open(
    postgres_maker: PostgresMaker, clock: HeldClock, yields: int
) -> None:
    url = postgres_maker.fresh()
    name = urlsplit(url).path.lstrip("/")
    kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    async with open_services(settings_for(url), clock=clock) as services:
        item = await make_item(services)
        commands = [adjust(item, 1, key=f"k{number}") for number in range(30)]
        first = [asyncio.create_task(services.of(StockLedger).carry_out(c)) for c in commands]
        for _ in range(yields):
            await asyncio.sleep(0)
        await asyncio.to_thread(postgres_maker.execute, kill)
        answered = await asyncio.gather(*first, return_exceptions=True)
        settled = [await settle(services, command) for command in commands]
        for before, after in zip(answered, settled, strict=True):
            if isinstance(before, StockResult):
                assert after.movements == before.movements, "acknowledged, so it was booked"
        for _ in range(ATTEMPTS):
            if await services.database.is_reachable():
                break
        assert (await item_now(services, item)).stock == 40
        read = await assert_sound(services)
        assert len(read.movements) == 31
    postgres_maker.discard(url)
