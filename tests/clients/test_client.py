"""The Python client: what it promises on top of gql, against the real server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gql.transport.websockets_protocol import WebsocketsProtocolTransportBase

from graphql_api.client import Change, CursorRefused, Failed, InventoryClient, State
from graphql_api.client.account import Credentials, Operation, signed_in
from graphql_api.client.feed import Feed, Stream
from graphql_api.kernel.tasks import ended
from tests.clients.shop import UPDATES, Shop, assert_heard_all_once
from tests.clients.test_resume import trade
from tests.network import Proxy
from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, SCRIPTS, Server
from tests.streams import eventually

SESSIONS = "{ sessions { nodes { id isCurrent } } }"
END_SESSION = "mutation($id: ID!) { endSession(id: $id) { userErrors { code } } }"
RENAME = """mutation($id: ID!) {
  updateUser(input: { id: $id, name: "Ada" }) { userErrors { code } }
}"""
OF_ITEMS = """subscription ($after: Cursor, $skus: [String!]) {
  updates: inventoryUpdated(after: $after, where: { skus: $skus }) { cursor item { sku } }
}"""


class Deaf:
    """A listener of the feed that cares for nothing."""

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        pass

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        pass

    def changed(self, change: Change) -> None:
        pass

    async def refused(self, stream: Stream, code: str) -> None:
        pass


def client_of(server: Server, port: int | None = None, **more: Any) -> InventoryClient:
    return InventoryClient(f"http://127.0.0.1:{port or server.port}", EMAIL, PASSWORD, **more)


async def follow(client: InventoryClient, shop: Shop) -> list[dict[str, Any]]:
    """The shop's events from its start to its end."""
    events = []
    async for event in client.subscribe(UPDATES, after=shop.start):
        events.append(event)
        if event["item"]["sku"] == shop.end:
            break
    return events


