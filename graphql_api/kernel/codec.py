"""The codec: how a value becomes text that outlives its process, and how older text is read.

Called by whoever keeps a value of several parts in one column (events, what an idempotency key
remembers, lists of ids, marks) or tells it to another process (presence): the other one may be
of another version, since servers are restarted one by one.

A `Kind` is a name, a form and a version. A form may change in two ways.

- A field is appended, with a default. The version stays: who is older ignores what it does not
  know, who is newer takes the default for what is not there. Both may run at the same time.
- Anything else (a field goes, moves, gets another name, type or meaning) is a new version, with
  an upcaster from the one before it. Text of version 2 begins with "v2 ", which no JSON does;
  version 0 has no such mark, and is what 0.1.0 wrote. Who is older than the text raises
  WrittenByNewer: its callers are told to come back, since another server will understand it.

tests/versions/layouts.json holds every form, and a test holds the forms to it.

Rejected: a version in every text, which 0.1.0 could not read, so that no rolling restart would
go from it; and names for the fields of an item in an event, which make the log 2.5 times as big.
"""

from __future__ import annotations

import functools
import hashlib
import typing
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
import orjson

from graphql_api.errors import Unavailable

T = TypeVar("T")
Upcast = Callable[[Any], Any]  # the JSON-able value of one version → that of the next

DIGEST_BYTES = 16

# What msgspec and upcasters raise for text that is nothing of its kind.
_FAULTS = (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError)

_encode = msgspec.json.Encoder().encode
_decode_any = msgspec.json.Decoder().decode


class State(msgspec.Struct, array_like=True, gc=False):
    """A form whose fields are stored by their places, without names. Fields are only appended."""


class Fact(msgspec.Struct, rename="camel", gc=False):
    """A form whose fields are stored by their names, in camel case."""


class WrittenByNewer(Unavailable):
    """Text of a version that this process does not know: a newer one will answer."""

    def __init__(self, kind: str, version: int) -> None:
        super().__init__(
            f"This was written by a newer version of the server ({kind}, version {version}); "
            "try again: a server of that version will answer."
        )
        self.kind = kind
        self.version = version


class Damaged(ValueError):
    """Text that is nothing of its kind, in any version that is known."""


class Kind(Generic[T]):
    """One kind of stored value. `form`: a State, a Fact, or a type that is made of them."""

    __slots__ = ("_decode", "_mark", "_upcasters", "form", "name", "version")

    def __init__(
        self,
        name: str,
        form: type[T],
        version: int = 0,
        upcasters: Mapping[int, Upcast] | None = None,
    ) -> None:
        """upcasters: from each version below `version`, to the next."""
        self._upcasters = dict(upcasters or {})
        assert self._upcasters.keys() == set(range(version)), "an upcaster from each version"
        self.name = name
        self.form = form
        self.version = version
        self._mark = f"v{version} " if version else ""
        self._decode = msgspec.json.Decoder(form).decode

    def encode(self, value: T) -> str:
        """The text to keep."""
        return self._mark + _encode(value).decode()

    def decode(self, text: str) -> T:
        """What `encode` wrote, in this version or an older one. Raises WrittenByNewer, Damaged."""
        if not self.version:  # nearly all: text with a mark is no JSON, so it fails, and is seen to
            try:
                return self._decode(text)
            except _FAULTS:
                pass
        try:
            return self._decode_by_mark(text)
        except _FAULTS as error:
            raise Damaged(f"{self.name}: {error}") from None

    def _decode_by_mark(self, text: str) -> T:
        version, text = _version_of(text)
        if version > self.version:
            raise WrittenByNewer(self.name, version)
        if version == self.version:
            return self._decode(text)
        value = _decode_any(text)
        for older in range(version, self.version):
            value = self._upcasters[older](value)
        return msgspec.convert(value, self.form)


def _version_of(text: str) -> tuple[int, str]:
    if text[:1] != "v":
        return 0, text
    mark, _, rest = text[1:].partition(" ")
    if not (mark.isascii() and mark.isdigit()):
        raise ValueError("no version")
    return int(mark), rest


def parts(form: State) -> tuple[Any, ...]:
    """The values of its fields, in their order."""
    return msgspec.structs.astuple(form)


def digest(value: State) -> str:
    """What stands for a value for ever: equal values of any two versions have an equal one.

    Appended fields that have their defaults do not count, so an input from before them is still
    the same input. Source: design.md 4, Ledger.
    """
    if _has_defaults(type(value)):
        text = orjson.dumps(value, default=_without_defaults)
    else:
        text = _encode(value)  # the same bytes, in a third of the time
    return hashlib.blake2b(text, digest_size=DIGEST_BYTES).hexdigest()


@functools.cache
def _has_defaults(form: Any) -> bool:
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        types = (field.type for field in msgspec.structs.fields(form))
        return bool(form.__struct_defaults__) or any(map(_has_defaults, types))
    return any(map(_has_defaults, typing.get_args(form)))


def _without_defaults(form: State) -> tuple[Any, ...]:
    values, defaults = parts(form), form.__struct_defaults__
    count, first = len(values), len(values) - len(defaults)
    if values[first:] == defaults:  # mostly: without a look at each
        return values[:first]
    while count > first and values[count - 1] == defaults[count - 1 - first]:
        count -= 1
    return values[:count]
