"""Where pushes may go: nowhere inward, from a server in production."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.notifications.push_endpoints import endpoint_fault, is_public, origin_of
from graphql_api.notifications.push_messages import Fate, PushMessage
from graphql_api.notifications.push_service import PrivateAddress, PublicResolver, WebPush
from tests.notifications.push_world import Browser, push_service

PUBLIC = "https://updates.push.services.example/wpush/v2/gAAA?x=1"


@pytest.mark.parametrize("public_only", [True, False])
def test_a_push_service_of_the_open_internet_may_be_used(public_only: bool) -> None:
    for endpoint in (PUBLIC, "https://fcm.googleapis.com:443/fcm/send/a", PUBLIC + "%20b"):
        assert endpoint_fault(endpoint, public_only) is None, endpoint


@pytest.mark.parametrize("public_only", [True, False])
@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "x",
        "//push.example/a",
        "https://",
        "https:///a",
        "http://push.example/a",
        "ftp://push.example/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:secret@push.example/a",
        "https://user@push.example/a",
        "https://push.example:99999/a",
        "https://[::1/a",
        "https://[::1]/a",
        "https://[fe80::1%25eth0]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://10.0.0.1/a",
        "https://8.8.8.8/a",
        "https://127.1/a",
        "https://2130706433/a",
        "https://0x7f000001/a",
        "https://0x7f.1/a",
        "https://push.example/a b",
        "https://push.example/a\nX: y",
        "https://push.example/ä",
        "https://push.example/" + "a" * 2_048,
        "http://127.0.0.2/a",
        "http://localhost.push.example/a",
        "https://push.example:/a",
        "https://[v1.push:example]/a",
        "https://push..example/a",
        "https://%31%30.0.0.%31/a",
        "https://push.example\\a",
    ],
)
def test_what_is_no_push_service_is_refused_everywhere(endpoint: str, public_only: bool) -> None:
    assert endpoint_fault(endpoint, public_only) is not None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://localhost/a",
        "http://127.0.0.1:8080/a",
        "https://127.0.0.1/a",
        "https://localhost/a",
        "https://localhost./a",
        "https://metadata/a",
        "https://db.internal/a",
        "https://printer.local/a",
        "https://push.example:6379/a",
    ],
)
def test_this_machine_and_its_network_are_for_development_only(endpoint: str) -> None:
    assert endpoint_fault(endpoint, True) is not None
    if "localhost" in endpoint or "127.0.0.1" in endpoint:
        assert endpoint_fault(endpoint, False) is None


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  # an address, not a place to listen
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("ff02::1", False),
        ("192.88.99.1", False),
        ("192.0.0.9", False),
        ("198.19.0.1", False),
        ("240.0.0.1", False),
        ("203.0.113.1", False),
        ("::7f00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2001:1::1", False),
        ("2001:20::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("3ffe::1", False),
        ("5f00::1", False),
        ("100::1", False),
        ("100:0:0:1::1", False),
        ("fec0::1", False),
        ("2001:4860:4860::8888", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_audience_of_a_token_is_the_origin() -> None:
    assert origin_of(PUBLIC) == "https://updates.push.services.example"
    assert origin_of("http://127.0.0.1:81/a") == "http://127.0.0.1:81"


async def test_a_name_that_stands_for_an_inner_address_is_refused_when_it_is_connected_to() -> None:
    resolver = PublicResolver()
    with pytest.raises(PrivateAddress, match="localhost"):
        await resolver.resolve("localhost", 443)
    await resolver.close()


async def test_a_name_that_turned_inward_since_it_was_registered_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, clock: HeldClock
) -> None:
    async def rebound(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", ("169.254.169.254", 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebound)
    browser = Browser(PUBLIC)
    sender = WebPush(WebPush.new_private_key(), "mailto:a@b.example", True, clock)
    outcome = await sender.send(_message(browser))
    await sender.close()
    assert outcome.fate is Fate.GONE
    assert "not public" in outcome.detail


async def test_a_message_that_cannot_be_signed_is_an_outcome_and_no_error(
    clock: HeldClock,
) -> None:
    """The library has an exception of its own; raised, it took the whole batch with it: whoever
    registered `https://host:/` kept everybody else's messages from being settled."""
    sender = WebPush(WebPush.new_private_key(), "mailto:nobody", False, clock)
    outcome = await sender.send(_message(Browser("http://127.0.0.1:1/a")))
    await sender.close()
    assert outcome.fate is Fate.LATER
    assert "'sub'" in outcome.detail


async def test_a_redirect_is_not_followed(clock: HeldClock) -> None:
    async with push_service(clock) as service:
        browser = Browser(f"{service.origin}/307/a")
        sender = WebPush(WebPush.new_private_key(), "mailto:a@b.example", False, clock)
        outcome = await sender.send(_message(browser))
        await sender.close()
        assert outcome.fate is Fate.REFUSED
        assert list(service.tried) == ["/307/a"]


def _message(browser: Browser) -> PushMessage:
    return PushMessage(browser.endpoint, browser.p256dh, browser.auth, b"{}", "alerts", False)
