"""Alerts become notifications: which, for whom, how many, and in whose transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.alerts import check
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.lifecycle import Alert
from graphql_api.clock import HeldClock
from graphql_api.database.connection import Connection
from graphql_api.inventory.items import Item, Items, Visibility
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications import alert_notices
from graphql_api.notifications.alert_notices import AlertNotices
from graphql_api.notifications.notifications import Notifications, NotificationType
from graphql_api.notifications.sending import Notification
from graphql_api.services import Services
from tests.builders import batch, change, hide, line, make_item, move, removal
from tests.conftest import OpenServices
from tests.holds.making import done, place, release, units
from tests.invariants import assert_sound, events_of
from tests.notifications.people import ADA, BOB, VERA
from tests.statements import counted


async def told(services: Services, viewer: Viewer) -> list[Notification]:
    """What the viewer was told, oldest first."""
    return (await services.of(Notifications).page(viewer, False, 100, None))[::-1]


async def titles(services: Services, viewer: Viewer) -> list[str]:
    return [notification.title for notification in await told(services, viewer)]


async def low_item(services: Services, sku: str = "SKU-1", stock: int = 20) -> Item:
    """LOW at 20, MEDIUM at 10, HIGH at 5."""
    return await make_item(services, sku, min_stock=20, initial_stock=stock)


async def test_an_alert_is_told_when_it_is_grave_enough_and_again_when_it_gets_worse(
    services: Services,
) -> None:
    item = await low_item(services)
    for stock, expected in (
        (10, []),
        (5, ["Low stock: Item SKU-1 (SKU-1)"]),
        (4, ["Low stock: Item SKU-1 (SKU-1)"]),
        (0, ["Low stock: Item SKU-1 (SKU-1)", "Out of stock: Item SKU-1 (SKU-1)"]),
        (30, ["Low stock: Item SKU-1 (SKU-1)", "Out of stock: Item SKU-1 (SKU-1)"]),
    ):
        row = await services.database.reading.row("SELECT stock FROM item WHERE id = ?", item.id)
        assert row is not None
        await move(services, item, stock - row[0])
        assert await titles(services, BOB) == expected, stock
    first = (await told(services, BOB))[0]
    alert = await services.database.reading.row("SELECT id FROM alert ORDER BY id LIMIT 1")
    assert alert is not None
    assert first.type is NotificationType.WARNING
    assert first.message == "Item SKU-1 (SKU-1) is down to 5; its minimum is 20."
    assert first.data == {
        "kind": "ALERT", "alertId": str(alert[0]), "itemId": str(item.id), "severity": "HIGH",
        "path": f"/items/{item.id}",
        "type": "LOW_STOCK", "itemName": "Item SKU-1", "location": None, "stock": 5, "minStock": 20,
    }  # fmt: skip
    await assert_sound(services)


async def test_alerts_are_told_to_those_who_act_on_stock(services: Services) -> None:
    await low_item(services, stock=0)
    assert (
        await titles(services, ADA)
        == await titles(services, BOB)
        == ["Out of stock: Item SKU-1 (SKU-1)"]
    )
    assert await titles(services, VERA) == []


async def test_the_threshold_is_a_setting(open_again: OpenServices) -> None:
    async with open_again(notify_alert_severity="LOW") as services:
        await low_item(services)
        assert await titles(services, BOB) == ["Low stock: Item SKU-1 (SKU-1)"]
    async with open_again(notify_alert_severity="CRITICAL") as services:
        await low_item(services, "SKU-2", stock=2)
        assert await titles(services, BOB) == ["Low stock: Item SKU-1 (SKU-1)"]


async def test_a_notification_stands_in_the_log_with_its_alert(services: Services) -> None:
    await low_item(services, stock=0)
    events = await events_of(services)
    assert [event["topic"] for event in events] == ["inventory", "alerts", "notifications"]
    assert len({event["recorded_at"] for event in events}) == 1
    assert events[2]["subject"] == events[0]["subject"], "hidden when the item is"
    assert events[2]["roles"] == Role.ADMIN.bit | Role.USER.bit


async def test_what_is_over_within_the_same_transaction_is_not_told(services: Services) -> None:
    item = await low_item(services, stock=30)
    await services.of(StockLedger).carry_out(batch(line(item, -30), line(item, 40)))
    assert await titles(services, BOB) == []
    await services.of(StockLedger).carry_out(
        batch(line(item, -40), line(item, 40), line(item, -40))
    )
    assert await titles(services, BOB) == ["Out of stock: Item SKU-1 (SKU-1)"]


async def test_many_alerts_of_one_transaction_are_told_in_one_sentence(services: Services) -> None:
    count = 21
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(count)]
    lines = [line(item, -30 if number < 3 else -26) for number, item in enumerate(items)]
    await services.of(StockLedger).carry_out(batch(*lines))
    (notification,) = await told(services, BOB)
    assert notification.title == f"{count} items are low or out of stock"
    assert notification.data == {
        "kind": "ALERTS", "count": count, "bySeverity": {"CRITICAL": 3, "HIGH": count - 3},
        "named": ["Item SKU-0", "Item SKU-1", "Item SKU-2"], "more": 18, "path": "/alerts",
    }  # fmt: skip
    assert notification.message == (
        "Raised together: 3 CRITICAL, 18 HIGH: Item SKU-0 (SKU-0), Item SKU-1 (SKU-1), "
        "Item SKU-2 (SKU-2) and 18 more. The list of alerts shows them."
    )
    await assert_sound(services)


async def test_a_digest_that_names_an_item_is_for_admin_alone_once_it_is_hidden(
    services: Services,
) -> None:
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(5)]
    await services.of(StockLedger).carry_out(batch(*(line(item, -30) for item in items)))
    await hide(services, items[4])
    assert len(await told(services, BOB)) == 1, "it is not named"
    await hide(services, items[1])
    assert await told(services, BOB) == []
    assert len(await told(services, ADA)) == 1
    past = [e for e in await events_of(services) if e["topic"] == "notifications"]
    assert [event["roles"] for event in past] == [Role.ADMIN.bit], "in replays too"


async def test_what_two_persons_do_at_once_is_told_apart(services: Services) -> None:
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(4)]
    commands = [
        replace(batch(*(line(item, -30) for item in some)), user_id=user_id)
        for some, user_id in ((items[:2], 7), (items[2:], 8))
    ]
    await asyncio.gather(*(services.of(StockLedger).carry_out(command) for command in commands))
    assert await titles(services, BOB) == ["2 items are low or out of stock"] * 2


async def test_thirty_thresholds_one_after_the_other_are_one_notification(
    services: Services, clock: HeldClock
) -> None:
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(30)]
    await services.writer.submit(services.of(Notifications)._mark_everything, BOB)
    for item in items:
        clock.advance(20)
        await services.of(Items).change(change(item, minStock=300))
    (notification,) = await told(services, BOB)
    assert notification.title == "30 items are low or out of stock"
    assert notification.data["bySeverity"] == {"HIGH": 30}
    sent = [e for e in await events_of(services) if e["topic"] == "notifications"]
    assert len(sent) == 1
    raised = [e for e in await events_of(services) if e["kind"] == "RAISED"]
    assert len(raised) == 30, "each alert is told for itself"
    await assert_sound(services)


async def test_a_go_of_thousands_costs_each_of_them_no_more_than_hundreds_do(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command reads the alerts of the go anew: without a bound, items that a program creates
    one after the other take longer and longer."""
    monkeypatch.setattr(alert_notices, "GO_ALERTS_MAX", 3)
    read: list[int] = []
    live = alert_notices._live

    async def counting(connection: Connection, ids: Sequence[int]) -> list[Alert]:
        read.append(len(ids))
        return await live(connection, ids)

    monkeypatch.setattr(alert_notices, "_live", counting)
    for item in [await low_item(services, f"SKU-{number}", stock=30) for number in range(8)]:
        await services.of(Items).change(change(item, minStock=300))
    assert await titles(services, BOB) == [
        "3 items are low or out of stock",
        "3 items are low or out of stock",
        "2 items are low or out of stock",
    ]
    assert max(read) == 2
    await assert_sound(services)


