"""Web Push: who wants alerts on a browser that nobody looks at, and with which keys.

A subscription belongs to the session that made it and goes with it: a reactor removes it in the
transaction that ends the session, and one whose session has expired is never sent to. How
messages are sent, and what is promised of them, stands in push_deliveries.py; where they may go
in push_endpoints.py.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql_api.accounts.models import SessionRecord
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.users import TOPIC as ACCOUNTS_TOPIC
from graphql_api.alerts.rules import Severity
from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import InvalidInput, InvalidTransition, NotFound, Unavailable
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.notifications import web_push
from graphql_api.notifications.models import PushSubscriptionRecord
from graphql_api.notifications.push_endpoints import endpoint_fault
from graphql_api.said import said
from graphql_api.settings import Settings, is_contact
from graphql_api.texts.languages import Language, stored

if TYPE_CHECKING:
    from graphql_api.notifications.push_service import WebPush

AUTH_BYTES = 16  # RFC 8291 3.2
SECRET_NAME = "vapid"  # noqa: S105  # a row's name in server_secret
SUBJECT_DEFAULT = "mailto:admin@localhost"
# From the few subscriptions to their sessions, not from the many sessions.
_SESSION = "EXISTS (SELECT 1 FROM session s WHERE s.id = push_subscription.session_id"


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A browser of the viewer's that gets pushes, from which severity on."""

    endpoint: str
    min_severity: Severity
    created_at: int


@dataclass(frozen=True, slots=True)
class Registration:
    """A command: send alerts there. p256dh, auth: the browser's keys, base64url. language: of the
    words, while the account has none; None: English. The same endpoint again replaces what was
    registered, whoever did it: it is the same browser."""

    endpoint: str
    p256dh: str
    auth: str
    min_severity: Severity
    viewer: Viewer
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class _Withdrawal:
    endpoint: str
    user_id: int


class Push:
    """The use cases of push subscriptions."""

    def __init__(
        self, reading: Connection, writer: LogWriter, clock: Clock, settings: Settings
    ) -> None:
        self._reading = reading
        self._writer = writer
        self._clock = clock
        self._given_key = settings.vapid_private_key
        self._subject = settings.vapid_subject or next(
            (origin for origin in settings.frontend_url if is_contact(origin)), SUBJECT_DEFAULT
        )
        self._public_only = settings.is_production
        self._per_user_max = settings.push_subscriptions_per_user_max
        self._private_key: str | None = None
        self._old_key: str | None = None  # of the log before: put back if the database has none
        self._register = single(self._register_one)
        self._withdraw = single(self._withdraw_one)
        self._keep_key = single(_keep_key)
        self._tidy = single(_tidy_some)
        self.is_available = web_push.is_installed()

    async def public_key(self) -> str | None:
        """What browsers subscribe with, base64url; None when push is not available."""
        if not self.is_available:
            return None
        library, key = await self._library(), await self._key()
        return library.public_key_of(key)

    def begin_anew(self) -> None:
        """The database went back: it may not have our key any more, or another one."""
        self._old_key, self._private_key = self._private_key or self._old_key, None

    async def sender(self) -> WebPush:
        """What sends messages under this server's key; close it."""
        library = await self._library()
        return library(await self._key(), self._subject, self._public_only, self._clock)

    async def subscriptions(self, viewer: Viewer) -> list[PushSubscription]:
        """The viewer's own, of sessions that are open, oldest first."""
        found = await self._reading.models(
            PushSubscriptionRecord, lambda all_: all_.filter(user_id=viewer.user_id).order_by("id")
        )
        return [_subscription(record) for record in found]

    async def register(self, command: Registration) -> PushSubscription:
        """Send alerts there from now on, until the viewer's session ends. Beyond
        PUSH_SUBSCRIPTIONS_PER_USER_MAX the oldest gives way. Raises InvalidInput, Unavailable."""
        if not self.is_available:
            raise Unavailable(
                "Push is not available: this server lacks the extra push "
                "(pip install 'realtime-inventory-api[push]')."
            )
        fault = endpoint_fault(command.endpoint, self._public_only)
        if fault is not None:
            raise InvalidInput(
                said("endpoint cannot be used: {fault}.", fault=fault), ("input", "endpoint")
            )
        key = _decoded(command.p256dh)
        library = await self._library()
        if key is None or not library.is_public_key(key):
            raise InvalidInput(
                "p256dh must be a point of P-256, 65 bytes as base64url.", ("input", "p256dh")
            )
        secret = _decoded(command.auth)
        if secret is None or len(secret) != AUTH_BYTES:
            raise InvalidInput("auth must be 16 bytes as base64url.", ("input", "auth"))
        made: PushSubscription = await self._writer.submit(self._register, command)
        return made

    async def unregister(self, endpoint: str, viewer: Viewer) -> PushSubscription:
        """Send nothing there any more; what was registered. Raises NotFound."""
        ended: PushSubscription = await self._writer.submit(
            self._withdraw, _Withdrawal(endpoint, viewer.user_id)
        )
        return ended

    async def tidy(self) -> int:
        """Remove the subscriptions whose session has expired; how many. The scheduler calls."""
        removed: int = await self._writer.submit(self._tidy, None)
        return removed

    async def _key(self) -> str:
        """The private key: the one that was given, or the one that the database keeps."""
        if self._private_key is None:
            library = await self._library()
            self._private_key = self._given_key or await self._writer.submit(
                self._keep_key, self._old_key or library.new_private_key()
            )
        return self._private_key

    async def _library(self) -> type[WebPush]:
        """Loading it the first time takes long enough to be felt by every socket."""
        return await asyncio.to_thread(web_push.library)

    async def _register_one(
        self, transaction: LogTransaction, command: Registration
    ) -> PushSubscription:
        connection, viewer = transaction.connection, command.viewer
        is_open = await connection.models(
            SessionRecord,
            lambda sessions: sessions.filter(id=viewer.session_id, ended_at=None).exists(),
        )
        if not is_open:
            raise InvalidTransition("The session has ended; sign in again.")
        await _begin_at(connection, transaction.entry.head.position)
        hashed = _hash(command.endpoint)
        await _forget(connection, hashed)
        await connection.create(
            PushSubscriptionRecord,
            id=transaction.new_id(),
            user_id=viewer.user_id,
            session_id=viewer.session_id,
            endpoint=command.endpoint,
            endpoint_hash=hashed,
            p256dh=command.p256dh.rstrip("="),
            auth=command.auth.rstrip("="),
            min_severity=int(command.min_severity),
            language=stored(command.language),
            created_at=transaction.entry.now_us,
        )
        await connection.change(
            "DELETE FROM push_subscription WHERE user_id = ? AND id NOT IN "
            "(SELECT id FROM push_subscription WHERE user_id = ? ORDER BY id DESC LIMIT ?)",
            viewer.user_id,
            viewer.user_id,
            self._per_user_max,
        )
        return PushSubscription(command.endpoint, command.min_severity, transaction.entry.now_us)

    async def _withdraw_one(
        self, transaction: LogTransaction, command: _Withdrawal
    ) -> PushSubscription:
        connection, hashed = transaction.connection, _hash(command.endpoint)
        found = await connection.models(
            PushSubscriptionRecord,
            lambda all_: all_.get_or_none(endpoint_hash=hashed, user_id=command.user_id),
        )
        if found is None:
            raise NotFound("You have no push subscription with this endpoint.", ("endpoint",))
        await _forget(connection, hashed)
        return _subscription(found)


