"""Notifications as they are kept and told: what stores them, in the transaction of what they tell.

Sending them on purpose, reading them and marking them read: notifications.py. What a user does
not want to be told: choices.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from graphql_api.alerts.rules import Severity
from graphql_api.database.connection import Row
from graphql_api.delivery import audience
from graphql_api.events.log import Event, Facts, LogTransaction
from graphql_api.notifications.choices import ALWAYS, muted_by
from graphql_api.notifications.facts import (
    NOTIFICATION_TOLD,
    READ_TOLD,
    NotificationKind,
    NotificationState,
    NotificationTold,
    NotificationType,
)

TOPIC = "notifications"
SENT = "SENT"
READ = "READ"  # one, or all until then, were marked read: for the reader's other sockets
TITLE_MAX = 200
MESSAGE_MAX = 2_000
FACTS: Facts = {(TOPIC, SENT): NOTIFICATION_TOLD, (TOPIC, READ): READ_TOLD}


@dataclass(slots=True)
class Notification:
    """A message as one viewer sees it. read_at: when that viewer read it, None when not yet."""

    id: int
    type: NotificationType
    title: str
    message: str
    data: Any
    timestamp: int
    kind: NotificationKind = NotificationKind.MESSAGE
    read_at: int | None = None

    def state(self) -> NotificationState:
        """As events keep it; see `notification_of`."""
        return NotificationState(
            self.id, self.type, str(self.title), str(self.message), self.data, self.timestamp,
            self.kind.value,
        )  # fmt: skip


def notification_of(state: NotificationState) -> Notification:
    """The notification that `Notification.state` wrote: nobody has read it yet."""
    kind = NotificationKind(state.kind) if state.kind else kind_of(state.data)
    return Notification(
        state.id, state.type, state.title, state.message, state.data, state.timestamp, kind
    )


_KINDS = {
    "ALERT": NotificationKind.ALERT,
    "ALERTS": NotificationKind.ALERT,
    "IMPORT": NotificationKind.IMPORT,
    "JOB": NotificationKind.SERVER,
    "UNCLEAN_STOP": NotificationKind.SERVER,
}


def kind_of(data: Any) -> NotificationKind:
    """The kind of a notification that was told when events did not say it."""
    told = data.get("kind") if isinstance(data, dict) else None
    return _KINDS.get(told, NotificationKind.MESSAGE) if isinstance(told, str) else _MESSAGE


_MESSAGE = NotificationKind.MESSAGE


@dataclass(frozen=True, slots=True)
class Notice:
    """What the server itself has to tell. kind: what it is about, severity: how grave, where that
    can be said; users may not want it (choices.py). roles: bit mask of the roles it is for, or
    user_id: the one user. item_id: the item it speaks of; hidden when the item is. named_items:
    of one that speaks of many, those named in it; for ADMIN alone once one of them is hidden. A
    title or message that is too long is cut."""

    type: NotificationType
    title: str
    message: str
    data: Any = None
    roles: int = audience.NOBODY
    user_id: int | None = None
    item_id: int | None = None
    named_items: Sequence[int] = ()
    kind: NotificationKind = NotificationKind.MESSAGE
    severity: Severity | None = None


async def announce_all(
    transaction: LogTransaction, notices: Sequence[Notice]
) -> Sequence[Notification]:
    """A handler of the writer: store what the server has to tell."""
    return await store(transaction, notices)


async def store(transaction: LogTransaction, notices: Iterable[Notice]) -> list[Notification]:
    """Keep `notices`, and tell each to its audience, but for who has muted it; a constant number
    of statements, however many they are."""
    entry = transaction.entry
    stored = [
        (
            Notification(
                transaction.new_id(), notice.type, _cut(notice.title, TITLE_MAX),
                _cut(notice.message, MESSAGE_MAX), notice.data, entry.now_us,
                notice.kind,
            ),
            notice,
        )
        for notice in notices
    ]  # fmt: skip
    await transaction.connection.change_many(
        "INSERT INTO notification (id, type, title, message, data, roles, user_id, created_at, "
        "item_id, kind, severity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                sent.id, sent.type.value, sent.title, sent.message, json_of(sent.data),
                notice.roles, notice.user_id, sent.timestamp, notice.item_id,
                notice.kind.value, _severity(notice),
            )
            for sent, notice in stored
        ],
    )  # fmt: skip
    await note_named(transaction, [(sent.id, notice.named_items) for sent, notice in stored])
    muted = await muted_by(
        transaction.connection, [(notice.kind, _severity(notice)) for _, notice in stored]
    )
    for (sent, notice), users in zip(stored, muted, strict=True):
        # Of the item that it speaks of: when the item is hidden, so is this in the log's past.
        subject = sent.id if notice.item_id is None else notice.item_id
        payload = NotificationTold(sent.state(), users)
        entry.append(Event(TOPIC, SENT, subject, notice.roles, notice.user_id, payload))
    return [sent for sent, _ in stored]


async def grow(transaction: LogTransaction, notification_id: int, notice: Notice) -> None:
    """Let a notification say what `notice` does instead. Nobody is told: see alert_notices.py."""
    connection = transaction.connection
    await connection.change(
        "UPDATE notification SET title = ?, message = ?, data = ?, item_id = ?, severity = ? "
        "WHERE id = ?",
        _cut(notice.title, TITLE_MAX),
        _cut(notice.message, MESSAGE_MAX),
        json_of(notice.data),
        notice.item_id,
        _severity(notice),
        notification_id,
    )
    await connection.change(
        "DELETE FROM notification_item WHERE notification_id = ?", notification_id
    )
    await note_named(transaction, [(notification_id, notice.named_items)])


async def note_named(
    transaction: LogTransaction, named: Iterable[tuple[int, Sequence[int]]]
) -> None:
    """Keep which items each notification names: notification id, item ids."""
    await transaction.connection.change_many(
        "INSERT INTO notification_item (id, notification_id, item_id) VALUES (?, ?, ?)",
        [
            (transaction.new_id(), notification_id, item_id)
            for notification_id, item_ids in named
            for item_id in item_ids
        ],
    )


def _severity(notice: Notice) -> int:
    return ALWAYS if notice.severity is None else int(notice.severity)


def _cut(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"


def json_of(data: Any) -> str | None:
    return None if data is None else orjson.dumps(data).decode()


def from_row(row: Row) -> Notification:
    """A notification out of a row of COLUMNS (notifications.py)."""
    notification_id, type_, title, message, data, created_at, kind, read_at = row
    return Notification(
        notification_id,
        NotificationType(type_),
        title,
        message,
        None if data is None else orjson.loads(data),
        created_at,
        NotificationKind(kind),
        read_at,
    )


def sample_notification(new_id: Callable[[], int], now_us: int, _user_id: int) -> Event:
    """A test broadcast: a notification that is not kept."""
    words = ("Test", "A test broadcast.")
    sample = Notification(new_id(), NotificationType.INFO, *words, None, now_us)
    payload = NotificationTold(sample.state())
    return Event(TOPIC, SENT, None, audience.EVERYONE, None, payload)
