"""The next version, as far as storage goes: every form of it has one more field.

A rolling restart from a version to the next has four meetings: each of the two reads what the
other, and itself, wrote.
"""

from __future__ import annotations

import functools
import operator
import sqlite3
import types
import typing
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from graphql_api.inventory.keys import REMEMBERED
from graphql_api.kernel.codec import Kind
from graphql_api.stored import FACTS

ADDED, DEFAULT, NEWS = "added_later", "as before", "news"


def grown_kind(kind: Kind[Any]) -> Kind[Any]:
    """The kind with forms that have one more field, of a default; its version is the same."""
    return Kind(kind.name, grown(kind.form))


def grown(form: Any) -> Any:
    """A form, and all that it is made of, with one more field."""
    arguments = [grown(part) for part in typing.get_args(form)]
    if typing.get_origin(form) in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, arguments)
    if arguments:
        return typing.get_origin(form)[tuple(arguments)]
    if not (isinstance(form, type) and issubclass(form, msgspec.Struct)) or issubclass(form, Enum):
        return form
    fields = [
        (f.name, grown(f.type), *([] if f.required else [msgspec.field(default=f.default)]))
        for f in msgspec.structs.fields(form)
    ]
    config = form.__struct_config__
    return msgspec.defstruct(
        form.__name__,
        [*fields, (ADDED, str, DEFAULT)],
        bases=tuple(form.__bases__),
        tag=config.tag,
    )


def rewrite(file: Path) -> int:
    """Let the events and the keys' results of a database be as the next version writes them;
    how many there are."""
    with closing(sqlite3.connect(file)) as connection:
        events = connection.execute("SELECT position, topic, kind, payload FROM event").fetchall()
        keys = connection.execute("SELECT rowid, result FROM idempotency_key").fetchall()
        for position, topic, kind, text in events:
            connection.execute(
                "UPDATE event SET payload = ? WHERE position = ?",
                (_rewritten(FACTS[topic, kind], text), position),
            )
        for key_id, text in keys:
            connection.execute(
                "UPDATE idempotency_key SET result = ? WHERE rowid = ?",
                (_rewritten(REMEMBERED, text), key_id),
            )
        connection.commit()
    return len(events) + len(keys)


def _rewritten(kind: Kind[Any], text: str) -> str:
    later = grown_kind(kind)
    value = later.decode(text)
    assert set(_added(value)) == {DEFAULT}, "what was not there has its default"
    _tell_news(value)
    written = later.encode(value)
    assert set(_added(later.decode(written))) == {NEWS}
    assert kind.decode(written) == kind.decode(text), "who is older reads what it knows"
    return written


def _parts(value: Any) -> list[Any]:
    if isinstance(value, msgspec.Struct):
        return [value, *(p for v in msgspec.structs.astuple(value) for p in _parts(v))]
    return [p for v in value for p in _parts(v)] if isinstance(value, list) else []


def _added(value: Any) -> list[str]:
    return [getattr(part, ADDED) for part in _parts(value)]


def _tell_news(value: Any) -> None:
    for part in _parts(value):
        setattr(part, ADDED, NEWS)
