"""Alerts become notifications: a reactor, wired in app.py, in the alert's own transaction.

An alert that is raised, gets worse or wakes from a snooze, and is grave enough, is told to the
roles that act on stock. What one person does in one go is told in one sentence, however many
alerts it raises: nobody reads two hundred. A go is a command (what one person's commands of one
run raise, to be exact); the changes of items that one person makes one after the other
(thresholds, say), in one notification that grows while nobody has read it, to GO_ALERTS_MAX; a
check; an import, which tells of its alerts at its end (import_notices.py).

Growing is silent: open clients have the alerts themselves, each in an event of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.accounts.roles import Role
from graphql_api.alerts import lifecycle, words
from graphql_api.alerts.facts import AlertState
from graphql_api.alerts.lifecycle import COLUMNS, Alert, alert_in, alert_of
from graphql_api.alerts.rules import AlertStatus, Severity
from graphql_api.clock import SECOND_US
from graphql_api.database.connection import Connection
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.items import TOPIC as INVENTORY_TOPIC
from graphql_api.inventory.items import UpdateType
from graphql_api.notifications import sending
from graphql_api.notifications.choices import waited_for
from graphql_api.notifications.facts import ALERT_IDS, NotificationKind, NotificationType
from graphql_api.notifications.sending import Notice, grow, store

ACTS_ON_STOCK = Role.ADMIN.bit | Role.USER.bit
ALERTS_PATH = "/alerts"  # of the console
NAMED_MAX = 3  # items of a digest: what a phone shows
NAME_CHARACTERS_MAX = 60
GO_PAUSE_US = 60 * SECOND_US  # somebody who edits item after item rests no longer
GO_LENGTH_US = 600 * SECOND_US  # and after ten minutes wants to be told anew
# Each command reads them all, to say how many are left: 1.5 ms. A program that creates items by the
# thousand would else take longer with each.
GO_ALERTS_MAX = 300
THE_SERVER = 0  # nobody's user id: what a check raised


@dataclass(frozen=True, slots=True)
class Digest:
    """Many alerts in a sentence. counts: how many, and by severity; named: ids of the items
    that it names."""

    title: str
    sentence: str
    counts: dict[str, Any]
    named: tuple[int, ...]


class AlertNotices:
    """threshold: from which severity on alerts are told."""

    def __init__(self, threshold: Severity) -> None:
        self._threshold = threshold

    async def react(self, transaction: LogTransaction, events: Sequence[Event]) -> None:
        """The reactor: it must come after the alerts' own."""
        alerts = grave_alerts(events, self._threshold)
        if alerts and not any(event.is_part for event in events):
            await _tell(transaction, _goes(alerts, events))
        await _follow_visibility(transaction, events)


@dataclass(frozen=True, slots=True)
class _Go:
    """Alerts of one cause and audience. user_id: whose go it may go on with; None: nobody's."""

    user_id: int | None
    alerts: list[Alert]


def _goes(alerts: Iterable[Alert], events: Iterable[Event]) -> list[_Go]:
    causes = {
        event.subject: (event.payload.user_id, event.kind == UpdateType.STOCK_UPDATED.stored)
        for event in events
        if event.topic == INVENTORY_TOPIC and event.subject is not None
    }
    found: dict[tuple[Any, ...], _Go] = {}
    for alert in alerts:
        user_id, is_stock = causes.get(alert.item_id, (THE_SERVER, False))
        key = user_id, is_stock, _roles(alert)
        go = found.setdefault(key, _Go(None if is_stock else user_id, []))
        go.alerts.append(alert)
    return list(found.values())


async def _tell(transaction: LogTransaction, goes: Sequence[_Go]) -> None:
    new = [go for go in goes if go.user_id is None or not await _grow(transaction, go)]
    told = await store(transaction, [notice_of(go.alerts) for go in new])
    now_us = transaction.entry.now_us
    await transaction.connection.change_many(
        "INSERT INTO notification_go (notification_id, user_id, alert_ids, began_at, grown_at) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (sent.id, go.user_id, _ids(go.alerts), now_us, now_us)
            for go, sent in zip(new, told, strict=True)
            if go.user_id is not None
        ],
    )


async def _grow(transaction: LogTransaction, go: _Go) -> bool:
    """Put the alerts into the notification of the go that goes on; False when there is none, it has
    as many as one can have, somebody has read it, or somebody wants to be told of what is graver
    than it was."""
    connection, now_us = transaction.connection, transaction.entry.now_us
    row = await connection.row(
        "SELECT g.notification_id, g.alert_ids, n.severity "
        "FROM notification_go g JOIN notification n "
        "ON n.id = g.notification_id WHERE g.user_id = ? AND g.grown_at >= ? AND g.began_at >= ? "
        "AND n.roles = ? AND NOT EXISTS (SELECT 1 FROM notification_read r "
        "WHERE r.notification_id = n.id) AND NOT EXISTS (SELECT 1 FROM notification_mark m "
        "WHERE m.up_to >= n.id) ORDER BY g.notification_id DESC LIMIT 1",
        go.user_id,
        now_us - GO_PAUSE_US,
        now_us - GO_LENGTH_US,
        _roles(go.alerts[0]),
    )
    gravest = max(alert.severity for alert in go.alerts)
    if row is None or await waited_for(connection, row["severity"], int(gravest)):
        return False
    ids = ALERT_IDS.decode(row[1])
    if len(ids) >= GO_ALERTS_MAX:
        return False
    earlier = await _live(connection, ids)
    alerts = list({alert.live_key: alert for alert in [*earlier, *go.alerts]}.values())
    await grow(transaction, row[0], notice_of(alerts))
    await connection.change(
        "UPDATE notification_go SET alert_ids = ?, grown_at = ? WHERE notification_id = ?",
        _ids(alerts),
        now_us,
        row[0],
    )
    return True