@pytest.mark.parametrize("ended_by", ["a pause", "another person", "reading it", "reading all"])
async def test_a_go_ends(services: Services, clock: HeldClock, ended_by: str) -> None:
    first, second = [await low_item(services, f"SKU-{n}", stock=30) for n in range(2)]
    await services.of(Items).change(change(first, minStock=300))
    command = change(second, minStock=300)
    (notification,) = await told(services, BOB)
    match ended_by:
        case "a pause":
            clock.advance(61)
        case "another person":
            command = replace(command, user_id=7)
        case "reading it":
            await services.of(Notifications).mark_read(notification.id, BOB)
        case _:
            await services.of(Notifications).mark_all_read(BOB)
    await services.of(Items).change(command)
    assert await titles(services, BOB) == [
        "Low stock: Item SKU-0 (SKU-0)",
        "Low stock: Item SKU-1 (SKU-1)",
    ]


async def test_a_check_that_raises_many_tells_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ITEMS_PER_CHECK", 3)
    for number in range(8):
        await low_item(services, f"SKU-{number}", stock=30)
    await services.database.writing.change("UPDATE item SET min_stock = 300")
    assert (await services.of(Alerts).check()).raised == 8
    assert await titles(services, BOB) == ["8 items are low or out of stock"]


async def test_what_has_ended_meanwhile_is_not_counted_when_a_go_grows(
    services: Services,
) -> None:
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(3)]
    await services.of(Items).change(change(items[0], minStock=300))
    await services.of(Items).change(change(items[0], minStock=0))
    await services.of(Items).change(change(items[1], minStock=300))
    assert await titles(services, BOB) == ["Low stock: Item SKU-1 (SKU-1)"]
    await services.of(Items).change(change(items[2], minStock=300))
    assert await titles(services, BOB) == ["2 items are low or out of stock"]


