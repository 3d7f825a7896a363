"""The Python client where the server says "not now": the door for sign-ins is full, the database
is away, a socket is closed with 1013. A real server says so too seldom, so most of it is played.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from graphql_api.client import Change, CursorRefused, Failed, InventoryClient, State
from graphql_api.client.account import about, at_least
from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, Server

TOGETHER = 7
ITEMS = "query Items { items { totalCount } }"
MOVE = """mutation Move($input: AdjustStockInput!) {
  adjustStock(input: $input) { replayed }
}"""
UPDATES = "subscription Updates($after: Cursor) { updated(after: $after) { cursor } }"
NOT_NOW = {"UNAVAILABLE": 503, "RATE_LIMITED": 429}


async def test_a_shop_that_opens_in_the_morning_gets_in_from_one_address(server: Server) -> None:
    """The door lets two work and two wait from one address; the fifth and later were refused."""

    async def sign_in(stack: AsyncExitStack) -> Any:
        client = InventoryClient(server.url, EMAIL, PASSWORD)
        await stack.enter_async_context(client)
        return (await client.execute("{ viewer { email } }"))["viewer"]["email"]

    async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_S):
        emails = await asyncio.gather(*(sign_in(stack) for _ in range(TOGETHER)))
    assert emails == [EMAIL] * TOGETHER


class Played:
    """A server that says "not now" to the first of each operation."""

    def __init__(self) -> None:
        self.not_now: dict[str, list[str]] = {}  # operation → the codes before it is answered
        self.asked: Counter[str] = Counter()
        self.sent: list[dict[str, Any]] = []
        self.cursors: list[Any] = []  # that subscribes came with
        self.at_least: list[str | None] = []  # that queries came with
        self.port = 0

    async def __aenter__(self) -> Played:
        app = web.Application()
        app.router.add_route("*", "/graphql", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def client(self, **more: Any) -> InventoryClient:
        return InventoryClient(f"http://127.0.0.1:{self.port}", EMAIL, PASSWORD, **more)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._socket(request)
        body = await request.json()
        name = next(n for n in ("LogIn", "Refresh", "Items", "Move") if n in body["query"])
        self.asked[name] += 1
        self.sent.append(body["variables"])
        if name == "Items":
            self.at_least.append(request.headers.get("at-least"))
        if self.not_now.get(name):
            code = self.not_now[name].pop(0)
            more = {"retryAfterSeconds": 0.05} if code == "RATE_LIMITED" else {}
            fault = {"message": "not now", "extensions": {"code": code, **more}}
            return web.json_response(
                {"data": None, "errors": [fault]}, status=NOT_NOW.get(code, 200)
            )
        expires_at = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
        granted = {"accessToken": "a", "refreshToken": "r", "expiresAt": expires_at}
        answers: dict[str, Any] = {
            "LogIn": {"login": {**granted, "userErrors": []}},
            "Items": {"items": {"totalCount": 7}},
            "Move": {"adjustStock": {"replayed": self.asked["Move"] > 1}},
        }
        told = {"extensions": {"cursor": "moved"}} if name == "Move" else {}
        return web.json_response({"data": answers[name]} | told)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["graphql-transport-ws"])
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            told = message.json()
            if told["type"] == "connection_init":
                await socket.send_json({"type": "connection_ack", "payload": {"cursor": "c0"}})
            elif told["type"] == "subscribe":
                await self._subscribed(socket, told)
        return socket

    async def _subscribed(self, socket: web.WebSocketResponse, told: dict[str, Any]) -> None:
        self.cursors.append(told["payload"]["variables"]["after"])
        refusals = self.not_now.get("Updates", [])
        outcome = refusals.pop(0) if refusals else "event"
        if outcome == "1013":
            await socket.close(code=1013, message=b"try again")
        elif outcome == "event":
            event = {"updated": {"cursor": f"c{len(self.cursors)}"}}
            answer = {"type": "next", "id": told["id"], "payload": {"data": event}}
            await socket.send_json(answer)
        else:
            fault = {"message": "not now", "extensions": {"code": outcome}}
            await socket.send_json({"type": "error", "id": told["id"], "payload": [fault]})


@pytest.fixture
async def played(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Played]:
    monkeypatch.setattr("graphql_api.client.account.BACKOFF_FIRST_S", 0.01)
    async with Played() as opened:
        yield opened


async def test_the_first_sign_in_waits_out_a_full_door_and_an_absent_database(
    played: Played,
) -> None:
    played.not_now["LogIn"] = ["RATE_LIMITED"] * 8 + ["UNAVAILABLE"] * 3
    async with asyncio.timeout(PATIENCE_S), played.client() as client:
        assert await client.execute(ITEMS) == {"items": {"totalCount": 7}}
    assert played.asked["LogIn"] == 12


async def test_a_sign_in_that_stays_unavailable_is_told_in_the_servers_words(
    played: Played,
) -> None:
    played.not_now["LogIn"] = ["UNAVAILABLE"] * 100
    with pytest.raises(Failed, match="not now"):
        async with played.client(attempts=3):
            pass
    assert played.asked["LogIn"] == 4


async def test_queries_and_mutations_with_a_key_are_sent_again_as_they_were(
    played: Played,
) -> None:
    played.not_now = {name: ["UNAVAILABLE", "RATE_LIMITED"] * 2 for name in ("Items", "Move")}
    given = {"idempotencyKey": "k", "item": {"sku": "A"}, "quantity": 1, "actionType": "RECEIPT"}
    async with asyncio.timeout(PATIENCE_S), played.client() as client:
        assert await client.execute(ITEMS) == {"items": {"totalCount": 7}}
        await client.execute(MOVE, input=given)
    assert (played.asked["Items"], played.asked["Move"]) == (5, 5)
    assert [sent for sent in played.sent if sent.get("input") == given] == [{"input": given}] * 5


@pytest.mark.parametrize("refusal", ["UNAVAILABLE", "1013"])
async def test_a_subscription_comes_back_with_its_cursor_later_each_time(
    played: Played, refusal: str
) -> None:
    changes: list[Change] = []
    async with asyncio.timeout(PATIENCE_S), played.client(on_change=changes.append) as client:
        events = client.subscribe(UPDATES, after="c0")
        assert await anext(events) == {"cursor": "c1"}
        played.not_now["Updates"] = [refusal] * 6
        await client._account.socket.transport.close()  # type: ignore[union-attr]
        assert await anext(events) == {"cursor": "c8"}
        await events.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert played.cursors == ["c0", *["c1"] * 7]
    waits = [change.wait_s for change in changes if change.state is State.OFFLINE]
    assert waits == [0.01 * 2**number for number in range(7)]


def test_waits_are_spread_and_never_shorter_than_the_server_asks_for() -> None:
    asked = [at_least(2.0) for _ in range(100)]
    assert min(asked) >= 2.0
    assert len(set(asked)) > 50
    assert len({about(1.0) for _ in range(100)}) > 50


async def test_a_query_asks_for_what_was_told_until_the_log_is_another(played: Played) -> None:
    async with asyncio.timeout(PATIENCE_S), played.client() as client:
        await client.execute(MOVE, input={"idempotencyKey": "a"})
        await client.execute(ITEMS)
        for code in ("EPOCH_CHANGED", "CURSOR_INVALID"):
            await client.execute(MOVE, input={"idempotencyKey": code})
            played.not_now["Items"] = [code]
            assert await client.execute(ITEMS) == {"items": {"totalCount": 7}}
            await client.execute(ITEMS)
        assert played.at_least == ["moved", *["moved", None, None] * 2]
        async for event in client.subscribe(UPDATES):
            await client.execute(ITEMS)
            assert played.at_least[-1] == event["cursor"]
            break
        played.not_now["Items"] = ["EPOCH_CHANGED"]
        with pytest.raises(CursorRefused, match="EPOCH_CHANGED"):  # not a place of its own
            await client.execute(ITEMS, at_least="another's")
        assert played.at_least[-1] == "another's"