def _ids(alerts: Iterable[Alert]) -> str:
    return ALERT_IDS.encode([alert.id for alert in alerts])


async def _live(connection: Connection, alert_ids: Iterable[int]) -> list[Alert]:
    """Those of the alerts that have not ended."""
    rows = await connection.rows(
        f"SELECT {COLUMNS} FROM alert WHERE live_item_id IS NOT NULL AND "
        + connection.dialect.one_of("id", "bigint")
        + " ORDER BY id",
        connection.dialect.array(alert_ids),
    )
    return [alert_of(row) for row in rows]


def grave_alerts(events: Iterable[Event], threshold: Severity) -> list[Alert]:
    """The alerts that these events raised and did not end again, as they last stood.

    Test broadcasts speak of no item (their subject is None) and are not told.
    """
    raised: dict[int, Event] = {}
    for event in events:
        if event.topic != lifecycle.TOPIC or event.subject is None:
            continue
        state: AlertState = event.payload.alert
        if event.kind == lifecycle.RAISED and state.severity >= threshold:
            raised[state.id] = event
        elif state.status is AlertStatus.RESOLVED:
            raised.pop(state.id, None)
    return [alert_in(event.payload) for event in raised.values()]


def notice_of(alerts: Sequence[Alert]) -> Notice:
    """One for all of them, which have the same audience."""
    if len(alerts) == 1:
        return _notice(alerts[0])
    told = digest_of(alerts)
    return Notice(
        NotificationType.WARNING,
        told.title,
        f"Raised together: {told.sentence} The list of alerts shows them.",
        {"kind": "ALERTS", **told.counts, "path": ALERTS_PATH},
        _roles(alerts[0]),
        named_items=told.named,
        kind=NotificationKind.ALERT,
        severity=max(alert.severity for alert in alerts),
    )


def _notice(alert: Alert) -> Notice:
    return Notice(
        NotificationType.WARNING,
        alert.title,
        alert.message,
        {
            "kind": "ALERT",
            "alertId": str(alert.id),
            "itemId": str(alert.item_id),
            "severity": alert.severity.name,
            "path": f"/items/{alert.item_id}",
            # What a client needs to say it in its language.
            "type": alert.type.value,
            "itemName": alert.item_name,
            "location": alert.location_code,
            "stock": alert.current_stock,
            "minStock": alert.min_stock,
        },
        _roles(alert),
        item_id=alert.item_id,
        kind=NotificationKind.ALERT,
        severity=alert.severity,
    )


def digest_of(alerts: Sequence[Alert]) -> Digest:
    """How many, by severity, and the gravest by name."""
    by_severity = Counter(alert.severity for alert in alerts)
    counts = {severity.name: by_severity[severity] for severity in sorted(by_severity)[::-1]}
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    by_item: dict[int, Alert] = {}  # the gravest of each
    for alert in sorted(alerts, key=lambda alert: (-alert.severity, alert.id)):
        by_item.setdefault(alert.item_id, alert)
    gravest = list(by_item.values())[:NAMED_MAX]
    names = ", ".join(
        words.labelled(words.cut(alert.item_name, NAME_CHARACTERS_MAX), alert.sku)
        for alert in gravest
    )
    more = len(by_item) - len(gravest)
    return Digest(
        lifecycle.together(alerts),
        f"{told}: {names}{f' and {more} more' if more else ''}.",
        {
            "count": len(alerts),
            "bySeverity": counts,
            "named": [words.cut(alert.item_name, NAME_CHARACTERS_MAX) for alert in gravest],
            "more": more,
        },
        tuple(alert.item_id for alert in gravest),
    )


def _roles(alert: Alert) -> int:
    return ACTS_ON_STOCK & alert.roles


async def _follow_visibility(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """Whoever may not see an item may not see what was told of its alerts; as alerts do it."""
    hidden: dict[int, int] = {
        event.subject: event.payload.item.admins_only
        for event in events
        if event.topic == INVENTORY_TOPIC
        and event.kind == UpdateType.UPDATED.stored
        and event.subject is not None
        and not event.keeps_audience
    }
    await _hide_digests(transaction, {i for i, admins_only in hidden.items() if admins_only})
    connection = transaction.connection
    for admins_only, roles in ((1, Role.ADMIN.bit), (0, ACTS_ON_STOCK)):
        item_ids = [item_id for item_id, flag in hidden.items() if flag == admins_only]
        if item_ids:
            await connection.change(
                "UPDATE notification SET roles = ? WHERE roles <> ? AND "
                + connection.dialect.one_of("item_id", "bigint"),
                roles,
                roles,
                connection.dialect.array(item_ids),
            )


async def _hide_digests(transaction: LogTransaction, item_ids: set[int]) -> None:
    """What names an item that only ADMIN may see is for ADMIN alone: in the log's past too."""
    if not item_ids:
        return
    connection = transaction.connection
    one_of, array = connection.dialect.one_of, connection.dialect.array
    rows = await connection.rows(
        "SELECT DISTINCT notification_id FROM notification_item WHERE "
        + one_of("item_id", "bigint"),
        array(item_ids),
    )
    if not rows:
        return
    ids = [row[0] for row in rows]
    admin = Role.ADMIN.bit
    await connection.change(
        "UPDATE notification SET roles = roles & ? WHERE " + one_of("id", "bigint"),
        admin,
        array(ids),
    )
    await connection.change(
        "UPDATE event SET roles = roles & ? WHERE topic = ? AND " + one_of("subject", "bigint"),
        admin,
        sending.TOPIC,
        array(ids),
    )
    for event in transaction.entry.events:  # of this transaction: not stored yet
        if event.topic == sending.TOPIC and event.subject in ids:
            event.roles &= admin