async def test_cuts_lose_nothing_for_a_subscription(
    server: Server, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.client.account.BACKOFF_FIRST_S", 0.02)
    changes: list[Change] = []
    async with (
        Proxy(server.port) as proxy,
        client_of(server, proxy.port, on_change=changes.append) as client,
    ):
        following = asyncio.create_task(follow(client, shop))
        await eventually(lambda: State.CONNECTED in [change.state for change in changes])
        await trade(shop, proxy)
        events = await asyncio.wait_for(following, PATIENCE_S)
    assert_heard_all_once(events, shop)
    assert [change.state for change in changes].count(State.CONNECTED) > 3


async def test_ended_sessions_are_replaced_and_nothing_is_missed(
    server: Server, shop: Shop
) -> None:
    """The socket is closed with 4403, and the token is worthless: the client signs in anew."""
    changes: list[Change] = []
    async with (
        client_of(server) as admin,
        client_of(server, on_change=changes.append) as client,
    ):
        following = asyncio.create_task(follow(client, shop))
        await eventually(lambda: len(changes) == 2)
        nodes = (await client.execute(SESSIONS))["sessions"]["nodes"]
        (current,) = [node["id"] for node in nodes if node["isCurrent"]]
        await shop.move()
        await admin.execute(END_SESSION, id=current)
        await eventually(lambda: State.OFFLINE in [change.state for change in changes])
        await shop.move()
        await shop.close()
        assert_heard_all_once(await asyncio.wait_for(following, PATIENCE_S), shop)


async def test_a_feed_that_is_given_up_in_the_moment_of_its_greeting_ends(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gql waits for connection_ack by asyncio.wait_for, which may forget a cancellation then."""
    greeted: list[asyncio.Task[None]] = []
    wait_ack = WebsocketsProtocolTransportBase._wait_ack

    async def wait_and_be_given_up(transport: WebsocketsProtocolTransportBase) -> None:
        await wait_ack(transport)
        greeted.append(asyncio.create_task(ended([feed], again_s=0.1)))

    monkeypatch.setattr(WebsocketsProtocolTransportBase, "_wait_ack", wait_and_be_given_up)
    credentials = Credentials(f"http://127.0.0.1:{server.port}/graphql", EMAIL, PASSWORD)
    async with signed_in(credentials, attempts=0) as account:
        stream = Stream("updates", "updates", Operation(UPDATES))
        feed = asyncio.create_task(Feed(account, [stream], Deaf(), attempts=0).run())
        await eventually(lambda: bool(greeted))
        async with asyncio.timeout(PATIENCE_S):
            await greeted[0]
    assert feed.done()


async def test_unknown_cursors_are_told_to_the_caller(server: Server, shop: Shop) -> None:
    async with client_of(server) as client:
        with pytest.raises(CursorRefused) as refused:
            async for _ in client.subscribe(UPDATES, after="nonsense"):
                pass
        assert refused.value.code == "CURSOR_INVALID"
        await shop.close()
        assert_heard_all_once(await follow(client, shop), shop)  # the client is as good as before


async def test_a_subscription_that_is_wrong_fails_instead_of_trying_for_ever(
    server: Server,
) -> None:
    async with client_of(server) as client:
        with pytest.raises(Failed, match="Cannot query field"):
            async for _ in client.subscribe("subscription { inventoryUpdated { nonsense } }"):
                pass


async def test_variables_and_an_alias_are_the_callers(server: Server, shop: Shop) -> None:
    async with client_of(server) as client:
        await shop.move()
        await shop.close()
        events = client.subscribe(OF_ITEMS, after=shop.start, skus=[shop.end])
        assert (await anext(events))["item"] == {"sku": shop.end}
        await aclose(events)


async def test_heartbeats_carry_a_young_cursor_when_they_are_asked_for(tmp_path: Path) -> None:
    server = Server(tmp_path, HEARTBEAT_SECONDS="0.1", LOG_LEVEL="WARNING", DRAIN_SECONDS="0.2")
    server.create_user()
    with server:
        async with client_of(server) as client, asyncio.timeout(PATIENCE_S):
            start = (await client.execute("{ syncCursor }"))["syncCursor"]
            events = client.subscribe(UPDATES, heartbeats=True)
            assert await anext(events) == {"cursor": start}
            viewer = (await client.execute("{ viewer { id } }"))["viewer"]
            await client.execute(RENAME, id=viewer["id"])  # an event, but nobody's to see
            head = (await client.execute("{ syncCursor }"))["syncCursor"]
            await aclose(events)
            async for event in client.subscribe(UPDATES, after=start, heartbeats=True):
                assert event.keys() == {"cursor"}
                if event["cursor"] == head:
                    break


async def test_a_wrong_password_and_a_server_that_is_away_fail_in_words(server: Server) -> None:
    with pytest.raises(Failed, match="wrong"):
        async with InventoryClient(server.url, EMAIL, "not the password"):
            pass
    with pytest.raises(Failed, match="does not answer"):
        async with InventoryClient("http://127.0.0.1:1", EMAIL, PASSWORD):
            pass
    with pytest.raises(ValueError, match="not an http"):
        InventoryClient("ftp://nowhere", EMAIL, PASSWORD)
    with pytest.raises(Failed, match="closed"):
        await client_of(server).execute("{ syncCursor }")


async def test_printing_is_what_the_smallest_subscriber_does(server: Server, shop: Shop) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPTS / "subscribe.py"),
        EMAIL,
        server.url,
        env={**os.environ, "INVENTORY_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        reading = asyncio.create_task(process.stdout.readline())
        async with asyncio.timeout(PATIENCE_S):
            while not reading.done():  # it listens from some moment on
                await shop.move()
                await asyncio.wait([reading], timeout=0.2)
        assert reading.result().decode().startswith(f"STOCK_UPDATED {shop.name}-")
    finally:
        process.kill()
        await process.communicate()


def test_the_smallest_subscriber_is_small() -> None:
    lines = (SCRIPTS / "subscribe.py").read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 25


async def aclose(events: AsyncIterator[dict[str, Any]]) -> None:
    """Break off, as leaving an `async for` does in the end."""
    await events.aclose()  # type: ignore[attr-defined]  # it is a generator
