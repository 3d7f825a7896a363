"""The client kit in Node on the live server: its cache follows, through a network that fails."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.campaigns import is_usual
from tests.clients.shop import Shop, assert_heard_all_once
from tests.network import Proxy
from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, Server
from tests.streams import eventually

EVENTS = 2_000 if is_usual() else 10_000
LINES = 50 if is_usual() else 200  # of a batch; of two steps, one down by 2 and one up by 3
CUTS = 3
TOKEN_LIFE_MS = 1_000  # as the kit is told: it renews its session over the open socket
LINE_BYTES_MAX = 33_554_432  # of what the script says: all events are one line


@asynccontextmanager
async def following(
    kit: list[str], port: int, server: Server, shop: Shop
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The kit's script, its socket through `port`, HTTP beside it; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        *kit,
        env={
            "PATH": os.environ["PATH"],
            "URL": f"ws://127.0.0.1:{port}/graphql",
            "HTTP_URL": f"{server.url}/graphql",
            "EMAIL": EMAIL,
            "PASSWORD": PASSWORD,
            "END": shop.end,
            "TOKEN_LIFE_MS": str(TOKEN_LIFE_MS),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def told(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """The next thing that the script says."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    assert line, "the script ended"
    said: dict[str, Any] = json.loads(line)
    return said


async def cut(proxy: Proxy, shop: Shop) -> None:
    """Break the socket, and keep it broken while stock goes on moving."""
    accepted = proxy.accepted
    proxy.is_down = True
    proxy.cut()
    await shop.move(LINES)
    proxy.is_down = False
    await eventually(lambda: proxy.accepted > accepted)


@pytest.mark.early
async def test_the_kits_cache_follows_thousands_of_events_and_equals_a_fresh_query(
    kit: list[str], server: Server, shop: Shop
) -> None:
    """An event early or late, a cut, a renewed session: nothing shows in the end."""
    async with (
        Proxy(server.port) as proxy,
        following(kit, proxy.port, server, shop) as process,
    ):
        assert await told(process) == {"ready": True}
        assert await told(process) == {"renewed": True}
        for number in range(EVENTS // LINES):
            await shop.move(LINES)
            if number % (EVENTS // LINES // CUTS) == 5:
                await cut(proxy, shop)
        await shop.close()
        heard, left = await told(process), await told(process)
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0, "something was left behind"
    assert_heard_all_once(heard["events"], shop, known=1)
    assert len(heard["events"]) > EVENTS
    assert heard["connections"] == CUTS + 1
    assert heard["renderings"] < len(heard["events"]) / 2, "bursts are not taken together"
    assert heard["cached"] == heard["fresh"], "the cache is not what the server has"
    assert heard["afterLate"] == heard["fresh"], "an answer that came late changed the cache"
    assert left["session"] == {"state": "signedOut", "reason": "signOut"}
    assert left["status"]["state"] == "offline"
    assert left["cache"] == {}
