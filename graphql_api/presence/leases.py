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
from graphql_api.accounts.models import UserRecord
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.clock import SECOND_US
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import LeaseHeld, LeaseLost, NotFound
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.presence.models import EditLeaseRecord
from graphql_api.presence.presence import Holder
from graphql_api.said import said

LEASE_S = 60  # four heartbeats of whoever renews it
LEASES_READ_MAX = 10_000  # live ones, at a start: beyond it they are told when they are renewed
SECRET_BYTES = 16

TOKEN_MAX = 51  # characters: what the pattern below takes at most
_GIVEN_BACK = {"expires_at": 0, "secret": ""}  # its fence stays
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
        # By hand: asked for each list of items that shows who edits them. 41 µs, not 327.
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
        newest = await connection.models(
            EditLeaseRecord,
            lambda leases: leases.select_related("user").get_or_none(item_id=command.item_id),
        )
        if newest and newest.expires_at > now_us and newest.user.id != viewer.user_id:
            name = newest.user.name
            raise LeaseHeld(
                said("{name} is editing this item.", name=name),
                name,
                newest.expires_at,
                ("itemId",),
            )
        if newest and newest.session_id == viewer.session_id and newest.secret:
            fence, secret = newest.fence, newest.secret
        else:
            fence = 1 if newest is None else newest.fence + 1
            secret = secrets.token_urlsafe(SECRET_BYTES)
        expires_at_us = now_us + LEASE_S * SECOND_US
        await _store(connection, command, fence, secret, expires_at_us)
        user = await connection.models(UserRecord, lambda users: users.get(id=viewer.user_id))
        holder = Holder(viewer.user_id, user.name, viewer.session_id, expires_at_us)
        return Lease(command.item_id, holder, f"{fence}-{secret}")

    async def _release_one(self, transaction: LogTransaction, command: _Release) -> None:
        connection = transaction.connection
        if not await _is_newest(connection, command.item_id, command.user_id, command.token):
            raise LeaseLost("This is not the newest edit lease of the item.", ("token",))
        await connection.models(
            EditLeaseRecord,
            lambda leases: leases.filter(item_id=command.item_id).update(**_GIVEN_BACK),
        )


async def _refuse_unknown(connection: Connection, item_id: int, sees_admins: bool) -> None:
    row = await connection.row(
        "SELECT admins_only FROM item WHERE id = ? AND deleted_at IS NULL", item_id
    )
    if row is None or (row["admins_only"] and not sees_admins):
        raise NotFound(said("There is no item with id {item_id}.", item_id=item_id), ("itemId",))


async def _is_newest(connection: Connection, item_id: int, user_id: int, token: str) -> bool:
    parts = _TOKEN.fullmatch(token) if len(token) <= TOKEN_MAX else None
    newest = await connection.models(
        EditLeaseRecord, lambda leases: leases.get_or_none(item_id=item_id, user_id=user_id)
    )
    if parts is None or newest is None:
        return False
    return (
        newest.fence == int(parts[1])
        and bool(newest.secret)
        and hmac.compare_digest(newest.secret, parts[2])
    )


async def _store(
    connection: Connection, command: _Take, fence: int, secret: str, expires_at_us: int
) -> None:
    """By hand: added or changed, in one statement."""
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
            await _end_of_session(transaction.connection, event.subject)
        elif event.kind == accounts.USER_CHANGED:
            assert event.subject is not None
            await _end_of_user(transaction.connection, event.subject)


async def _end_of_session(connection: Connection, session_id: int | None) -> None:
    await connection.models(
        EditLeaseRecord, lambda leases: leases.filter(session_id=session_id).update(**_GIVEN_BACK)
    )


async def _end_of_user(connection: Connection, user_id: int) -> None:
    """End the leases that this user may not have any more, as the account stands now. By hand: one
    statement over four tables."""
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
