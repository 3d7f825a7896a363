"""Sending notifications, reading them, marking them read.

What one user has read is a row for each notification that was opened alone, and a mark for each
time that all were marked: everything up to an id. So marking a thousand writes one row, and
counting the unread looks only at what is newer than the last mark, by index.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api import values
from graphql_api.accounts.models import UserRecord
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput, NotFound, log_fault
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.notifications.choices import Listed, chosen
from graphql_api.notifications.facts import NotificationType as NotificationType  # and of here
from graphql_api.notifications.facts import ReadTold
from graphql_api.notifications.links import path_fault
from graphql_api.notifications.models import NotificationMarkRecord, NotificationReadRecord
from graphql_api.notifications.sending import (
    MESSAGE_MAX,
    READ,
    TITLE_MAX,
    TOPIC,
    Notice,
    Notification,
    announce_all,
    from_row,
    json_of,
    store,
)
from graphql_api.said import said

logger = logging.getLogger(__name__)

DATA_BYTES_MAX = 4_096


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
# One parameter each: the viewer's user id.
_COLUMNS = (
    "n.id, n.type, n.title, n.message, n.data, n.created_at, n.kind, "
    "COALESCE(r.read_at, (SELECT m.read_at FROM notification_mark m "
    "WHERE m.user_id = ? AND m.up_to >= n.id ORDER BY m.up_to LIMIT 1)) AS read_at"
)
_FROM = (
    "FROM notification n LEFT JOIN notification_read r "
    "ON r.notification_id = n.id AND r.user_id = ?"
)
_NEWER_THAN_MARK = (
    "n.id > (SELECT COALESCE(max(up_to), 0) FROM notification_mark WHERE user_id = ?)"
)


def _unread_sql(role: Role, listed: str = "") -> str:
    """How many one user has not read; four parameters, each the user's id. listed: Listed.sql.

    Roles are looked up by all masks that hold the role's bit, so that an index serves. What is
    for one user has the mask 0: nothing is counted twice.
    """
    masks = ", ".join(str(mask) for mask in range(audience.EVERYONE + 1) if mask & role.bit)
    return (
        "WITH mark AS (SELECT COALESCE(max(up_to), 0) AS up_to FROM notification_mark "
        "WHERE user_id = ?) SELECT "
        f"(SELECT count(*) FROM notification n WHERE n.roles IN ({masks}) "
        f"AND n.id > (SELECT up_to FROM mark){listed}) "
        "+ (SELECT count(*) FROM notification n WHERE n.user_id = ? "
        f"AND n.id > (SELECT up_to FROM mark){listed}) "
        "- (SELECT count(*) FROM notification_read r JOIN notification n "
        "ON n.id = r.notification_id WHERE r.user_id = ? "
        "AND r.notification_id > (SELECT up_to FROM mark) "
        f"AND (n.roles IN ({masks}) OR n.user_id = ?){listed})"
    )


_UNREAD = {role: _unread_sql(role) for role in Role}


class Notifications:
    """The use cases of notifications."""

    def __init__(self, reading: Connection, writer: LogWriter) -> None:
        self._reading = reading
        self._writer = writer
        self._send = single(self._send_one)
        self._mark = single(self._mark_one)
        self._mark_everything = single(self._mark_all)

    async def send(self, message: Message) -> Notification:
        """Raises InvalidInput, NotFound (the user)."""
        values.required_text(message.title, ("input", "title"), TITLE_MAX)
        values.required_text(message.message, ("input", "message"), MESSAGE_MAX)
        if message.user_id is not None and message.role is not None:
            raise InvalidInput("Give a user or a role, not both.", ("input", "role"))
        try:
            size = len(json_of(message.data) or "")
        except TypeError:  # a number beyond 64 bits, or nested too deeply
            raise InvalidInput("data cannot be kept as JSON.", ("input", "data")) from None
        if size > DATA_BYTES_MAX:
            raise InvalidInput(
                said("data has at most {most} bytes as JSON.", most=DATA_BYTES_MAX),
                ("input", "data"),
            )
        fault = path_fault(message.data)
        if fault is not None:
            raise InvalidInput(fault, ("input", "data", "path"))
        sent: Notification = await self._writer.submit(self._send, message)
        return sent

    async def mark_read(self, notification_id: int, viewer: Viewer) -> Notification:
        """Note that the viewer has read it; again changes nothing. Raises NotFound."""
        read: Notification = await self._writer.submit(self._mark, _Mark(notification_id, viewer))
        return read

    async def mark_all_read(self, viewer: Viewer) -> int:
        """Note that the viewer has read everything that is there; how many were unread."""
        marked: int = await self._writer.submit(self._mark_everything, viewer)
        return marked

    async def announce(self, notice: Notice) -> Notification:
        """Store what the server has to tell, and tell it."""
        told: Notification = await self._writer.submit(announce_all, notice)
        return told

    async def announce_if_possible(self, notice: Notice) -> None:
        """`announce` what must not fail for want of somebody to tell: a fault is logged."""
        try:
            await self.announce(notice)
        except Exception as error:
            log_fault(logger, error, "cannot tell: %s", notice.title)

    async def page(
        self,
        viewer: Viewer,
        unread_only: bool,
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[Notification]:
        """At most `limit` of the viewer's notifications older than the id `before`, but for
        what they have muted.

        until: newer than this id; backwards: the oldest of them (keyset.py).
        """
        places = keyset("n.id", True, before, until, backwards)
        listed = await _listed(self._reading, viewer)
        rows = await self._reading.rows(
            f"SELECT {_COLUMNS} {_FROM} WHERE {_MINE}{listed}"
            + (f" AND r.read_at IS NULL AND {_NEWER_THAN_MARK}" if unread_only else "")
            + f" AND {places.condition} ORDER BY n.id {places.direction} LIMIT ?",
            viewer.user_id,
            viewer.user_id,
            viewer.role.bit,
            viewer.user_id,
            *([viewer.user_id] if unread_only else []),
            *places.parameters,
            limit,
        )
        return in_order([from_row(row) for row in rows], backwards)

    async def by_ids(self, viewer: Viewer, ids: Sequence[int]) -> dict[int, Notification]:
        """The notifications of `ids` that are for the viewer, muted or not."""
        rows = await self._reading.rows(
            f"SELECT {_COLUMNS} {_FROM} WHERE {_MINE} AND "
            + self._reading.dialect.one_of("n.id", "bigint"),
            viewer.user_id,
            viewer.user_id,
            viewer.role.bit,
            viewer.user_id,
            self._reading.dialect.array(ids),
        )
        return {row[0]: from_row(row) for row in rows}

    async def count(self, viewer: Viewer, unread_only: bool) -> int:
        """How many notifications the viewer has."""
        if unread_only:
            return await self.unread_count(viewer)
        listed = await _listed(self._reading, viewer)
        row = await self._reading.row(
            f"SELECT count(*) FROM notification n WHERE {_MINE}{listed}",
            viewer.role.bit,
            viewer.user_id,
        )
        assert row is not None
        return int(row[0])

    async def unread_count(self, viewer: Viewer) -> int:
        """How many notifications the viewer has not read, but for what they have muted."""
        return await _unread_count(self._reading, viewer)

    async def _send_one(self, transaction: LogTransaction, message: Message) -> Notification:
        roles = audience.EVERYONE if message.role is None else message.role.bit
        if message.user_id is not None:
            roles = audience.NOBODY
            if not await transaction.connection.models(
                UserRecord, lambda users: users.filter(id=message.user_id).exists()
            ):
                raise NotFound("There is no user with this id.", ("input", "userId"))
        notice = Notice(
            message.type, message.title.strip(), message.message.strip(), message.data, roles,
            message.user_id,
        )  # fmt: skip
        return (await store(transaction, [notice]))[0]

    async def _mark_one(self, transaction: LogTransaction, command: _Mark) -> Notification:
        viewer = command.viewer
        row = await transaction.connection.row(
            f"SELECT {_COLUMNS} {_FROM} WHERE n.id = ? AND {_MINE}",
            viewer.user_id,
            viewer.user_id,
            command.id,
            viewer.role.bit,
            viewer.user_id,
        )
        if row is None:
            raise NotFound("There is no notification with this id.", ("id",))
        found = from_row(row)
        if found.read_at is None:
            found.read_at = transaction.entry.now_us
            await transaction.connection.create(
                NotificationReadRecord,
                id=transaction.new_id(),
                notification_id=command.id,
                user_id=viewer.user_id,
                read_at=found.read_at,
            )
            _tell_read(transaction, viewer, command.id)
        return found

    async def _mark_all(self, transaction: LogTransaction, viewer: Viewer) -> int:
        marked = await _unread_count(transaction.connection, viewer)
        if marked:
            # Ids are given out under the log's head: every notification so far has a lower one.
            up_to = transaction.new_id()
            await transaction.connection.create(
                NotificationMarkRecord,
                id=up_to,
                user_id=viewer.user_id,
                up_to=up_to,
                read_at=transaction.entry.now_us,
            )
            _tell_read(transaction, viewer, None)
        return marked


def _tell_read(transaction: LogTransaction, viewer: Viewer, notification_id: int | None) -> None:
    transaction.entry.append(
        Event(
            TOPIC,
            READ,
            notification_id,
            audience.NOBODY,
            viewer.user_id,
            ReadTold(notification_id, transaction.entry.now_us),
        )
    )


async def _listed(connection: Connection, viewer: Viewer) -> str:
    return Listed.of(await chosen(connection, viewer.user_id)).sql


async def _unread_count(connection: Connection, viewer: Viewer) -> int:
    """By index alone for who has muted nothing."""
    listed = await _listed(connection, viewer)
    sql = _unread_sql(viewer.role, listed) if listed else _UNREAD[viewer.role]
    row = await connection.row(sql, *[viewer.user_id] * 4)
    assert row is not None
    return int(row[0])
