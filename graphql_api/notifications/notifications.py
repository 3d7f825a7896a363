"""Sending notifications, reading them, marking them read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from graphql_api import values
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.database.connection import Connection, Row
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, NotFound
from graphql_api.events.log import Event, LogTransaction, LogWriter

TOPIC = "notifications"
SENT = "SENT"
TITLE_MAX = 200
MESSAGE_MAX = 2_000
DATA_BYTES_MAX = 4_096


class NotificationType(Enum):
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


@dataclass(slots=True)
class Notification:
    """A message as one viewer sees it. read_at: when that viewer read it, None when not yet."""

    id: int
    type: NotificationType
    title: str
    message: str
    data: Any
    timestamp: int
    read_at: int | None = None

    def state(self) -> list[Any]:
        """As a JSON-able list; see `notification_of`."""
        return [self.id, self.type.value, self.title, self.message, self.data, self.timestamp]


def notification_of(state: Sequence[Any]) -> Notification:
    """The notification that `Notification.state` wrote: nobody has read it yet."""
    return Notification(state[0], NotificationType(state[1]), *state[2:6])


@dataclass(frozen=True, slots=True)
class Message:
    """A command: send. To one user, to one role, or to everyone when both are None."""

    type: NotificationType
    title: str
    message: str
    data: Any = None
    user_id: int | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    id: int
    viewer: Viewer


# What a viewer may see: two parameters, the viewer's role bit and user id.
_MINE = "((n.user_id IS NULL AND (n.roles & ?) <> 0) OR n.user_id = ?)"
_COLUMNS = "n.id, n.type, n.title, n.message, n.data, n.created_at, r.read_at"
_FROM = (
    "FROM notification n LEFT JOIN notification_read r "
    "ON r.notification_id = n.id AND r.user_id = ?"
)


class Notifications:
    """The use cases of notifications."""

    def __init__(self, reading: Connection, writer: LogWriter) -> None:
        self._reading = reading
        self._writer = writer
        self._send = single(self._send_one)
        self._mark = single(self._mark_one)

    async def send(self, message: Message) -> Notification:
        """Raises InvalidInput, NotFound (the user)."""
        values.required_text(message.title, ("input", "title"), TITLE_MAX)
        values.required_text(message.message, ("input", "message"), MESSAGE_MAX)
        if message.user_id is not None and message.role is not None:
            raise InvalidInput("Give a user or a role, not both.", ("input", "role"))
        try:
            size = len(_json(message.data) or "")
        except TypeError:  # a number beyond 64 bits, or nested too deeply
            raise InvalidInput("data cannot be kept as JSON.", ("input", "data")) from None
        if size > DATA_BYTES_MAX:
            raise InvalidInput(
                f"data has at most {DATA_BYTES_MAX} bytes as JSON.", ("input", "data")
            )
        sent: Notification = await self._writer.submit(self._send, message)
        return sent

    async def mark_read(self, notification_id: int, viewer: Viewer) -> Notification:
        """Note that the viewer has read it; again changes nothing. Raises NotFound."""
        read: Notification = await self._writer.submit(self._mark, _Mark(notification_id, viewer))
        return read

    async def page(
        self, viewer: Viewer, unread_only: bool, limit: int, before: int | None
    ) -> list[Notification]:
        """At most `limit` of the viewer's notifications older than the id `before`."""
        rows = await self._reading.rows(
            f"SELECT {_COLUMNS} {_FROM} WHERE {_MINE}"
            + (" AND r.read_at IS NULL" if unread_only else "")
            + (" AND n.id < ?" if before is not None else "")
            + " ORDER BY n.id DESC LIMIT ?",
            viewer.user_id,
            viewer.role.bit,
            viewer.user_id,
            *([] if before is None else [before]),
            limit,
        )
        return [_from_row(row) for row in rows]

    async def count(self, viewer: Viewer, unread_only: bool) -> int:
        """How many notifications the viewer has."""
        row = await self._reading.row(
            f"SELECT count(*) {_FROM} WHERE {_MINE}"
            + (" AND r.read_at IS NULL" if unread_only else ""),
            viewer.user_id,
            viewer.role.bit,
            viewer.user_id,
        )
        assert row is not None
        return int(row[0])

    async def _send_one(self, transaction: LogTransaction, message: Message) -> Notification:
        roles = audience.EVERYONE if message.role is None else message.role.bit
        if message.user_id is not None:
            roles = audience.NOBODY
            user = await transaction.connection.row(
                "SELECT id FROM user_account WHERE id = ?", message.user_id
            )
            if user is None:
                raise NotFound("There is no user with this id.", ("input", "userId"))
        sent = Notification(
            transaction.new_id(), message.type, message.title.strip(), message.message.strip(),
            message.data, transaction.entry.now_us,
        )  # fmt: skip
        await transaction.connection.change(
            "INSERT INTO notification (id, type, title, message, data, roles, user_id, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            sent.id,
            sent.type.value,
            sent.title,
            sent.message,
            _json(sent.data),
            roles,
            message.user_id,
            sent.timestamp,
        )
        transaction.entry.append(
            Event(TOPIC, SENT, sent.id, roles, message.user_id, {"notification": sent.state()})
        )
        return sent

    async def _mark_one(self, transaction: LogTransaction, command: _Mark) -> Notification:
        viewer = command.viewer
        row = await transaction.connection.row(
            f"SELECT {_COLUMNS} {_FROM} WHERE n.id = ? AND {_MINE}",
            viewer.user_id,
            command.id,
            viewer.role.bit,
            viewer.user_id,
        )
        if row is None:
            raise NotFound("There is no notification with this id.", ("id",))
        found = _from_row(row)
        if found.read_at is None:
            found.read_at = transaction.entry.now_us
            await transaction.connection.change(
                "INSERT INTO notification_read (id, notification_id, user_id, read_at) "
                "VALUES (?, ?, ?, ?)",
                transaction.new_id(),
                command.id,
                viewer.user_id,
                found.read_at,
            )
        return found


def _json(data: Any) -> str | None:
    return None if data is None else orjson.dumps(data).decode()


def _from_row(row: Row) -> Notification:
    notification_id, kind, title, message, data, created_at, read_at = row
    return Notification(
        notification_id,
        NotificationType(kind),
        title,
        message,
        None if data is None else orjson.loads(data),
        created_at,
        read_at,
    )


def sample_notification(now_us: int, _user_id: int) -> Event:
    """A test broadcast: a notification that is not kept."""
    sample = Notification(0, NotificationType.INFO, "Test", "A test broadcast.", None, now_us)
    payload = {"notification": sample.state()}
    return Event(TOPIC, SENT, None, audience.EVERYONE, None, payload)
