"""What is unread: counted by index, marked one by one or all at once, told to other sockets."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.database.dialect import Dialect
from graphql_api.notifications import retention
from graphql_api.notifications.notifications import (
    _UNREAD,
    Message,
    Notifications,
    NotificationType,
)
from graphql_api.notifications.retention import NotificationRetention
from graphql_api.notifications.sending import READ, Notification
from graphql_api.services import Services
from tests.invariants import assert_sound, events_of
from tests.notifications.people import ADA, BOB, VERA


async def send(services: Services, title: str = "Hello", **to: Any) -> Notification:
    return await services.of(Notifications).send(
        Message(NotificationType.INFO, title, "there", **to)
    )


async def unread(services: Services, viewer: Viewer) -> int:
    """The count, which must be what a walk through all of them finds."""
    count = await services.of(Notifications).unread_count(viewer)
    everything = await services.of(Notifications).page(viewer, False, 1_000, None)
    listed = await services.of(Notifications).page(viewer, True, 1_000, None)
    assert count == len([n for n in everything if n.read_at is None])
    assert [n.id for n in listed] == [n.id for n in everything if n.read_at is None]
    return count


async def test_the_count_agrees_with_the_list_whatever_was_sent_and_read(
    services: Services, clock: HeldClock
) -> None:
    chance = random.Random(4)  # noqa: S311  # a test's own dice
    sent: list[int] = []
    for step in range(60):
        clock.advance(1)
        match chance.randrange(8):
            case 0 if sent:
                viewer = chance.choice([ADA, BOB, VERA])
                for notification in await services.of(Notifications).page(viewer, False, 3, None):
                    await services.of(Notifications).mark_read(notification.id, viewer)
            case 1 if step % 3 == 0:
                await services.of(Notifications).mark_all_read(chance.choice([ADA, BOB, VERA]))
            case _:
                tos: list[dict[str, Any]] = [{}, {"role": chance.choice([*Role])}, {"user_id": 12}]
                to = chance.choice(tos)
                sent.append((await send(services, **to)).id)
        for viewer in (ADA, BOB, VERA):
            await unread(services, viewer)
    promoted = Viewer(VERA.user_id, VERA.session_id, Role.ADMIN, 0)
    await unread(services, promoted)


async def test_marking_all_reads_all_that_is_there_and_keeps_the_first_time(
    services: Services, clock: HeldClock
) -> None:
    first = await send(services, "first")
    await send(services, "second", role=Role.USER)
    await send(services, "third", user_id=BOB.user_id)
    await services.of(Notifications).mark_read(first.id, BOB)
    early_us = clock.now_us()
    clock.advance(5)
    assert await services.of(Notifications).mark_all_read(BOB) == 2
    assert await unread(services, BOB) == 0
    assert await unread(services, VERA) == 1
    clock.advance(5)
    await send(services, "fourth")
    assert await unread(services, BOB) == 1
    assert await services.of(Notifications).mark_all_read(BOB) == 1
    page = await services.of(Notifications).page(BOB, False, 10, None)
    later_us = [early_us + seconds * SECOND_US for seconds in (10, 5, 5, 0)]
    assert [notification.read_at for notification in page] == later_us
    again = await services.of(Notifications).mark_read(page[1].id, BOB)
    assert again.read_at == later_us[1], "reading it alone afterwards changes nothing"


async def test_marking_again_marks_nothing_and_tells_nobody(services: Services) -> None:
    sent = await send(services)
    assert await services.of(Notifications).mark_all_read(BOB) == 1
    told = await services.log.head()
    assert await services.of(Notifications).mark_all_read(BOB) == 0
    await services.of(Notifications).mark_read(sent.id, BOB)
    marks = await asyncio.gather(
        *(services.of(Notifications).mark_all_read(VERA) for _ in range(4))
    )
    assert sorted(marks) == [0, 0, 0, 1]
    assert (await services.log.head()).position == told.position + 1
    await assert_sound(services)


async def test_what_one_reads_is_told_to_ones_own_sockets_alone(
    services: Services, clock: HeldClock
) -> None:
    sent = await send(services)
    await services.of(Notifications).mark_read(sent.id, BOB)
    await send(services)
    await services.of(Notifications).mark_all_read(BOB)
    told = [event for event in await events_of(services) if event["kind"] == READ]
    assert [(event["roles"], event["user_id"]) for event in told] == [(0, BOB.user_id)] * 2
    assert [event["payload"] for event in told] == [
        {"notificationId": sent.id, "readAt": clock.now_us()},
        {"notificationId": None, "readAt": clock.now_us()},
    ]


async def test_the_count_reads_what_is_newer_than_the_last_mark_by_index_alone(
    services: Services,
) -> None:
    if services.database.dialect is not Dialect.SQLITE:
        return  # PostgreSQL decides by the tables' sizes, which are nothing here
    rows = await services.database.reading.rows(
        f"EXPLAIN QUERY PLAN {_UNREAD[Role.USER]}", 12, 12, 12, 12
    )
    plan = [row[3] for row in rows]
    looked_at = [step for step in plan if "notification" in step or " n " in step or " r " in step]
    assert len(looked_at) >= 4
    assert not [step for step in looked_at if step.startswith("SCAN")], plan
    assert any("notification_by_roles (roles=? AND id>?)" in step for step in plan), plan
    assert any("notification_by_user (user_id=? AND id>?)" in step for step in plan), plan


async def test_retention_deletes_what_is_old_in_bounded_steps_and_what_was_read_of_it(
    services: Services, clock: HeldClock, monkeypatch: Any
) -> None:
    monkeypatch.setattr(retention, "NOTIFICATIONS_PER_TRANSACTION", 3)
    old = [await send(services, f"old {number}") for number in range(8)]
    await services.of(Notifications).mark_read(old[7].id, BOB)
    await services.of(Notifications).mark_all_read(VERA)
    clock.advance(60)
    kept = await send(services, "kept")
    await services.of(Notifications).mark_read(kept.id, BOB)
    clock.advance(90 * DAY_US // SECOND_US - 30)
    await send(services, "new")
    before = services.writer.transactions
    trimming = NotificationRetention(services.writer, clock, 90)
    assert await trimming.run() == 8
    assert services.writer.transactions - before == 4, "three, three, two, and none left"
    assert await trimming.run() == 0
    titles = [n.title for n in await services.of(Notifications).page(BOB, False, 50, None)]
    assert titles == ["new", "kept"]
    assert await unread(services, BOB) == 1
    assert await unread(services, VERA) == 2
    for table, count in (("notification_read", 1), ("notification_mark", 1)):
        row = await services.database.reading.row(f"SELECT count(*) FROM {table}")
        assert row is not None
        assert row[0] == count, table
    clock.advance(90 * DAY_US // SECOND_US + 60)
    await trimming.run()
    for table in ("notification", "notification_read"):
        assert await services.database.reading.rows(f"SELECT id FROM {table}") == []
