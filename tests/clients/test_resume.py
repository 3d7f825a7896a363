"""Client libraries that are cut off, again and again, miss nothing and get nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport

from tests.clients.shop import (
    BATCHES,
    ITEMS,
    UPDATES,
    Shop,
    assert_heard_all_once,
)
from tests.network import Proxy
from tests.patience import PATIENCE_S
from tests.servers import Server
from tests.streams import eventually

HERE = Path(__file__).parent
CUTS = 5
LINE_BYTES_MAX = 16_777_216  # of what a script says: all events are one line

Told = Callable[[], Awaitable[dict[str, Any]]]


async def trade(shop: Shop, proxy: Proxy) -> None:
    """All batches; CUTS times the network fails, and the shop goes on meanwhile."""
    for number in range(BATCHES):
        await shop.move()
        if number % (BATCHES // CUTS) == 4:
            await shop.followed_by(1)  # who has not got through yet would not count as cut off
            proxy.is_down = True
            proxy.cut()
            for _ in range(2):
                await shop.move()
            await shop.followed_by(0)
            proxy.is_down = False
    await shop.close()


# ---- Python: gql -------------------------------------------------------------------------------


class Follower:
    """Follows the shop with gql, from one connection to the next."""

    def __init__(self, port: int, shop: Shop) -> None:
        self._url = f"ws://127.0.0.1:{port}/graphql"
        self._shop = shop
        self.events: list[dict[str, Any]] = []
        self.connections = 0

    async def follow(self) -> None:
        """Until the end, however many connections that takes."""
        while not self._is_over:
            with suppress(TransportError, OSError, TimeoutError):
                await self._live()
            await asyncio.sleep(0.02)

    @property
    def _is_over(self) -> bool:
        return bool(self.events) and self.events[-1]["item"]["sku"] == self._shop.end

    async def _live(self) -> None:
        transport = WebsocketsTransport(
            self._url,
            init_payload={"authorization": f"Bearer {self._shop.token}"},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            connect_timeout=PATIENCE_S,
            close_timeout=1,
        )
        async with Client(transport=transport) as session:
            self.connections += 1
            after = self.events[-1]["cursor"] if self.events else self._shop.start
            request = GraphQLRequest(UPDATES, variable_values={"after": after})
            async for data in session.subscribe(request):
                self.events.append(data["inventoryUpdated"])
                if self._is_over:
                    return


async def test_gql_hears_everything_once_though_it_is_cut_off(server: Server, shop: Shop) -> None:
    async with Proxy(server.port) as proxy:
        follower = Follower(proxy.port, shop)
        following = asyncio.create_task(follower.follow())
        await eventually(lambda: follower.connections > 0)
        await trade(shop, proxy)
        await asyncio.wait_for(following, PATIENCE_S)
    assert proxy.accepted > CUTS
    assert_heard_all_once(follower.events, shop)


async def test_restarts_of_the_server_lose_nothing_for_gql(server: Server, shop: Shop) -> None:
    """One that says goodbye, and one that cannot."""
    follower = Follower(server.port, shop)
    following = asyncio.create_task(follower.follow())
    await eventually(lambda: follower.connections > 0)
    for stop in (server.stop, server.kill):
        for _ in range(5):
            await shop.move()
        await asyncio.to_thread(stop)
        await asyncio.to_thread(server.start)
    for _ in range(5):
        await shop.move()
    await shop.close()
    await asyncio.wait_for(following, PATIENCE_S)
    assert follower.connections == 3
    assert_heard_all_once(follower.events, shop)


# ---- JavaScript: graphql-ws and Apollo Client ----------------------------------------------------


@asynccontextmanager
async def running(node: str, script: str, port: int, shop: Shop) -> AsyncIterator[Told]:
    """A script of this folder on the server behind `port`; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        node,
        str(HERE / script),
        env={
            "PATH": os.environ["PATH"],
            "URL": f"ws://127.0.0.1:{port}/graphql",
            "HTTP_URL": f"{str(shop.http.base_url).rstrip('/')}/graphql",
            "TOKEN": shop.token,
            "QUERY": UPDATES,
            "START": shop.start,
            "END": shop.end,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )

    async def told() -> dict[str, Any]:
        """The next thing that the script says."""
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        assert line, "the script ended"
        said: dict[str, Any] = json.loads(line)
        return said

    try:
        yield told
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    except BaseException as error:
        if process.returncode is None:
            process.kill()
        assert process.stderr is not None
        error.add_note((await process.stderr.read()).decode()[-2_000:])
        raise
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_graphqlws_hears_everything_once_though_it_is_cut_off(
    node: str, server: Server, shop: Shop
) -> None:
    async with (
        Proxy(server.port) as proxy,
        running(node, "graphql_ws.js", proxy.port, shop) as told,
    ):
        assert await told() == {"ready": True}
        await trade(shop, proxy)
        heard = await told()
    assert proxy.accepted > CUTS  # a cut may come before the client notes that it is connected
    assert_heard_all_once(heard["events"], shop)


async def test_apollo_hears_everything_once_and_its_cache_follows(
    node: str, server: Server, shop: Shop
) -> None:
    async with Proxy(server.port) as proxy, running(node, "apollo.js", proxy.port, shop) as told:
        assert await told() == {"ready": True}
        await trade(shop, proxy)
        heard = await told()
    assert proxy.accepted > CUTS  # a cut may come before the client notes that it is connected
    assert_heard_all_once(heard["events"], shop, known=1)
    assert by_sku(heard["cached"]) == by_sku(heard["fresh"]) == by_sku(await shop.items())
    assert heard["untouched"], "what came late changed the cache"
    assert heard["stale"] >= ITEMS


def by_sku(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The items by their SKU, without what Apollo adds to each."""
    return {
        item["sku"]: {name: value for name, value in item.items() if name != "__typename"}
        for item in items
    }


def test_the_lock_file_names_no_registry() -> None:
    """Whoever installs from it uses the registry of their own machine."""
    lock = json.loads((HERE / "package-lock.json").read_text())
    assert len(lock["packages"]) > 5
    assert "resolved" not in str(lock["packages"])
    assert "://" not in (HERE / "package-lock.json").read_text()
    assert (HERE / ".npmrc").read_text() == "omit-lockfile-registry-resolved=true\n"


def test_every_library_is_pinned() -> None:
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    versions = {name: pin.rpartition("@")[2] for name, pin in wanted.items()}  # npm:OTHER@VERSION
    assert versions == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
