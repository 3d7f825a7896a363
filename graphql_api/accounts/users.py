"""Users: creating, changing, reading them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql_api import values
from graphql_api.accounts.facts import SESSION_ENDED_TOLD, USER_CHANGED_TOLD, UserChanged
from graphql_api.accounts.models import SessionRecord, UserRecord
from graphql_api.accounts.passwords import Passwords, check_password
from graphql_api.accounts.roles import Role
from graphql_api.database.connection import Connection, Row
from graphql_api.database.keyset import in_order, keyset
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import AlreadyExists, FieldPath, InvalidInput, InvalidTransition, NotFound
from graphql_api.events.log import Event, Facts, LogTransaction, LogWriter
from graphql_api.said import said
from graphql_api.texts.languages import Language, language_of, stored

TOPIC = "accounts"
USER_CHANGED = "USER_CHANGED"
SESSION_ENDED = "SESSION_ENDED"
FACTS: Facts = {
    (TOPIC, USER_CHANGED): USER_CHANGED_TOLD,
    (TOPIC, SESSION_ENDED): SESSION_ENDED_TOLD,
}

EMAIL_MAX = 254  # RFC 5321 4.5.3.1.3
NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class User:
    """An account. Deactivated, not deleted: its name stays on what it did. language: None where
    the person never chose one."""

    id: int
    email: str
    name: str
    role: Role
    active: bool
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A command: create an account."""

    email: str
    name: str
    password: str
    role: Role
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """A command: change an account. None: leave it as it is."""

    id: int
    name: str | None = None
    role: Role | None = None
    active: bool | None = None
    password: str | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A command of the user's own. language None: no choice of the account's any more."""

    user_id: int
    language: Language | None


COLUMNS = "id, email, name, role, active, language"


def user_from_row(row: Row) -> User:
    """A user out of a row of COLUMNS."""
    user_id, email, name, role, active, language = tuple(row)[:6]
    return User(user_id, email, name, Role(role), bool(active), language_of(language))


def _user(record: UserRecord) -> User:
    return User(
        record.id, record.email, record.name, Role(record.role), record.active,
        language_of(record.language),
    )  # fmt: skip


class Users:
    """The use cases of accounts."""

    def __init__(self, reading: Connection, writer: LogWriter, passwords: Passwords) -> None:
        self._reading = reading
        self._writer = writer
        self._passwords = passwords
        self._create = single(self._create_one)
        self._change = single(self._change_one)
        self._choose_language = single(self._choose_language_one)
        self._end_sessions = single(self._end_sessions_one)

    async def create(self, command: NewUser) -> User:
        """Raises InvalidInput, AlreadyExists (emails compare without case), RateLimited."""
        checked = replace(
            command,
            email=check_email(command.email, ("input", "email")),
            name=values.required_text(command.name, ("input", "name"), NAME_MAX),
        )
        hashed = await self._hashed(command.password, (checked.email, checked.name))
        checked = replace(checked, password=hashed)
        user: User = await self._writer.submit(self._create, checked)
        return user

    async def change(self, command: UserChange) -> User:
        """Raises InvalidInput, NotFound, InvalidTransition (the last active ADMIN stays one),
        RateLimited."""
        if command.name is not None:
            name = values.required_text(command.name, ("input", "name"), NAME_MAX)
            command = replace(command, name=name)
        if command.password is not None:
            known = (await self.by_ids([command.id])).get(command.id)
            about = () if known is None else (known.email, command.name or known.name)
            command = replace(command, password=await self._hashed(command.password, about))
        user: User = await self._writer.submit(self._change, command)
        return user

    async def choose_language(self, command: LanguageChoice) -> User:
        """The user as it is then. Raises NotFound."""
        user: User = await self._writer.submit(self._choose_language, command)
        return user

    async def _hashed(self, password: str, about: tuple[str, ...]) -> str:
        """The hash of a new password. Raises InvalidInput, RateLimited."""
        await asyncio.to_thread(check_password, password, ("input", "password"), about)
        return await self._passwords.hash(password)

    async def by_ids(self, ids: Sequence[int]) -> dict[int, User]:
        """The users of `ids` that exist."""
        # By hand: every page of alerts asks for them. 50 users in 0.14 ms, not 0.72.
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM user_account WHERE "
            + self._reading.dialect.one_of("id", "bigint"),
            self._reading.dialect.array(ids),
        )
        return {row[0]: user_from_row(row) for row in rows}

    async def page(
        self,
        limit: int,
        after: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[User]:
        """At most `limit` users with ids beyond `after`, in the order they were created.

        until: with ids below this one; backwards: the newest of them (keyset.py).
        """
        places = keyset("id", False, after, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM user_account WHERE {places.condition} "
            f"ORDER BY id {places.direction} LIMIT ?",
            *places.parameters,
            limit,
        )
        return in_order([user_from_row(row) for row in rows], backwards)

    async def count(self) -> int:
        """How many accounts there are."""
        return await self._reading.models(UserRecord, lambda users: users.count())

    async def by_email(self, email: str) -> User | None:
        """The user who signs in with `email`, in any case."""
        key = values.folded(email.strip()[:EMAIL_MAX])
        found = await self._reading.models(
            UserRecord, lambda users: users.get_or_none(email_key=key)
        )
        return _user(found) if found else None

    async def end_sessions(self, user_id: int) -> int:
        """End every session of a user; how many it were. Their tokens are worthless at once."""
        ended: int = await self._writer.submit(self._end_sessions, user_id)
        return ended

    async def _end_sessions_one(self, transaction: LogTransaction, user_id: int) -> int:
        now_us = transaction.entry.now_us
        live = await transaction.connection.models(
            SessionRecord,
            lambda sessions: sessions.filter(
                user_id=user_id, ended_at=None, expires_at__gt=now_us
            ).count(),
        )
        await end_sessions_of(transaction, user_id)
        transaction.entry.append(_changed(user_id))
        return live

    async def _create_one(self, transaction: LogTransaction, command: NewUser) -> User:
        key = values.folded(command.email)
        if await transaction.connection.models(
            UserRecord, lambda users: users.filter(email_key=key).exists()
        ):
            raise AlreadyExists(
                said("There is an account with the email {email}.", email=repr(command.email)),
                ("input", "email"),
            )
        user = User(
            transaction.new_id(), command.email, command.name, command.role, True, command.language
        )
        await transaction.connection.create(
            UserRecord,
            id=user.id,
            email=user.email,
            email_key=key,
            name=user.name,
            role=user.role.value,
            active=True,
            password_hash=command.password,
            created_at=transaction.entry.now_us,
            language=stored(user.language),
        )
        return user

    async def _change_one(self, transaction: LogTransaction, command: UserChange) -> User:
        before = await _found(transaction.connection, command.id)
        changes = _changes(command)
        if not changes:
            raise InvalidInput("Nothing to change: give at least one field.", ("input",))
        after = replace(before, **{k: v for k, v in changes.items() if k != "password"})
        await _refuse_losing_last_admin(transaction.connection, before, after)
        await _store(transaction.connection, after, command.password)
        if not after.active or command.password is not None:
            await end_sessions_of(transaction, after.id)
        transaction.entry.append(_changed(after.id))
        return after

    async def _choose_language_one(
        self, transaction: LogTransaction, command: LanguageChoice
    ) -> User:
        before = await _found(transaction.connection, command.user_id)
        after = replace(before, language=command.language)
        await _store(transaction.connection, after, None)
        transaction.entry.append(_changed(after.id))
        return after


async def _found(connection: Connection, user_id: int) -> User:
    record = await connection.models(UserRecord, lambda users: users.get_or_none(id=user_id))
    if record is None:
        raise NotFound("There is no user with this id.", ("input", "id"))
    return _user(record)


def _changed(user_id: int) -> Event:
    """By which every server looks at the user, and at the user's sessions, again."""
    return Event(TOPIC, USER_CHANGED, user_id, audience.NOBODY, None, UserChanged(user_id))


