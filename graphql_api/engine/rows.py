"""Objects that are rows of the database still.

A page of fifty shows each of its objects once, as text. So they need not be made: a writer that
knows where a row has which attribute writes the text of the row itself (writers.py). They are made
when something else asks for them. Use cases hand them over; engine and faces know no noun by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where rows have what of objects. shown: the class of the objects; columns: the attribute that
    each column has, "" for none of them. made: by attribute, a function of the values of others;
    inner: by attribute, an object that lies in the same row.
    """

    shown: type
    columns: tuple[str, ...]
    made: Mapping[str, tuple[Callable[..., Any], tuple[str, ...]]] = field(default_factory=dict)
    inner: Mapping[str, Layout] = field(default_factory=dict)


class Rows(Sequence[Any]):
    """A list of objects. make: one out of its row; with its number in the list, from 0."""

    __slots__ = ("_made", "_make", "layout", "rows")

    def __init__(
        self, layout: Layout, rows: Sequence[Any], make: Callable[[int, Any], Any]
    ) -> None:
        self.layout = layout
        self.rows = rows
        self._make = make
        self._made: list[Any] | None = None

    @property
    def objects(self) -> list[Any]:
        """All of them, made at the first use."""
        if self._made is None:
            self._made = [self._make(number, row) for number, row in enumerate(self.rows)]
        return self._made

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.objects[index]
