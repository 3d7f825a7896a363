"""Alerts become notifications: a reactor, wired in app.py, in the alert's own transaction.

An alert that is raised, gets worse or wakes from a snooze, and is grave enough, is told once for
each run of commands, to the roles that act on stock. A run that raises many at once (an import,
a sold-out season) is told in one sentence: nobody reads two hundred. Either way it costs one
statement for the whole run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from graphql_api.accounts.roles import Role
from graphql_api.alerts import lifecycle
from graphql_api.alerts.lifecycle import Alert, alert_of
from graphql_api.alerts.rules import AlertStatus, Severity
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.items import TOPIC as INVENTORY_TOPIC
from graphql_api.inventory.items import UpdateType
from graphql_api.notifications.notifications import Notice, NotificationType, store

TOLD_ONE_BY_ONE_MAX = 20  # alerts of one run; more become one notification
ACTS_ON_STOCK = Role.ADMIN.bit | Role.USER.bit
ALERTS_PATH = "/alerts"  # of the console

# Where Alert.state and Item.state hold what is asked of every event.
_SEVERITY, _STATUS, _ADMINS_ONLY = 3, 4, 11


class AlertNotices:
    """threshold: from which severity on alerts are told."""

    def __init__(self, threshold: Severity) -> None:
        self._threshold = threshold

    async def react(self, transaction: LogTransaction, events: Sequence[Event]) -> None:
        """The reactor: it must come after the alerts' own."""
        alerts = grave_alerts(events, self._threshold)
        if alerts:
            await store(transaction, notices_of(alerts))
        await _follow_visibility(transaction, events)


def grave_alerts(events: Iterable[Event], threshold: Severity) -> list[Alert]:
    """The alerts that these events raised and did not end again, each item's newest.

    Test broadcasts speak of no item (their subject is None) and are not told.
    """
    raised: dict[int, Event] = {}
    for event in events:
        if event.topic != lifecycle.TOPIC or event.subject is None:
            continue
        state = event.payload["alert"]
        if event.kind == lifecycle.RAISED and state[_SEVERITY] >= threshold:
            raised[event.subject] = event
        elif state[_STATUS] == AlertStatus.RESOLVED.value:
            raised.pop(event.subject, None)
    return [alert_of(event.payload["alert"]) for event in raised.values()]


def notices_of(alerts: Sequence[Alert]) -> list[Notice]:
    """One for each alert; if they are many, one for each audience."""
    if len(alerts) <= TOLD_ONE_BY_ONE_MAX:
        return [_notice(alert) for alert in alerts]
    audiences: dict[int, list[Alert]] = {}
    for alert in alerts:
        audiences.setdefault(_roles(alert), []).append(alert)
    return [_digest(roles, found) for roles, found in audiences.items()]


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
        },
        _roles(alert),
        item_id=alert.item_id,
    )


def _digest(roles: int, alerts: Sequence[Alert]) -> Notice:
    """No item is named: a sentence of many items could not be hidden with one of them."""
    by_severity = Counter(alert.severity for alert in alerts)
    counts = {severity.name: by_severity[severity] for severity in sorted(by_severity)[::-1]}
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    return Notice(
        NotificationType.WARNING,
        f"{len(alerts)} items are low or out of stock",
        f"Raised together: {told}. The list of alerts shows them.",
        {"kind": "ALERTS", "count": len(alerts), "bySeverity": counts, "path": ALERTS_PATH},
        roles,
    )


def _roles(alert: Alert) -> int:
    return ACTS_ON_STOCK & alert.roles


async def _follow_visibility(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """Whoever may not see an item may not see what was told of its alerts; as alerts do it."""
    hidden: dict[int, int] = {
        event.subject: event.payload["item"][_ADMINS_ONLY]
        for event in events
        if event.topic == INVENTORY_TOPIC
        and event.kind == UpdateType.UPDATED.value
        and event.subject is not None
    }
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
