"""Idempotency: a key stands for one change, for ever. Any noun's handlers in the writer use it.

With a change its transaction stores the user's key, a digest of the input and the first result.
The same key and input again finds that result, and the same key with another input is refused.
A command that is refused leaves nothing, so it may be sent again under its key. Keys are per
user: another's key says nothing to them. Over all nouns a user's key stands for one input, so an
input says which mutation it is for. A handler takes a run of commands in two statements:

    keys = await Keys.load(transaction.connection, RESULT, commands)
    for command in commands:
        key = keys.of(command)  # raises IdempotencyKeyReused
        if key.is_known:
            first = keys.first(key)
        else:
            keys.remember(key, what_came_of(command))
    await keys.store(transaction, now_us)

This is safe because the writer holds the log's head: nobody else stores a key meanwhile. What is
stored outlives the process, so inputs and results are forms of kernel/codec.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.writer import Transaction
from graphql_api.errors import FieldPath, IdempotencyKeyReused
from graphql_api.kernel.codec import Kind, State, digest
from graphql_api.said import said

KEY_MAX = 200
FIELD: FieldPath = ("input", "idempotencyKey")
NOBODY = 0  # the user of commands without one; no account has this id

T = TypeVar("T")
KeyName = tuple[str, int]  # a key and its user


class Keyed(Protocol):
    """A command under a key. user_id: None for who acts without a session."""

    @property
    def key(self) -> str: ...

    @property
    def user_id(self) -> int | None: ...

    def as_input(self) -> State:
        """What makes an input the same: the mutation, and all but the key and who sent it."""
        ...


@dataclass(slots=True)
class Key:
    """A key with the input that it stands for. result: as text, None until it is remembered."""

    name: KeyName
    input_hash: str
    result: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether its change was made before: this is a repetition."""
        return self.result is not None


def check_key(key: str) -> None:
    """Raises InvalidInput for a text that cannot be a key."""
    values.required_text(key, FIELD, KEY_MAX)


class Keys(Generic[T]):
    """The keys of one run of commands, whose results are kept as `kind`."""

    __slots__ = ("_kind", "_known", "_new")

    def __init__(self, kind: Kind[T], known: Iterable[Key]) -> None:
        """known: those of them that were stored before. See `load`."""
        self._kind = kind
        self._known = {key.name: key for key in known}
        self._new: list[Key] = []

    @classmethod
    async def load(
        cls, connection: Connection, kind: Kind[T], commands: Iterable[Keyed]
    ) -> Keys[T]:
        """One statement, however many commands there are."""
        rows = await connection.rows(
            "SELECT key, user_id, input_hash, result FROM idempotency_key WHERE "
            + connection.dialect.one_of("key", "text"),
            connection.dialect.array({command.key for command in commands}),
        )
        return cls(kind, [Key((row[0], row[1]), row[2], row[3]) for row in rows])

    def of(self, command: Keyed) -> Key:
        """The command's key, known or new. Raises IdempotencyKeyReused."""
        name = (command.key, NOBODY if command.user_id is None else command.user_id)
        input_hash = digest(command.as_input())
        known = self._known.get(name)
        if known is None:
            return Key(name, input_hash)
        if known.input_hash != input_hash:
            raise IdempotencyKeyReused(
                said(
                    "The key {key} was used for another input. A key stands for one change, "
                    "for ever: use a new one.",
                    key=repr(command.key),
                ),
                FIELD,
            )
        return known

    def first(self, key: Key) -> T:
        """The first result of a known key. Raises WrittenByNewer."""
        assert key.result is not None, "nothing was done under this key yet"
        return self._kind.decode(key.result)

    def remember(self, key: Key, result: T) -> None:
        """From now on `key` stands for its input; commands after it in the run see that too."""
        assert key.result is None, "a key's first result is never replaced"
        key.result = self._kind.encode(result)
        self._known[key.name] = key
        self._new.append(key)

    async def store(self, transaction: Transaction[Any], now_us: int) -> None:
        """Write the keys that are new: one statement, or none."""
        await transaction.connection.change_many(
            "INSERT INTO idempotency_key (id, user_id, key, input_hash, result, recorded_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (transaction.new_id(), key.name[1], key.name[0], key.input_hash, key.result, now_us)
                for key in self._new
            ],
        )
