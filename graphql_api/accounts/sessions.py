"""Sessions: signing in, refreshing, signing out, and who a token stands for right now.

A token names a session; what the session's user may do is looked up as it is now: standings.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.accounts import rotation
from graphql_api.accounts.attempts import network_of
from graphql_api.accounts.credentials import WRONG, Caller, Credentials, Proved, unchanged
from graphql_api.accounts.facts import SessionEnded, UserChanged
from graphql_api.accounts.failures import Failure, Failures
from graphql_api.accounts.models import RefreshTokenRecord, SessionRecord, UserRecord
from graphql_api.accounts.passwords import Passwords, check_password
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.rotation import Rotate, Rotated
from graphql_api.accounts.session_rows import COLUMNS_OF_SESSIONS, Session
from graphql_api.accounts.standings import Standings
from graphql_api.accounts.tokens import TokenRefused, Tokens, hash_refresh_token, new_refresh_token
from graphql_api.accounts.users import (
    COLUMNS,
    SESSION_ENDED,
    TOPIC,
    USER_CHANGED,
    User,
    end_sessions_of,
    user_from_row,
)
from graphql_api.clock import DAY_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import InvalidCredentials, InvalidInput, NotFound, Unauthenticated
from graphql_api.events.log import Event, LogTransaction, LogWriter


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What signing in or refreshing gives."""

    access_token: str
    refresh_token: str
    expires_at_us: int
    user: User
    session_id: int


@dataclass(frozen=True, slots=True)
class _Open:
    """Open a session for who proved the password. address: where, as it is counted; device: what
    with, as it says itself."""

    proved: Proved
    token_hash: str
    address: str
    device: str


@dataclass(frozen=True, slots=True)
class _Renew:
    """Set a new password, from the session that stays. token_hash: of its new refresh token."""

    proved: Proved
    session_id: int
    password_hash: str
    token_hash: str


@dataclass(frozen=True, slots=True)
class _End:
    """user_id: whose session it must be; None: anybody's."""

    session_id: int
    user_id: int | None = None


