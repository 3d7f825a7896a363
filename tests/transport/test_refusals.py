"""What is refused at the transport's gates is a line with its address, and is counted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from graphql_api.accounts.failures import Failures
from graphql_api.clock import HeldClock
from graphql_api.transport.cors import Cors
from graphql_api.transport.entry import ADDRESS_MAX
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client
from tests.transport.serving import FEED, Live, live

QUERY = "{ viewer { id } }"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.getMessage().startswith("access refused")]


async def posted(app: Live, token: str = "", **headers: str) -> httpx.Response:
    if token:
        headers["authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        url = f"http://127.0.0.1:{app.port}/graphql"
        return await http.post(url, json={"query": QUERY}, headers=headers)


async def test_beyond_the_rate_each_way_of_asking_is_told_and_counted(
    database_url: str, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    rates: dict[str, Any] = {"rate_limit": "on", "rate_operations_per_second": 1}
    async with live(database_url, clock, **rates) as app:
        for who in ("user", ""):
            token = app.token("user") if who else ""
            answers = [await posted(app, token) for _ in range(6)]
            assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        socket = await app.client("user")
        await socket.start("q", QUERY)
        assert await socket.refusal("q") == ["RATE_LIMITED"]
        assert app.services.of(Failures).counts == {"limit": 3}
        found = lines(caplog)
        assert all("access refused: limit (Too many operations: at most 1" in li for li in found)
        assert [line.partition("address ")[2] for line in found] == [
            "127.0.0.1, user 12",
            "127.0.0.1, user 'nobody'",
            "127.0.0.1, user 12",
        ]


async def test_too_much_work_is_told_and_counted(
    database_url: str, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with live(database_url, clock, rate_limit="on", rate_work_per_second=1) as app:
        statuses: list[int] = []
        while len(statuses) < 100 and 429 not in statuses:
            statuses.append((await posted(app, app.token("user"))).status_code)
        socket = await app.client("user")
        await socket.start("q", QUERY)
        assert await socket.refusal("q") == ["RATE_LIMITED"]
        assert app.services.of(Failures).counts == {"limit": 2}
        assert all("limit (Too much work" in line for line in lines(caplog))


async def test_tokens_that_are_not_taken_are_told_with_the_user_where_one_is_known(
    database_url: str, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with live(database_url, clock) as app:
        old = app.token("user")
        clock.advance(3_600)
        for token in ("forged", old):
            await posted(app, token)
            socket = await app.connect()
            await socket.send_init(token)
            assert (await socket.closed())[0] == 4403
        assert app.services.of(Failures).counts == {"token_refused": 4}
        told = [line.partition("(")[2] for line in lines(caplog)]
        assert all(words.startswith("The access token is not valid.") for words in told[:2])
        assert all(words.startswith("The access token has expired;") for words in told[2:])
        users = [line.rpartition("user ")[2] for line in told]
        assert users == ["'nobody'", "'nobody'", "12", "12"]


async def test_origins_that_are_not_named_are_told_in_one_line_each(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with live(database_url, frontend_url="https://shop.example") as app:
        with pytest.raises(Exception, match="403"):
            await app.connect(origin="https://evil.example")
        asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            url = f"http://127.0.0.1:{app.port}/graphql"
            assert (await http.options(url, headers=asked)).status_code == 400
            named = asked | {"origin": "https://SHOP.example:443"}
            assert (await http.options(url, headers=named)).status_code == 200
        assert app.services.of(Failures).counts == {"origin": 2}
        assert (
            lines(caplog)
            == [
                "access refused: origin (FRONTEND_URL does not name 'https://evil.example'), "
                "address 127.0.0.1, user 'nobody'"
            ]
            * 2
        )


async def test_limits_of_sockets_are_told_and_counted(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    limits: dict[str, Any] = {
        "sockets_per_user_max": 1,
        "operations_per_socket_max": 1,
        "anonymous_sockets_max": 1,
        "subscriptions_cost_per_user_max": 1,
    }
    async with live(database_url, **limits) as app:
        socket = await app.client("user")
        await socket.start("dear", FEED)
        assert await socket.refusal("dear") == ["LIMIT_EXCEEDED"]
        second = await app.connect()
        await second.send_init(app.token("user", 2))
        assert (await second.closed())[0] == 4403
        await app.client(None)
        fourth = await app.connect()
        await fourth.send_init(None)
        assert (await fourth.closed())[0] == 1013
        assert app.services.of(Failures).counts == {"limit": 3}
        for words in ("live subscriptions cost", "sockets open already", "without a session"):
            assert any(words in line for line in lines(caplog))


@pytest.mark.parametrize("path", ["/graphql/", "/graphql?x=1", "/graphql/?x=1&y", "/graphql?"])
async def test_the_socket_is_there_with_a_slash_and_with_parameters_too(
    database_url: str, path: str
) -> None:
    """Proxies and clients add them: an address that worked over HTTP was 404 for a socket."""
    async with live(database_url) as app:
        client = await Client.open(f"ws://127.0.0.1:{app.port}{path}")
        try:
            await client.init(app.token("user"))
            item = await app.item()
            await app.subscribe(client, FEED, "s", after=app.cursor())
            await app.commit(item)
            assert (await client.event())["item"]["sku"] == item.sku
        finally:
            await client.close()
        await eventually(lambda: not app.services.counters.subscriptions)


async def test_of_an_address_that_a_proxy_made_up_a_preflight_keeps_no_more_than_of_any_other() -> (
    None
):
    """The preflight read the address by itself, and kept 64 KB of it as a key."""
    kept: list[tuple[str, str]] = []

    async def nobody(*_: Any) -> Any:
        """Nobody asks: the preflight is answered before."""

    app = Cors(nobody, ["https://shop.example"], lambda *refused: kept.append(refused))
    scope = {
        "type": "http",
        "method": "OPTIONS",
        "client": ("9" * 65_536, 1),
        "headers": [
            (b"origin", b"https://other.example"),
            (b"access-control-request-method", b"POST"),
        ],
    }
    await app(scope, nobody, nobody)
    assert kept == [("9" * ADDRESS_MAX, "https://other.example")]