def statements_counted(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many the notices send from now on, for each run of commands."""
    found: list[int] = []
    (ours,) = [
        reactor
        for reactor in services.writer._reactors
        if isinstance(getattr(reactor, "__self__", None), AlertNotices)
    ]

    async def counting(transaction: Any, events: Any) -> None:
        with counted() as sent:
            await ours(transaction, events)
        found.append(len(sent))

    replaced = [counting if r == ours else r for r in services.writer._reactors]
    monkeypatch.setattr(services.writer, "_reactors", replaced)
    return found


async def test_a_hold_costs_the_notices_no_statement(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may see its items is as before. How the bug came about: each hold asked for what was
    told of them, a twelfth of what it cost."""
    item = await make_item(services)
    counted = statements_counted(services, monkeypatch)
    hold = (await done(services, place(units(item, 2)))).hold
    await done(services, release(hold))
    assert counted == [0, 0]
    await hide(services, item)
    assert counted[2:] == [2], "whose digests name it, and what was told of it alone"


async def test_the_cost_in_statements_does_not_grow_with_the_alerts(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [await low_item(services, f"SKU-{n}", stock=30) for n in range(12)]
    counted = statements_counted(services, monkeypatch)
    for some, quantity in ((items[:2], -30), (items[2:], -30), (items, 30)):
        await services.of(StockLedger).carry_out(batch(*(line(item, quantity) for item in some)))
    assert counted == [3, 3, 0]  # who muted it, the notification, and whom it names
    assert len(await told(services, BOB)) == 2


async def test_hidden_items_alerts_are_told_to_admin_alone_and_follow_the_item(
    services: Services,
) -> None:
    item = await low_item(services, stock=0)
    await hide(services, item)
    assert await titles(services, BOB) == []
    assert await services.of(Notifications).unread_count(BOB) == 0
    assert await titles(services, ADA) == ["Out of stock: Item SKU-1 (SKU-1)"]
    past = [e for e in await events_of(services) if e["topic"] == "notifications"]
    assert [event["roles"] for event in past] == [Role.ADMIN.bit], "in replays too"
    await move(services, item, 30)
    await move(services, item, -30)
    assert await titles(services, BOB) == []
    assert len(await titles(services, ADA)) == 2
    await services.of(Items).change(change(item, visibility=Visibility.EVERYONE))
    assert await titles(services, BOB) == await titles(services, ADA)
    await assert_sound(services)


async def test_a_snooze_that_ends_is_told_and_a_removed_item_is_not(
    services: Services, clock: HeldClock
) -> None:
    item = await low_item(services, stock=0)
    row = await services.database.reading.row("SELECT id FROM alert")
    assert row is not None
    await services.of(Alerts).snooze(row[0], clock.now_us() + 10**9, BOB.user_id, False)
    clock.advance(1_001)
    assert await services.of(Alerts).wake_up(24) == 1
    assert len(await titles(services, BOB)) == 2
    await services.of(Items).remove(removal(item))
    assert len(await titles(services, BOB)) == 2


async def test_a_long_name_is_cut_to_what_a_title_may_hold(services: Services) -> None:
    item = await make_item(services, name="n" * 200, min_stock=1, initial_stock=0)
    (notification,) = await told(services, BOB)
    assert len(notification.title) < 120
    assert notification.title.endswith("n… (SKU-1)")
    assert notification.data["itemId"] == str(item.id)