class Sessions:
    """The use cases of sessions."""

    def __init__(
        self,
        reading: Connection,
        writer: LogWriter,
        passwords: Passwords,
        tokens: Tokens,
        clock: Clock,
        refresh_token_days: int,
        failures: Failures | None = None,
    ) -> None:
        self._reading = reading
        self._clock = clock
        self._writer = writer
        self._passwords = passwords
        self._tokens = tokens
        self._failures = failures or Failures()
        self.credentials = Credentials(reading, passwords, clock, self._failures)
        self._refresh_us = refresh_token_days * DAY_US
        self.standings = Standings(reading)
        self._open = single(self._open_one)
        self._renew = single(self._renew_one)
        self._rotate = single(self._rotate_one)
        self._end = single(self._end_one)
        self._end_live = single(self._end_live_one)

    async def log_in(self, email: str, password: str, caller: Caller = Caller()) -> SignedIn:  # noqa: B008  # frozen
        """Open a session. Raises InvalidCredentials, also while the wait after wrong passwords
        lasts, and RateLimited when too many sign in."""
        proved = await self.credentials.of_email(email, password, caller)
        refresh_token, token_hash = new_refresh_token()
        opened: tuple[User, int] | None = await self._writer.submit(
            self._open, _Open(proved, token_hash, network_of(caller.address), caller.device)
        )
        if opened is None:
            self._failures.note(Failure.SESSION_REFUSED, caller.address, proved.user.id)
            raise InvalidCredentials(WRONG)
        return self._signed_in(*opened, refresh_token)

    async def change_password(
        self, viewer: Viewer, current: str, new: str, address: str = ""
    ) -> SignedIn:
        """Set the viewer's password; all other sessions end, this one gets new tokens.

        Raises InvalidCredentials (the current one is wrong), InvalidInput, RateLimited.
        """
        caller = Caller(address, viewer.user_id, viewer.session_id)
        row = await self._reading.row(
            f"SELECT {COLUMNS} FROM user_account WHERE id = ?", viewer.user_id
        )
        if row is None:
            raise Unauthenticated("The session has ended; sign in again.")
        user = user_from_row(row)
        field = ("input", "newPassword")
        await asyncio.to_thread(check_password, new, field, (user.email, user.name))
        try:
            proved = await self.credentials.of_user(user, current, caller)
        except InvalidCredentials as refusal:
            refusal.field = ("input", "currentPassword")
            if refusal.message == WRONG:
                refusal.message = "The current password is wrong."
            raise
        if new == current:
            raise InvalidInput("The new password is the current one.", field)
        token, token_hash = new_refresh_token()
        command = _Renew(proved, viewer.session_id, await self._passwords.hash(new), token_hash)
        renewed: User | None = await self._writer.submit(self._renew, command)
        if renewed is None:
            self._failures.note(Failure.SESSION_REFUSED, address, viewer.user_id)
            raise InvalidCredentials("The account was changed meanwhile: sign in again.")
        return self._signed_in(renewed, viewer.session_id, token)

    async def refresh(self, refresh_token: str, address: str = "") -> SignedIn:
        """Trade a refresh token for new tokens. For 30 s the one before the current is taken too,
        for a further successor; one that is older ends its whole session.

        Raises InvalidCredentials.
        """
        new_token, new_hash = new_refresh_token()
        rotated: Rotated = await self._writer.submit(
            self._rotate, Rotate(hash_refresh_token(refresh_token), new_hash)
        )
        if rotated.user is None:
            kind = Failure.REFRESH_REUSED if rotated.was_reused else Failure.REFRESH_REFUSED
            self._failures.note(kind, address, rotated.user_id or "unknown")
            raise InvalidCredentials("The refresh token is not valid: sign in again.")
        return self._signed_in(rotated.user, rotated.session_id, new_token)

    async def log_out(self, session_id: int) -> None:
        """End the session; its tokens are worthless from now on."""
        await self._writer.submit(self._end, _End(session_id))

    async def end(self, session_id: int, user_id: int | None) -> Session:
        """End a live session, of `user_id` if that is given; as it was. Raises NotFound."""
        session: Session = await self._writer.submit(self._end_live, _End(session_id, user_id))
        return session

    async def page(
        self,
        user_id: int | None,
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[Session]:
        """At most `limit` live sessions older than the id `before`, newest first; user_id None:
        of everybody. until: newer than this id; backwards: the oldest of them (keyset.py)."""
        condition, parameters = self._live(user_id)
        places = keyset("id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {COLUMNS_OF_SESSIONS} FROM session WHERE {condition} AND {places.condition} "
            f"ORDER BY id {places.direction} LIMIT ?",
            *parameters,
            *places.parameters,
            limit,
        )
        return in_order([Session(*row) for row in rows], backwards)

    async def by_ids(self, ids: Sequence[int], user_id: int | None) -> dict[int, Session]:
        """The live sessions of `ids`, of one user or of everybody."""
        condition, parameters = self._live(user_id)
        rows = await self._reading.rows(
            f"SELECT {COLUMNS_OF_SESSIONS} FROM session WHERE {condition} AND "
            + self._reading.dialect.one_of("id", "bigint"),
            *parameters,
            self._reading.dialect.array(ids),
        )
        return {row[0]: Session(*row) for row in rows}

    async def count(self, user_id: int | None) -> int:
        """How many live sessions there are, of one user or of everybody."""
        condition, parameters = self._live(user_id)
        row = await self._reading.row(
            f"SELECT count(*) FROM session WHERE {condition}", *parameters
        )
        assert row is not None
        return int(row[0])

    def _live(self, user_id: int | None) -> tuple[str, list[int]]:
        """The condition for sessions that have neither ended nor expired, and its parameters."""
        condition, parameters = "ended_at IS NULL AND expires_at > ?", [self._clock.now_us()]
        if user_id is not None:
            condition += " AND user_id = ?"
            parameters.append(user_id)
        return condition, parameters

    async def viewer_of(self, token: str) -> Viewer:
        """Who the access token stands for now. Raises TokenRefused."""
        access = self._tokens.read(token)
        standing = await self.standings.of(access.session_id)
        if standing.role is None or standing.user_id != access.user_id:
            raise TokenRefused("The session has ended; sign in again.", access.user_id)
        return Viewer(access.user_id, access.session_id, standing.role, access.expires_at_us)

    async def role_now(self, session_id: int) -> Role | None:
        """The role of the session's user now; None when the session or the account has ended."""
        return (await self.standings.of(session_id)).role

    def _signed_in(self, user: User, session_id: int, refresh_token: str) -> SignedIn:
        token, expires_at_us = self._tokens.issue(user.id, session_id)
        return SignedIn(token, refresh_token, expires_at_us, user, session_id)

    async def _open_one(
        self, transaction: LogTransaction, command: _Open
    ) -> tuple[User, int] | None:
        """The user as of now and the session; None when the account is not as it was proved."""
        user = await unchanged(transaction, command.proved)
        if user is None:
            return None
        now_us = transaction.entry.now_us
        session_id = transaction.new_id()
        await transaction.connection.create(
            SessionRecord,
            id=session_id,
            user_id=user.id,
            created_at=now_us,
            expires_at=now_us + self._refresh_us,
            address=command.address,
            device=command.device or None,
        )
        await rotation.keep(transaction, command.token_hash, session_id, None)
        return user, session_id

    async def _renew_one(self, transaction: LogTransaction, command: _Renew) -> User | None:
        """The user as of now; None when the account or the session is not as it was."""
        user = await unchanged(transaction, command.proved)
        if user is None:
            return None
        now_us, connection = transaction.entry.now_us, transaction.connection
        alive = await connection.models(
            SessionRecord,
            lambda sessions: sessions.filter(
                id=command.session_id, user_id=user.id, ended_at=None, expires_at__gt=now_us
            ).update(expires_at=now_us + self._refresh_us),
        )
        if not alive:
            return None
        await connection.models(
            UserRecord,
            lambda users: users.filter(id=user.id).update(password_hash=command.password_hash),
        )
        await end_sessions_of(transaction, user.id, but=command.session_id)
        # Whoever has an older refresh token of this session has nothing any more.
        await connection.models(
            RefreshTokenRecord,
            lambda tokens: tokens.filter(session_id=command.session_id).delete(),
        )
        await rotation.keep(transaction, command.token_hash, command.session_id, None)
        transaction.entry.append(
            Event(TOPIC, USER_CHANGED, user.id, audience.NOBODY, None, UserChanged(user.id))
        )
        return user

    async def _rotate_one(self, transaction: LogTransaction, command: Rotate) -> Rotated:
        rotated = await rotation.rotate(transaction, command, self._refresh_us)
        if rotated.was_reused:
            await self._end_one(transaction, _End(rotated.session_id))
        return rotated

    async def _end_live_one(self, transaction: LogTransaction, command: _End) -> Session:
        row = await transaction.connection.row(
            f"SELECT {COLUMNS_OF_SESSIONS} FROM session "
            "WHERE id = ? AND ended_at IS NULL AND expires_at > ?",
            command.session_id,
            transaction.entry.now_us,
        )
        session = Session(*row) if row else None
        if session is None or command.user_id not in (None, session.user_id):
            raise NotFound("There is no live session with this id.", ("id",))
        await self._end_one(transaction, command)
        return session

    async def _end_one(self, transaction: LogTransaction, command: _End) -> None:
        now_us = transaction.entry.now_us
        changed = await transaction.connection.models(
            SessionRecord,
            lambda sessions: sessions.filter(id=command.session_id, ended_at=None).update(
                ended_at=now_us
            ),
        )
        if changed:
            transaction.entry.append(
                Event(
                    TOPIC,
                    SESSION_ENDED,
                    command.session_id,
                    audience.NOBODY,
                    None,
                    SessionEnded(command.session_id),
                )
            )
