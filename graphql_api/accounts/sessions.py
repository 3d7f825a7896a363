"""Sessions: signing in, refreshing, signing out, and who a token stands for right now.

A token names a session; what the session's user may do is looked up as it is now. The answers
are remembered, and forgotten when the log says that a user changed or a session ended, so
that asking costs nothing and a change acts at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from graphql_api import values
from graphql_api.accounts.passwords import PASSWORD_MAX, Passwords
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.tokens import Tokens, hash_refresh_token, new_refresh_token
from graphql_api.accounts.users import (
    COLUMNS,
    EMAIL_MAX,
    SESSION_ENDED,
    TOPIC,
    USER_CHANGED,
    User,
    user_from_row,
)
from graphql_api.clock import DAY_US, SECOND_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import InvalidCredentials, NotFound, Unauthenticated
from graphql_api.events.log import Event, LogTransaction, LogWriter

REMEMBERED_MAX = 20_000  # sessions; the least recently used are asked for again
FREE_ATTEMPTS = 5  # wrong passwords before an account's delay begins
DELAY_MAX_S = 300
ATTEMPTS_REMEMBERED_MAX = 10_000  # accounts with a failed attempt

_SESSION_COLUMNS = (
    "id, user_id, created_at, (SELECT max(issued_at) FROM refresh_token "
    "WHERE refresh_token.session_id = session.id), expires_at"
)
_WRONG = "Email or password is wrong."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What signing in or refreshing gives."""

    access_token: str
    refresh_token: str
    expires_at_us: int
    user: User
    session_id: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a session stands for, as remembered. role None: it has ended."""

    user_id: int
    role: Role | None


@dataclass(frozen=True, slots=True)
class _Open:
    user_id: int
    token_hash: str


@dataclass(frozen=True, slots=True)
class _Rotate:
    old_hash: str
    new_hash: str


@dataclass(frozen=True, slots=True)
class _Rotated:
    """user None: refused; the family was ended if the token had been used before."""

    user: User | None
    session_id: int = 0


@dataclass(frozen=True, slots=True)
class _End:
    """user_id: whose session it must be; None: anybody's."""

    session_id: int
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that has not ended. last_used_at_us: when its newest tokens were given out, so
    it was last used up to an access token's life later."""

    id: int
    user_id: int
    created_at_us: int
    last_used_at_us: int | None
    expires_at_us: int


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
    ) -> None:
        self._reading = reading
        self._clock = clock
        self._writer = writer
        self._passwords = passwords
        self._tokens = tokens
        self._attempts = _Attempts(clock)
        self._refresh_us = refresh_token_days * DAY_US
        self._standings: OrderedDict[int, _Standing] = OrderedDict()
        self._forgotten = 0  # counts invalidations, so that an answer read before one is not kept
        self._open = single(self._open_one)
        self._rotate = single(self._rotate_one)
        self._end = single(self._end_one)
        self._end_live = single(self._end_live_one)

    async def log_in(self, email: str, password: str) -> SignedIn:
        """Open a session. Raises InvalidCredentials, also while the account's delay lasts."""
        key = values.lookup_key(email, EMAIL_MAX)
        if key == values.NO_KEY:  # no account can have it: nothing to compare, nothing to delay
            raise InvalidCredentials(_WRONG)
        async with self._attempts.one_by_one(key):
            user = await self._checked(key, password)
        refresh_token, token_hash = new_refresh_token()
        session_id: int = await self._writer.submit(self._open, _Open(user.id, token_hash))
        return self._signed_in(user, session_id, refresh_token)

    async def _checked(self, key: str, password: str) -> User:
        """The user whose password this is. Raises InvalidCredentials."""
        self._attempts.refuse_early(key)
        row = await self._reading.row(
            f"SELECT {COLUMNS}, password_hash FROM user_account WHERE email_key = ?", key
        )
        user = user_from_row(row) if row else None
        known_hash = row["password_hash"] if row and user and user.active else None
        if not await self._passwords.verify(password[: PASSWORD_MAX + 1], known_hash):
            self._attempts.failed(key)
            raise InvalidCredentials(_WRONG)
        assert user is not None
        self._attempts.succeeded(key)
        return user

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Trade a refresh token for new tokens. A token used twice ends its whole session.

        Raises InvalidCredentials.
        """
        new_token, new_hash = new_refresh_token()
        rotated: _Rotated = await self._writer.submit(
            self._rotate, _Rotate(hash_refresh_token(refresh_token), new_hash)
        )
        if rotated.user is None:
            raise InvalidCredentials("The refresh token is not valid: sign in again.")
        return self._signed_in(rotated.user, rotated.session_id, new_token)

    async def log_out(self, session_id: int) -> None:
        """End the session; its tokens are worthless from now on."""
        await self._writer.submit(self._end, _End(session_id))

    async def end(self, session_id: int, user_id: int | None) -> Session:
        """End a live session, of `user_id` if that is given; as it was. Raises NotFound."""
        session: Session = await self._writer.submit(self._end_live, _End(session_id, user_id))
        return session

    async def page(self, user_id: int | None, limit: int, before: int | None) -> list[Session]:
        """At most `limit` live sessions older than the id `before`, newest first; user_id None:
        of everybody."""
        condition, parameters = self._live(user_id)
        if before is not None:
            condition += " AND id < ?"
            parameters.append(before)
        rows = await self._reading.rows(
            f"SELECT {_SESSION_COLUMNS} FROM session WHERE {condition} ORDER BY id DESC LIMIT ?",
            *parameters,
            limit,
        )
        return [Session(*row) for row in rows]

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
        """Who the access token stands for now. Raises Unauthenticated."""
        access = self._tokens.read(token)
        standing = await self._standing(access.session_id)
        if standing.role is None or standing.user_id != access.user_id:
            raise Unauthenticated("The session has ended; sign in again.")
        return Viewer(access.user_id, access.session_id, standing.role, access.expires_at_us)

    async def role_now(self, session_id: int) -> Role | None:
        """The role of the session's user now; None when the session or the account has ended."""
        return (await self._standing(session_id)).role

    def heed(self, events: Sequence[Event]) -> None:
        """Forget what these events of the log made stale. The hub calls it for every event."""
        for event in events:
            if event.topic != TOPIC:
                continue
            self._forgotten += 1
            if event.kind == SESSION_ENDED:
                self._standings.pop(event.payload["sessionId"], None)
            elif event.kind == USER_CHANGED:
                user_id = event.payload["userId"]
                for session_id in [
                    s for s, standing in self._standings.items() if standing.user_id == user_id
                ]:
                    del self._standings[session_id]

    async def _standing(self, session_id: int) -> _Standing:
        known = self._standings.get(session_id)
        if known is not None:
            self._standings.move_to_end(session_id)
            return known
        forgotten = self._forgotten
        row = await self._reading.row(
            "SELECT s.user_id, s.ended_at, u.role, u.active FROM session s "
            "JOIN user_account u ON u.id = s.user_id WHERE s.id = ?",
            session_id,
        )
        if row is None:
            return _Standing(0, None)
        is_open = row["ended_at"] is None and bool(row["active"])
        standing = _Standing(row["user_id"], Role(row["role"]) if is_open else None)
        if forgotten == self._forgotten:
            self._standings[session_id] = standing
            if len(self._standings) > REMEMBERED_MAX:
                self._standings.popitem(last=False)
        return standing

    def _signed_in(self, user: User, session_id: int, refresh_token: str) -> SignedIn:
        token, expires_at_us = self._tokens.issue(user.id, session_id)
        return SignedIn(token, refresh_token, expires_at_us, user, session_id)

    async def _open_one(self, transaction: LogTransaction, command: _Open) -> int:
        now_us = transaction.entry.now_us
        session_id = transaction.new_id()
        await transaction.connection.change(
            "INSERT INTO session (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
            session_id,
            command.user_id,
            now_us,
            now_us + self._refresh_us,
        )
        await _keep(transaction, command.token_hash, session_id)
        return session_id

    async def _rotate_one(self, transaction: LogTransaction, command: _Rotate) -> _Rotated:
        now_us = transaction.entry.now_us
        row = await transaction.connection.row(
            "SELECT t.session_id, t.used_at, s.ended_at, s.expires_at, s.user_id "
            "FROM refresh_token t JOIN session s ON s.id = t.session_id WHERE t.token_hash = ?",
            command.old_hash,
        )
        if row is None or row["ended_at"] is not None or row["expires_at"] <= now_us:
            return _Rotated(None)
        session_id = row["session_id"]
        if row["used_at"] is not None:
            await self._end_one(transaction, _End(session_id))
            return _Rotated(None)
        found = await transaction.connection.row(
            f"SELECT {COLUMNS} FROM user_account WHERE id = ?", row["user_id"]
        )
        user = user_from_row(found) if found else None
        if user is None or not user.active:
            return _Rotated(None)
        await transaction.connection.change(
            "UPDATE refresh_token SET used_at = ? WHERE token_hash = ?", now_us, command.old_hash
        )
        await transaction.connection.change(
            "UPDATE session SET expires_at = ? WHERE id = ?", now_us + self._refresh_us, session_id
        )
        await _keep(transaction, command.new_hash, session_id)
        return _Rotated(user, session_id)

    async def _end_live_one(self, transaction: LogTransaction, command: _End) -> Session:
        row = await transaction.connection.row(
            f"SELECT {_SESSION_COLUMNS} FROM session "
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
        changed = await transaction.connection.change(
            "UPDATE session SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
            transaction.entry.now_us,
            command.session_id,
        )
        if changed:
            transaction.entry.append(
                Event(
                    TOPIC,
                    SESSION_ENDED,
                    command.session_id,
                    audience.NOBODY,
                    None,
                    {"sessionId": command.session_id},
                )
            )


async def _keep(transaction: LogTransaction, token_hash: str, session_id: int) -> None:
    await transaction.connection.change(
        "INSERT INTO refresh_token (token_hash, session_id, issued_at) VALUES (?, ?, ?)",
        token_hash,
        session_id,
        transaction.entry.now_us,
    )


class _Attempts:
    """Wrong passwords by account: after some, each further one doubles the delay."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()  # count, not before
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def one_by_one(self, key: str) -> asyncio.Lock:
        """Tries of one account take turns: guesses at the same time count like others."""
        return self._turns.setdefault(key, asyncio.Lock())

    def refuse_early(self, key: str) -> None:
        """Raises InvalidCredentials while the account's delay lasts."""
        _, not_before_us = self._failures.get(key, (0, 0))
        wait_us = not_before_us - self._clock.now_us()
        if wait_us > 0:
            seconds = -(-wait_us // SECOND_US)
            raise InvalidCredentials(
                f"Too many attempts for this account: try again in {seconds} s."
            )

    def failed(self, key: str) -> None:
        count = self._failures.pop(key, (0, 0))[0] + 1
        delay_s = 0
        if count > FREE_ATTEMPTS:
            delay_s = min(2 ** min(count - FREE_ATTEMPTS, 16), DELAY_MAX_S)
        self._failures[key] = (count, self._clock.now_us() + delay_s * SECOND_US)
        if len(self._failures) > ATTEMPTS_REMEMBERED_MAX:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        self._failures.pop(key, None)