async def _forget(connection: Connection, endpoint_hash: str) -> None:
    await connection.models(
        PushSubscriptionRecord, lambda all_: all_.filter(endpoint_hash=endpoint_hash).delete()
    )


async def forget_ended(transaction: LogTransaction, events: Sequence[Event]) -> None:
    """A reactor: subscriptions go with their session, in the transaction that ends it."""
    if any(event.topic == ACCOUNTS_TOPIC for event in events):
        await transaction.connection.change(
            f"DELETE FROM push_subscription WHERE {_SESSION} AND s.ended_at IS NOT NULL)"
        )


async def _tidy_some(transaction: LogTransaction, _: None) -> int:
    return await transaction.connection.change(
        f"DELETE FROM push_subscription WHERE {_SESSION} "
        "AND (s.ended_at IS NOT NULL OR s.expires_at <= ?))",
        transaction.entry.now_us,
    )


async def _begin_at(connection: Connection, position: int) -> None:
    """The first subscriber hears of what comes, not of what was while nobody listened."""
    await connection.change(
        "INSERT INTO push_position (id, position) VALUES (1, ?) ON CONFLICT (id) DO NOTHING",
        position,
    )
    await connection.change(
        "UPDATE push_position SET position = ? WHERE id = 1 AND position < ? "
        "AND NOT EXISTS (SELECT 1 FROM push_subscription)",
        position,
        position,
    )


async def _keep_key(transaction: LogTransaction, fresh: str) -> str:
    """The database's own key: the first one that any process made."""
    connection = transaction.connection
    await connection.change(
        "INSERT INTO server_secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        SECRET_NAME,
        fresh,
    )
    row = await connection.row("SELECT value FROM server_secret WHERE name = ?", SECRET_NAME)
    assert row is not None
    return str(row["value"])


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode(errors="replace")).hexdigest()


def _decoded(text: str) -> bytes | None:
    """base64url, padded or not; None when it is not."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None


def _subscription(record: PushSubscriptionRecord) -> PushSubscription:
    return PushSubscription(record.endpoint, Severity(record.min_severity), record.created_at)
