"""Edit leases: who alone means to edit an item, for a minute, across all processes.

A lease is granted in the writer's transaction, so of several who ask at once exactly one gets it.
It is advisory: a change without a token goes on as ever, under `expectedVersion`. What it is good
for is fencing: each time that somebody else gets the lease its fence rises, and a change that
presents the token of an older one is refused, however late it comes.

Its holder is a session. Taking it again renews it; another session of the same user takes it
over, with a new fence, so that a closed tab locks nobody out; anybody else waits until it ends.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.accounts import users as accounts
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.clock import SECOND_US
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import LeaseHeld, LeaseLost, NotFound
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.presence.presence import Holder

LEASE_S = 60  # four heartbeats of whoever renews it
LEASES_READ_MAX = 10_000  # live ones, at a start: beyond it they are told when they are renewed
SECRET_BYTES = 16

TOKEN_MAX = 51  # characters: what the pattern below takes at most
_TOKEN = re.compile(r"([0-9]{1,18})-([A-Za-z0-9_-]{1,32})")


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as its holder gets it. token: to be presented with changes."""

    item_id: int
    holder: Holder
    token: str


@dataclass(frozen=True, slots=True)
class _Take:
    item_id: int
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class _Release:
    item_id: int
    user_id: int
    token: str


class Leases:
    """The use cases of edit leases."""

    def __init__(self, reading: Connection, writer: LogWriter) -> None:
        self._reading = reading
        self._writer = writer
        self._take = single(self._take_one)
        self._release = single(self._release_one)

    async def take(self, item_id: int, viewer: Viewer) -> Lease:
        """Get the lease, or renew it. Raises LeaseHeld, NotFound (the item)."""
        lease: Lease = await self._writer.submit(self._take, _Take(item_id, viewer))
        return lease

    async def release(self, item_id: int, user_id: int, token: str) -> None:
        """Give it back; its token is worthless from now on. Raises LeaseLost."""
        await self._writer.submit(self._release, _Release(item_id, user_id, token))

    async def check(
        self, connection: Connection, item_id: int, user_id: int | None, token: str
    ) -> None:
        """Raises LeaseLost unless `token` is of the newest lease of the item, and the user's.

        One that has run out still counts while nobody else got the lease: nothing can have
        happened in between that its holder does not know of.
        """
        if user_id is None or not await _is_newest(connection, item_id, user_id, token):
            raise LeaseLost(
                "The edit lease was lost: it ran out and somebody else got it, or it was given "
                "back. Take it again, read the item, and repeat your change.",
                ("input", "leaseToken"),
            )

    async def live(self, now_us: int, item_ids: Sequence[int] | None = None) -> dict[int, Holder]:
        """Who holds which lease now; item_ids: of these items only."""
        of_these, parameters = "", [now_us]
        dialect = self._reading.dialect
        if item_ids is not None:
            of_these = "AND " + dialect.one_of("l.item_id", "bigint")
            parameters.append(dialect.array(item_ids))
        rows = await self._reading.rows(
            "SELECT l.item_id, l.user_id, u.name, l.session_id, l.expires_at FROM edit_lease l "
            f"JOIN user_account u ON u.id = l.user_id WHERE l.expires_at > ? {of_these} "
            f"ORDER BY l.expires_at DESC LIMIT {LEASES_READ_MAX}",
            *parameters,
        )
        return {row[0]: Holder(row[1], row[2], row[3], row[4]) for row in rows}

    async def _take_one(self, transaction: LogTransaction, command: _Take) -> Lease:
        connection, viewer = transaction.connection, command.viewer
        now_us = transaction.entry.now_us
        await _refuse_unknown(connection, command.item_id, viewer.sees_admins)
        row = await connection.row(
            "SELECT l.fence, l.secret, l.user_id, u.name, l.session_id, l.expires_at "
            "FROM edit_lease l JOIN user_account u ON u.id = l.user_id WHERE l.item_id = ?",
            command.item_id,
        )
        is_live = row is not None and row["expires_at"] > now_us
        if is_live and row is not None and row["user_id"] != viewer.user_id:
            raise LeaseHeld(
                f"{row['name']} is editing this item.", row["name"], row["expires_at"], ("itemId",)
            )
        is_mine = row is not None and row["session_id"] == viewer.session_id
        if row is not None and is_mine and row["secret"]:
            fence, secret = row["fence"], row["secret"]
        else:
            fence = 1 if row is None else row["fence"] + 1
            secret = secrets.token_urlsafe(SECRET_BYTES)
        expires_at_us = now_us + LEASE_S * SECOND_US
        await _store(connection, command, fence, secret, expires_at_us)
        found = await connection.row("SELECT name FROM user_account WHERE id = ?", viewer.user_id)
        assert found is not None
        holder = Holder(viewer.user_id, found["name"], viewer.session_id, expires_at_us)
        return Lease(command.item_id, holder, f"{fence}-{secret}")

    async def _release_one(self, transaction: LogTransaction, command: _Release) -> None:
        connection = transaction.connection
        if not await _is_newest(connection, command.item_id, command.user_id, command.token):
            raise LeaseLost("This is not the newest edit lease of the item.", ("token",))
        await connection.change(
            "UPDATE edit_lease SET expires_at = 0, secret = '' WHERE item_id = ?", command.item_id
        )


