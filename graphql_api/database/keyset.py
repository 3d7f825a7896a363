"""Pages by key: what of a list lies between two places, read from either end.

A list is sorted by a key that ends with an id. `beyond` is the place after which a page begins,
`until` the place before which it ends; either may be None. Read backwards, a page has the last
rows before `until`, and is still told in the list's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Keyset:
    """condition: with one placeholder for each of `parameters`; direction: of the statement."""

    condition: str
    parameters: tuple[Any, ...]
    direction: str


def keyset(
    key: str, descending: bool, beyond: Any, until: Any, backwards: bool, places: str = "?"
) -> Keyset:
    """key: a column, or several in parentheses; then places has as many placeholders and
    beyond and until are sequences."""
    further, nearer = ("<", ">") if descending else (">", "<")
    conditions, parameters = ["1 = 1"], []
    for comparison, place in ((further, beyond), (nearer, until)):
        if place is not None:
            conditions.append(f"{key} {comparison} {places}")
            parameters += [place] if places == "?" else list(place)
    direction = "DESC" if descending != backwards else "ASC"
    return Keyset(" AND ".join(conditions), tuple(parameters), direction)


def in_order(rows: Sequence[T], backwards: bool) -> list[T]:
    """Rows as the list has them."""
    return list(rows[::-1] if backwards else rows)
