"""Texts of leaves: scalars and enums, as JSON. Used by writers.py and plain_fields.py.

Private part of Strawberry: what wraps an enum's class.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from json.encoder import encode_basestring as quoted
from typing import Any

import orjson
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)

from graphql_api.values import INT32_MAX

Write = Callable[[Any], str]

TEXTS = "graphql_api.texts"  # where a scalar remembers texts
TEXTS_MAX = 10_000  # of each scalar: about 1.5 MB

# For values that are what they should be: a condition, and what their text is then.
SHORTCUTS: dict[Any, tuple[tuple[str, str], ...]] = {
    GraphQLString: (("type(VALUE) is str", "quoted(VALUE)"),),
    GraphQLID: (
        ("type(VALUE) is int", "f'\"{VALUE}\"'"),
        ("type(VALUE) is str", "quoted(VALUE)"),
    ),
    GraphQLInt: ((f"type(VALUE) is int and {-INT32_MAX} <= VALUE <= {INT32_MAX}", "VALUE"),),
    GraphQLBoolean: (("VALUE is True", "'true'"), ("VALUE is False", "'false'")),
}


class NotPlain(Exception):
    """A value is not what the short way is for."""


def leaf_writer(coerce: Callable[[Any], Any], is_nullable: bool) -> Write:
    """Texts of a leaf's values. coerce: as the leaf's type does it."""

    def write(value: Any) -> str:
        if value is None:
            return null(is_nullable)
        told = coerce(value)
        if type(told) is str:
            return quoted(told)
        if told is Undefined or told is None:
            raise NotPlain
        return orjson.dumps(told).decode()

    return write


def null(is_nullable: bool) -> str:
    """Raises NotPlain where null must not be."""
    if not is_nullable:
        raise NotPlain
    return "null"


class Texts(dict[int, str]):
    """The texts of integers that a scalar of ours shows: prices and moments, most of which are
    told again and again, and take longer to write than all else of an item."""

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._write = write

    @classmethod
    def of(cls, leaf: GraphQLScalarType) -> Texts:
        """Those of a scalar, whoever writes it."""
        known: Texts | None = leaf.extensions.get(TEXTS)
        if known is None:
            known = leaf.extensions[TEXTS] = cls(leaf_writer(leaf.coerce_output_value, False))
        return known

    def __missing__(self, value: int) -> str:
        text = self._write(value)
        if len(self) >= TEXTS_MAX:
            self.clear()
        self[value] = text
        return text


def enum_names(leaf: GraphQLEnumType) -> dict[int, str]:
    """The members' names by their ids: hashing a member is slow."""
    wrapped = getattr(leaf, "wrapped_cls", None)
    members = [m for m in getattr(wrapped, "wrapped_cls", wrapped) or () if isinstance(m, Enum)]
    return {id(member): leaf.coerce_output_value(member) for member in members}