def check_email(email: str, field: FieldPath) -> str:
    """`email` trimmed, if it has the form of one. Raises InvalidInput."""
    text = values.unique_text(email, field, EMAIL_MAX)
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or any(character.isspace() for character in text):
        raise InvalidInput(said("{text} is not an email address.", text=repr(text)), field)
    return text


def _changes(command: UserChange) -> Mapping[str, Any]:
    given = {
        "name": command.name,
        "role": command.role,
        "active": command.active,
        "password": command.password,
        "language": command.language,
    }
    return {name: value for name, value in given.items() if value is not None}


async def _refuse_losing_last_admin(connection: Connection, before: User, after: User) -> None:
    if not (before.role is Role.ADMIN and before.active):
        return
    if after.role is Role.ADMIN and after.active:
        return
    others = await connection.models(
        UserRecord,
        lambda users: (
            users.filter(role=Role.ADMIN.value, active=True).exclude(id=before.id).exists()
        ),
    )
    if not others:
        raise InvalidTransition(
            "This is the last active ADMIN: make another one first.", ("input", "id")
        )


async def _store(connection: Connection, user: User, password_hash: str | None) -> None:
    changes: dict[str, Any] = {
        "name": user.name,
        "role": user.role.value,
        "active": user.active,
        "language": stored(user.language),
    }
    if password_hash is not None:
        changes["password_hash"] = password_hash
    await connection.models(UserRecord, lambda users: users.filter(id=user.id).update(**changes))


async def end_sessions_of(transaction: LogTransaction, user_id: int, but: int = 0) -> None:
    """End all sessions of a user, deactivated or with a new password. but: the one that stays.

    The caller appends USER_CHANGED, by which every server looks at the user's sessions again.
    """
    now_us = transaction.entry.now_us
    await transaction.connection.models(
        SessionRecord,
        lambda sessions: (
            sessions.filter(user_id=user_id, ended_at=None).exclude(id=but).update(ended_at=now_us)
        ),
    )
