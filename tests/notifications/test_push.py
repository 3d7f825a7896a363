"""Push subscriptions: registered, replaced, bounded, and gone with their session."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import UserChange, Users
from graphql_api.alerts.rules import Severity
from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.errors import InvalidInput, InvalidTransition, NotFound, Unavailable
from graphql_api.notifications import web_push
from graphql_api.notifications.push import Push
from graphql_api.services import Services
from graphql_api.settings import is_contact, read_settings
from tests.conftest import JWT_SECRET, OpenServices
from tests.notifications.people import ADA, BOB, SESSION_DAYS, VERA, add_people, add_session
from tests.notifications.push_world import Browser

ORIGIN = "https://push.example"


def browser(name: str = "a") -> Browser:
    return Browser(f"{ORIGIN}/{name}")


async def endpoints(services: Services, viewer: Viewer) -> list[str]:
    found = await services.of(Push).subscriptions(viewer)
    return [subscription.endpoint.removeprefix(f"{ORIGIN}/") for subscription in found]


async def test_a_browser_is_registered_for_its_viewer_alone(
    services: Services, clock: HeldClock
) -> None:
    made = await services.of(Push).register(browser().registration(BOB, Severity.CRITICAL))
    assert await services.of(Push).subscriptions(BOB) == [made]
    assert (made.min_severity, made.created_at) == (Severity.CRITICAL, clock.now_us())
    assert await endpoints(services, ADA) == await endpoints(services, VERA) == []


async def test_the_same_browser_again_replaces_what_was_registered(services: Services) -> None:
    same = browser()
    await services.of(Push).register(same.registration(BOB))
    await services.of(Push).register(same.registration(BOB, Severity.LOW))
    (kept,) = await services.of(Push).subscriptions(BOB)
    assert kept.min_severity is Severity.LOW
    await services.of(Push).register(same.registration(VERA))
    assert await endpoints(services, BOB) == [], "somebody else signed in on that browser"
    assert await endpoints(services, VERA) == ["a"]


async def test_beyond_the_bound_the_oldest_gives_way(open_again: OpenServices) -> None:
    async with open_again(push_subscriptions_per_user_max=3) as services:
        await add_people(services)
        for number in range(5):
            await services.of(Push).register(browser(f"{number}").registration(BOB))
        await services.of(Push).register(browser("other").registration(ADA))
        assert await endpoints(services, BOB) == ["2", "3", "4"]
        assert await endpoints(services, ADA) == ["other"]


async def test_what_is_no_browsers_is_refused_with_the_field(services: Services) -> None:
    good = browser().registration(BOB)
    off_the_curve = Browser(good.endpoint).p256dh[:-8] + "AAAAAAAA"
    broken: list[tuple[dict[str, Any], str]] = [
        ({"endpoint": "http://push.example/a"}, "endpoint"),
        ({"p256dh": ""}, "p256dh"),
        ({"p256dh": "%%%"}, "p256dh"),
        ({"p256dh": "ä" * 87}, "p256dh"),
        ({"p256dh": good.p256dh[:-2]}, "p256dh"),
        ({"p256dh": off_the_curve}, "p256dh"),
        ({"auth": ""}, "auth"),
        ({"auth": good.auth + "AAAA"}, "auth"),
    ]
    for changes, field in broken:
        with pytest.raises(InvalidInput) as refused:
            await services.of(Push).register(replace(good, **changes))
        assert refused.value.field == ("input", field), changes
    assert await endpoints(services, BOB) == []
    await services.of(Push).register(replace(good, p256dh=good.p256dh + "=", auth=good.auth + "=="))
    assert await endpoints(services, BOB) == ["a"]


async def test_only_ones_own_can_be_withdrawn(services: Services) -> None:
    mine = browser()
    await services.of(Push).register(mine.registration(BOB))
    for endpoint, viewer in ((mine.endpoint, ADA), (f"{ORIGIN}/b", BOB), ("\ud800", BOB)):
        with pytest.raises(NotFound):
            await services.of(Push).unregister(endpoint, viewer)
    ended = await services.of(Push).unregister(mine.endpoint, BOB)
    assert ended.endpoint == mine.endpoint
    assert await endpoints(services, BOB) == []


async def test_a_subscription_goes_with_the_session_that_ends(services: Services) -> None:
    elsewhere = replace(BOB, session_id=900)
    await add_session(services, BOB, 900, services.clock.now_us())
    await services.of(Push).register(browser("here").registration(BOB))
    await services.of(Push).register(browser("there").registration(elsewhere))
    await services.of(Push).register(browser("ada").registration(ADA))
    await services.of(Sessions).log_out(elsewhere.session_id)
    assert await endpoints(services, BOB) == ["here"]
    with pytest.raises(InvalidTransition, match="ended"):
        await services.of(Push).register(browser("again").registration(elsewhere))
    await services.of(Users).change(UserChange(BOB.user_id, active=False))
    assert await endpoints(services, BOB) == []
    assert await endpoints(services, ADA) == ["ada"]


async def test_a_new_password_ends_them_and_a_new_name_does_not(services: Services) -> None:
    await services.of(Push).register(browser().registration(BOB))
    await services.of(Users).change(UserChange(BOB.user_id, name="Bobby"))
    assert await endpoints(services, BOB) == ["a"]
    await services.of(Users).change(UserChange(BOB.user_id, password="another password"))
    assert await endpoints(services, BOB) == []


async def test_the_subscriptions_of_expired_sessions_are_tidied_away(
    services: Services, clock: HeldClock
) -> None:
    await services.of(Push).register(browser("old").registration(BOB))
    clock.advance(DAY_US / SECOND_US)
    await add_session(services, ADA, 900, clock.now_us())
    await services.of(Push).register(browser("new").registration(replace(ADA, session_id=900)))
    assert await services.of(Push).tidy() == 0
    clock.advance((SESSION_DAYS - 1) * DAY_US / SECOND_US)
    assert await services.of(Push).tidy() == 1
    assert await endpoints(services, BOB) == []
    assert await endpoints(services, ADA) == ["new"]


async def test_the_servers_key_is_made_once_for_all_processes(open_again: OpenServices) -> None:
    async with open_again() as one, open_again() as other:
        keys = await asyncio.gather(*(s.of(Push).public_key() for s in (one, other, one, other)))
    async with open_again() as later:
        keys.append(await later.of(Push).public_key())
    assert len(set(keys)) == 1
    assert keys[0] is not None
    assert len(keys[0]) == 87, "65 bytes"


async def test_a_given_key_is_used_as_it_is(open_again: OpenServices) -> None:
    # RFC 8291 5 has this pair.
    given = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    public = (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    async with open_again(vapid_private_key=given) as services:
        assert await services.of(Push).public_key() == public
        row = await services.database.reading.row("SELECT value FROM server_secret")
        assert row is None, "nothing is kept of it"


def test_a_key_or_a_contact_that_is_none_is_told_at_the_start() -> None:
    for setting in (
        {"vapid_private_key": "short"},
        {"vapid_private_key": "ä" * 43},
        {"vapid_subject": "admin@example.com"},
        {"vapid_subject": "http://example.com"},
        {"vapid_subject": "https://example.com:8443"},
        {"vapid_subject": "mailto:admin@intranet"},
    ):
        with pytest.raises(Exception, match="VAPID_"):
            read_settings(jwt_secret=JWT_SECRET, **setting)
    for subject in ("mailto:admin@example.com", "https://example.com"):
        assert read_settings(vapid_subject=subject).vapid_subject == subject


@pytest.mark.parametrize(
    ("origin", "contact"),
    [
        ("https://shop.example.com", True),
        ("https://localhost", True),
        ("https://shop.example.com:8443", False),
        ("https://intranet", False),
        ("http://shop.example.com", False),
    ],
)
def test_only_an_origin_that_the_library_signs_for_is_a_contact(origin: str, contact: bool) -> None:
    """An https origin with a port was taken from FRONTEND_URL: then no push could be signed."""
    assert is_contact(origin) is contact


async def test_without_its_libraries_push_is_not_available(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_push, "LIBRARIES", ("pywebpush", "not_installed_at_all"))
    async with open_again() as services:
        assert not services.of(Push).is_available
        assert await services.of(Push).public_key() is None
        with pytest.raises(Unavailable, match="push"):
            await services.of(Push).register(browser().registration(BOB))
