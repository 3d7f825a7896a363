"""None, one or several of something, where it is mostly one, in thousands of places.

A dict for each would take 230 bytes, and an event on its way to a socket would have to look at one
more object: what is not in the processor's cache costs as much as all the rest of that look.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import TypeAlias, TypeVar

One = TypeVar("One", bound=Hashable)

Few: TypeAlias = One | dict[One, None] | None


def with_one(few: Few[One], one: One) -> Few[One]:
    """The same with one more, which was not among them. What was given may have changed."""
    if few is None:
        return one
    if isinstance(few, dict):
        few[one] = None
        return few
    return {few: None, one: None}


def without(few: Few[One], one: One) -> Few[One]:
    """The same with one less, which was among them. What was given may have changed."""
    if isinstance(few, dict):
        del few[one]
        return few or None
    return None


def each(few: Few[One]) -> Collection[One]:
    """All of them, in the order in which they came."""
    if few is None:
        return ()
    return few if isinstance(few, dict) else (few,)
