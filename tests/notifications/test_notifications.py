"""Notifications: to a user, to a role, to everyone; stored, live, and read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.clock import HeldClock
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, NotFound
from graphql_api.notifications.notifications import (
    DATA_BYTES_MAX,
    Message,
    Notifications,
    NotificationType,
)
from graphql_api.notifications.sending import Notification, notification_of
from graphql_api.services import Services
from tests.invariants import assert_sound, events_of, fact_of
from tests.notifications.people import ADA, BOB, VERA

INFO = NotificationType.INFO


async def send(services: Services, title: str = "Hello", **fields: Any) -> Notification:
    return await services.of(Notifications).send(Message(INFO, title, "there", **fields))


async def titles(services: Services, viewer: Viewer, unread_only: bool = False) -> list[str]:
    page = await services.of(Notifications).page(viewer, unread_only, 50, None)
    assert await services.of(Notifications).count(viewer, unread_only) == len(page)
    return [notification.title for notification in page]


async def test_each_sees_what_is_for_everyone_for_the_role_and_for_oneself(
    services: Services,
) -> None:
    await send(services, "all")
    await send(services, "admins", role=Role.ADMIN)
    await send(services, "users", role=Role.USER)
    await send(services, "bob", user_id=BOB.user_id)
    assert await titles(services, ADA) == ["admins", "all"]
    assert await titles(services, BOB) == ["bob", "users", "all"]
    assert await titles(services, VERA) == ["all"]


async def test_what_a_role_may_see_follows_the_role_as_it_is_now(services: Services) -> None:
    await send(services, "admins", role=Role.ADMIN)
    promoted = Viewer(BOB.user_id, 1, Role.ADMIN, 0)
    assert await titles(services, BOB) == []
    assert await titles(services, promoted) == ["admins"]


async def test_a_notification_is_an_event_for_the_same_audience(services: Services) -> None:
    sent = [
        await send(services),
        await send(services, role=Role.VIEWER),
        await send(services, user_id=BOB.user_id, data={"a": [1, None, "ü"]}),
    ]
    events = await events_of(services)
    assert [(event["roles"], event["user_id"]) for event in events] == [
        (audience.EVERYONE, None),
        (Role.VIEWER.bit, None),
        (audience.NOBODY, BOB.user_id),
    ]
    for event, notification in zip(events, sent, strict=True):
        assert event["topic"] == "notifications"
        assert notification_of(fact_of(event).notification) == notification
    await assert_sound(services)


async def test_a_notification_is_stored_as_it_was_sent(
    services: Services, clock: HeldClock
) -> None:
    data = {"order": 5, "lines": [{"sku": "ü"}, None, True, 0.5], "nul": "\x00"}
    sent = await services.of(Notifications).send(
        Message(NotificationType.WARNING, "  Late ", " by a day ", data)
    )
    assert (sent.title, sent.message, sent.data) == ("Late", "by a day", data)
    assert sent.timestamp == clock.now_us()
    (stored,) = await services.of(Notifications).page(ADA, False, 5, None)
    assert stored == sent


async def test_reading_marks_for_one_reader_alone_and_keeps_the_first_time(
    services: Services, clock: HeldClock
) -> None:
    first = await send(services, "first")
    await send(services, "second")
    clock.advance(5)
    read = await services.of(Notifications).mark_read(first.id, BOB)
    assert read.read_at == clock.now_us()
    clock.advance(5)
    again = await services.of(Notifications).mark_read(first.id, BOB)
    assert again == read
    assert await titles(services, BOB, unread_only=True) == ["second"]
    assert await titles(services, BOB) == ["second", "first"]
    assert await titles(services, VERA, unread_only=True) == ["second", "first"]
    page = await services.of(Notifications).page(BOB, False, 5, None)
    assert [notification.read_at for notification in page] == [None, read.read_at]


async def test_marking_at_once_from_two_windows_marks_once(services: Services) -> None:
    sent = await send(services)
    reads = await asyncio.gather(
        *(services.of(Notifications).mark_read(sent.id, BOB) for _ in range(4))
    )
    assert len({read.read_at for read in reads}) == 1
    rows = await services.database.reading.rows("SELECT id FROM notification_read")
    assert len(rows) == 1


async def test_what_is_not_for_one_cannot_be_marked_and_looks_like_nothing(
    services: Services,
) -> None:
    secret = await send(services, role=Role.ADMIN)
    personal = await send(services, user_id=BOB.user_id)
    for notification_id, viewer in (
        (secret.id, BOB),
        (personal.id, ADA),
        (4711, ADA),
        (-1, ADA),
        (0, ADA),
    ):
        with pytest.raises(NotFound):
            await services.of(Notifications).mark_read(notification_id, viewer)


async def test_a_message_that_breaks_its_rules_is_refused(services: Services) -> None:
    broken: list[tuple[dict[str, Any], str]] = [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"message": " "}, "message"),
        ({"message": "x" * 2_001}, "message"),
        ({"data": "x" * DATA_BYTES_MAX}, "data"),
        ({"user_id": 12, "role": Role.USER}, "role"),
    ]
    for fields, field in broken:
        given: dict[str, Any] = {"type": INFO, "title": "t", "message": "m"}
        message = Message(**given | fields)
        with pytest.raises(InvalidInput) as refused:
            await services.of(Notifications).send(message)
        assert refused.value.field == ("input", field)
    assert (await services.log.head()).position == 0


async def test_data_that_cannot_be_kept_is_refused_as_bad_input(services: Services) -> None:
    # How the bug came about: JSON's numbers have no bounds, but those that can be stored do.
    for data in (10**30, {"a": [2**64]}):
        with pytest.raises(InvalidInput) as refused:
            await send(services, data=data)
        assert refused.value.field == ("input", "data")


async def test_a_message_to_nobody_is_refused(services: Services) -> None:
    for user_id in (4711, -1):
        with pytest.raises(NotFound) as refused:
            await send(services, user_id=user_id)
        assert refused.value.field == ("input", "userId")


async def test_pages_join_to_all_that_one_may_see(services: Services) -> None:
    for number in range(6):
        await send(services, f"n{number}", role=[None, Role.ADMIN, Role.USER][number % 3])
    for notification in await services.of(Notifications).page(BOB, False, 50, None):
        if notification.title in ("n2", "n3"):
            await services.of(Notifications).mark_read(notification.id, BOB)
    for unread_only, wanted in ((True, ["n5", "n0"]), (False, ["n5", "n3", "n2", "n0"])):
        for limit in (1, 2, 10):
            found: list[str] = []
            before: int | None = None
            while page := await services.of(Notifications).page(BOB, unread_only, limit, before):
                assert len(page) <= limit
                found += [notification.title for notification in page]
                before = page[-1].id
            assert found == wanted