async def _refuse_unknown(connection: Connection, item_id: int, sees_admins: bool) -> None:
    row = await connection.row(
        "SELECT admins_only FROM item WHERE id = ? AND deleted_at IS NULL", item_id
    )
    if row is None or (row["admins_only"] and not sees_admins):
        raise NotFound(f"There is no item with id {item_id}.", ("itemId",))


async def _is_newest(connection: Connection, item_id: int, user_id: int, token: str) -> bool:
    parts = _TOKEN.fullmatch(token) if len(token) <= TOKEN_MAX else None
    row = await connection.row(
        "SELECT fence, secret, user_id FROM edit_lease WHERE item_id = ?", item_id
    )
    if parts is None or row is None:
        return False
    return (
        row["fence"] == int(parts[1])
        and row["user_id"] == user_id
        and bool(row["secret"])
        and hmac.compare_digest(row["secret"], parts[2])
    )


async def _store(
    connection: Connection, command: _Take, fence: int, secret: str, expires_at_us: int
) -> None:
    await connection.change(
        "INSERT INTO edit_lease (item_id, fence, secret, user_id, session_id, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (item_id) DO UPDATE SET fence = excluded.fence, "
        "secret = excluded.secret, user_id = excluded.user_id, "
        "session_id = excluded.session_id, expires_at = excluded.expires_at",
        command.item_id,
        fence,
        secret,
        command.viewer.user_id,
        command.viewer.session_id,
        expires_at_us,
    )


async def react(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """A reactor: leases end with the session or the right that they were granted to."""
    for event in events:
        if event.topic != accounts.TOPIC:
            continue
        if event.kind == accounts.SESSION_ENDED:
            await transaction.connection.change(
                "UPDATE edit_lease SET expires_at = 0, secret = '' WHERE session_id = ?",
                event.subject,
            )
        elif event.kind == accounts.USER_CHANGED:
            assert event.subject is not None
            await _end_of_user(transaction.connection, event.subject)


async def _end_of_user(connection: Connection, user_id: int) -> None:
    """End the leases that this user may not have any more, as the account stands now."""
    await connection.change(
        "UPDATE edit_lease SET expires_at = 0, secret = '' WHERE user_id = ? AND ("
        "EXISTS (SELECT 1 FROM user_account u WHERE u.id = edit_lease.user_id "
        "AND (u.role = ? OR NOT u.active)) OR EXISTS (SELECT 1 FROM session s "
        "WHERE s.id = edit_lease.session_id AND s.ended_at IS NOT NULL) OR ("
        "NOT EXISTS (SELECT 1 FROM user_account u WHERE u.id = edit_lease.user_id "
        "AND u.role = ?) AND EXISTS (SELECT 1 FROM item i "
        "WHERE i.id = edit_lease.item_id AND i.admins_only = 1)))",
        user_id,
        Role.VIEWER.value,
        Role.ADMIN.value,
    )


__all__ = ["LEASE_S", "Lease", "Leases", "react"]
