"""Peers that are gone without a word, and what a socket makes of who says who they are."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.origins import is_same_origin
from tests.delivery.engines import FailingProxy
from tests.streams import eventually
from tests.transport.clients import Client
from tests.transport.serving import ADJUST, FEED, REFRESH, Live, adjustment, live, refresh_token

WHO = "{ viewer { email } }"


async def beat(app: Live, clock: HeldClock) -> None:
    """Let a heartbeat pass."""
    clock.advance(app.app.settings.heartbeat_seconds + 0.1)
    app.sockets.look()


async def through(app: Live, proxy: FailingProxy, who: str = "user") -> Client:
    """An acknowledged socket over the proxy."""
    client = await Client.open(f"ws://127.0.0.1:{proxy.port}/graphql")
    return await client.init(app.token(who))


# Gone without a word


async def test_a_peer_that_is_gone_is_broken_off_after_two_heartbeats_and_who_is_there_stays(
    database_url: str,
) -> None:
    clock = HeldClock()
    async with live(database_url, clock) as app, FailingProxy(app.port) as proxy:
        gone = await through(app, proxy)
        there = await app.client("viewer")
        there.answers_pings = False  # its library answers all the same
        proxy.is_silent = True
        for _ in range(3):
            await beat(app, clock)
            await eventually(
                lambda: all(
                    s.gives_signs_of_life() for s in app.sockets._all if s.viewer.user_id == 13
                )
            )
        await eventually(lambda: len(app.sockets._all) == 1)
        assert app.services.counters.closes_by_code[1006] == 1
        await beat(app, clock)
        assert (await there.run(WHO))["viewer"]["email"] == "viewer@example.com"
        await gone.close()


async def test_the_sockets_of_peers_that_are_gone_give_way_to_a_new_one(
    database_url: str,
) -> None:
    async with (
        live(database_url, sockets_per_user_max=2) as app,
        FailingProxy(app.port) as proxy,
    ):
        gone = [await through(app, proxy) for _ in range(2)]
        proxy.is_silent = True
        again = await app.client("user")
        assert (await again.run(WHO))["viewer"]["email"] == "user@example.com"
        await eventually(lambda: len(app.sockets._all) == 1)
        for client in gone:
            await client.close()


async def test_sockets_whose_peers_are_there_do_not_give_way(database_url: str) -> None:
    async with live(database_url, sockets_per_user_max=2) as app:
        there = [await app.client("user") for _ in range(2)]
        late = await app.connect()
        await late.send_init(app.token("user"))
        code, reason = await late.closed()
        assert code == 4403
        assert "2 sockets" in reason
        for client in there:
            assert (await client.run(WHO))["viewer"]["email"] == "user@example.com"


# Who they say they are


@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": "Bearer {}"},
        {"Authorization": "bearer {}"},
        {"headers": {"authorization": "Bearer {}"}},
        {"headers": {"Authorization": "Bearer {}"}, "client": "web"},
        {"authorization": "", "headers": {"AUTHORIZATION": "Bearer {}"}},
    ],
)
async def test_the_token_is_taken_from_wherever_clients_put_it(
    database_url: str, payload: dict[str, Any]
) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(part) for name, part in value.items()}
        return value.format(app.token("user"))

    async with live(database_url) as app:
        client = await app.connect()
        await client.send({"type": "connection_init", "payload": filled(payload)})
        ack = await client.control("connection_ack")
        assert "warning" not in ack["payload"]
        assert (await client.run(WHO))["viewer"]["email"] == "user@example.com"


async def test_the_token_may_come_with_the_handshake_and_the_payload_s_goes_before_it(
    database_url: str,
) -> None:
    async with live(database_url) as app:
        header = {"authorization": f"Bearer {app.token('user')}"}
        one = await app.connect(additional_headers=header)
        await one.init(None)
        assert (await one.run(WHO))["viewer"]["email"] == "user@example.com"
        other = await app.connect(additional_headers=header)
        await other.init(app.token("viewer"))
        assert (await other.run(WHO))["viewer"]["email"] == "viewer@example.com"
        wrong = await app.connect(additional_headers={"authorization": "Bearer nonsense"})
        await wrong.send_init(None)
        assert (await wrong.closed())[0] == 4403


@pytest.mark.parametrize(
    "payload", [{"token": "x"}, {"headers": {"x-token": "x"}}, {"authToken": "x"}]
)
async def test_a_payload_without_the_key_that_counts_is_told_so(
    database_url: str, payload: dict[str, Any]
) -> None:
    async with live(database_url) as app:
        client = await app.connect()
        await client.send({"type": "connection_init", "payload": payload})
        ack = await client.control("connection_ack")
        assert "`authorization`" in ack["payload"]["warning"]
        assert next(iter(payload)) in ack["payload"]["warning"]
        for query in (WHO, FEED):
            await client.start(query[:9], query)
            message = await client.message(query[:9])
            errors = message["payload"]
            errors = errors if isinstance(errors, list) else errors["errors"]
            assert errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert "`authorization`" in errors[0]["message"]


async def test_an_expired_token_can_be_renewed_and_do_nothing_else(database_url: str) -> None:
    clock = HeldClock()
    async with live(database_url, clock, access_token_minutes=10) as app:
        item = await app.item()
        client = await app.client("user")
        clock.advance(10 * 60 + 1)  # within the grace of the socket
        before = await app.movements(item)
        await client.start("m", ADJUST, input=adjustment(item))
        await client.start("s", FEED)
        assert (await client.message("m"))["payload"]["errors"][0]["extensions"] == {
            "code": "UNAUTHENTICATED"
        }
        assert await client.refusal("s") == ["UNAUTHENTICATED"]
        assert await app.movements(item) == before
        told = (await client.run(REFRESH, token=refresh_token("user")))["refreshSession"]
        assert told["accessToken"]
        assert (await client.run(WHO))["viewer"]["email"] == "user@example.com"


# What comes over the wire, and from where


async def test_text_that_is_not_utf_8_is_told_in_one_line(
    database_url: str, faults: pytest.LogCaptureFixture
) -> None:
    faults.set_level(logging.INFO)
    async with live(database_url) as app:
        raw = await app.raw("user")
        await raw.send_bytes(b"\x81\x83\0\0\0\0\xff\xfe{")  # a text frame, masked with zeros
        await raw.read_all()
        assert raw.close_code == 1007
    (record,) = [r for r in faults.get_records("call") if "UTF-8" in r.getMessage()]
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("origin", "scheme", "host", "is_same"),
    [
        ("https://shop.example", "https", "shop.example", True),
        ("https://shop.example", "https", "shop.example:443", True),
        ("http://shop.example:8000", "http", "shop.example:8000", True),
        ("http://[::1]:8000", "http", "[::1]:8000", True),
        ("HTTP://Shop.Example", "http", "shop.example", True),
        ("http://[0:0::1]", "http", "[::1]:80", True),
        ("http://xn--bcher-kva.example", "http", "xn--bcher-kva.example", True),
        ("http://shop.example", "https", "shop.example", False),
        ("https://shop.example", "http", "shop.example", False),
        ("https://shop.example:8443", "https", "shop.example", False),
        ("https://shop.example.evil", "https", "shop.example", False),
        ("https://shop.example:no", "https", "shop.example", False),
        ("null", "http", "null", False),
        ("", "http", "", False),
        ("http://", "http", "", False),
    ],
)
def test_an_origin_is_ours_only_with_scheme_host_and_port(
    origin: str, scheme: str, host: str, is_same: bool
) -> None:
    assert is_same_origin(origin, scheme, host) is is_same


SPELT = "HTTPS://Shop.Example:443/, https://Bücher.example"


@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("http://127.0.0.1:{port}", True),
        ("https://127.0.0.1:{port}", False),
        ("http://127.0.0.1", False),
        ("https://shop.example", True),
        ("https://Shop.Example", True),
        ("HTTPS://shop.example:443", True),
        ("https://xn--bcher-kva.example", True),
        ("http://shop.example", False),
        ("http://shop.example:443", False),
        ("https://shop.example.", False),
        ("https://shop.example:444", False),
        ("null", False),
    ],
)
async def test_a_page_may_open_a_socket_from_here_and_from_frontend_url_only(
    database_url: str, origin: str | None, is_welcome: bool
) -> None:
    async with live(database_url, frontend_url=SPELT) as app:
        options = {} if origin is None else {"origin": origin.format(port=app.port)}
        if is_welcome:
            client = await app.connect(**options)
            await client.init(app.token("user"))
        else:
            with pytest.raises(Exception, match="403"):
                await app.connect(**options)
