"""Relay connections with `nodes` beside `edges`, over keyset pages.

A page cursor holds the sort and the last row's sort key and id, so rows that come and go
under a live feed neither repeat nor vanish.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar, cast

import orjson
import strawberry

from graphql_api.engine.rows import Layout, Rows
from graphql_api.errors import BadRequest, CursorInvalid
from graphql_api.said import said
from schema.faces import computed
from schema.node import findable

PAGE_MAX = 100
PAGE_DEFAULT = 25
IDS_MAX = 100  # of nodes(ids:)
CURSOR_CHARACTERS_MAX = 2_400  # the longest of ours: 400 four-byte characters of a name

T = TypeVar("T")

# The arguments of every list.
First = Annotated[
    int | None, strawberry.argument(f"How many entries: 1 to {PAGE_MAX}; null: {PAGE_DEFAULT}.")
]
After = Annotated[
    str | None,
    strawberry.argument("`endCursor` of the page before, of the same list in the same order."),
]
Last = Annotated[
    int | None,
    strawberry.argument(
        f"From the list's end instead of `first`: 1 to {PAGE_MAX}; in the same order still."
    ),
]
Before = Annotated[
    str | None,
    strawberry.argument("`startCursor` of the page after, of the same list in the same order."),
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether more follow after `endCursor`; with `last`, whether this page ended "
        "before a cursor."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether this page began after a cursor; with `last`, whether more are before."
    )
    start_cursor: str | None = strawberry.field(description="Of the first edge; null when empty.")
    end_cursor: str | None = strawberry.field(
        description="Of the last edge, for the next page's `after`; null when empty."
    )


@strawberry.type(description="One entry of a page.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Its place in the list, opaque.")
    node: T = strawberry.field(description="The entry itself.")


class _LazyEdge:
    """An Edge whose cursor is made when it is asked for: most queries select nodes only."""

    __slots__ = ("_cursors", "_index", "node")

    def __init__(self, node: Any, index: int, cursors: Callable[[int], str]) -> None:
        self.node = node
        self._index = index
        self._cursors = cursors

    @property
    def cursor(self) -> str:
        return self._cursors(self._index)


@lru_cache(maxsize=256)  # more than there are layouts of what is read as rows
def _layout_of_edges(layout: Layout) -> Layout:
    """Of edges around what lies in such rows; their cursors are made of objects."""
    return Layout(_LazyEdge, ("",) * len(layout.columns), inner={"node": layout})


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(description="The page's entries.")
    cursors: strawberry.Private[Callable[[int], str]]
    has_next: strawberry.Private[bool]
    has_previous: strawberry.Private[bool]
    # What is counted tells what it depends on, where the list is declared `kept`.
    counted: strawberry.Private[Callable[[], Awaitable[int]]]

    @computed("The page's entries with their cursors.", kept=True)
    def edges(self) -> list[Edge[T]]:
        entries: Any
        if isinstance(self.nodes, Rows):
            nodes, cursors = self.nodes, self.cursors
            layout = _layout_of_edges(nodes.layout)
            entries = Rows(layout, nodes.rows, lambda i, _: _LazyEdge(nodes[i], i, cursors))
        else:
            entries = [_LazyEdge(node, i, self.cursors) for i, node in enumerate(self.nodes)]
        return cast("list[Edge[T]]", entries)

    @computed("Where this page stands.", kept=True)
    def page_info(self) -> PageInfo:
        count = len(self.nodes)
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.has_previous,
            start_cursor=self.cursors(0) if count else None,
            end_cursor=self.cursors(count - 1) if count else None,
        )

    @computed("How many entries the whole list has. Counted only when asked for.", kept=True)
    async def total_count(self) -> int:
        return await self.counted()


def checked_first(first: int | None) -> int:
    """A page size; None is the default one. Raises BadRequest."""
    if first is None:
        return PAGE_DEFAULT
    return _checked_size("first", first)


def _checked_size(name: str, size: int) -> int:
    if not 1 <= size <= PAGE_MAX:
        raise BadRequest(
            said(
                "{name} must be from 1 to {most}, not {size}.", name=name, most=PAGE_MAX, size=size
            )
        )
    return size


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page a client asks for. limit: rows to read, one more than the page has, which tells
    whether there are more; beyond, until: places in the list as the cursors have them, None: its
    ends; backwards: the last rows, not the first."""

    limit: int
    beyond: list[Any] | None
    until: list[Any] | None
    backwards: bool

    @property
    def ids(self) -> tuple[int | None, int | None]:
        """beyond and until of a list whose key is the id alone."""
        beyond, until = (place[-1] if place else None for place in (self.beyond, self.until))
        return beyond, until


def asked(
    sort: str,
    kinds: tuple[type | range, ...],
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    default: int = PAGE_DEFAULT,
) -> Asked:
    """What these arguments ask for. Raises BadRequest, CursorInvalid.

    The GraphQL Cursor Connections Specification, 4.4, advises against `first` and `last` together,
    whose meaning confuses: they are refused, but for `first` at its `default`.
    """
    if first not in (None, default) and last is not None:
        raise BadRequest("Give first or last, not both.")
    size = checked_first(first) if last is None else _checked_size("last", last)
    return Asked(
        size + 1,
        decode_place(sort, after, kinds),
        decode_place(sort, before, kinds, "before"),
        last is not None,
    )


def connection(
    rows: Sequence[Any],
    keys: Callable[[Any], list[Any]],
    sort: str,
    first: int | None,
    after: str | None,
    counted: Callable[[], Awaitable[int]],
    last: int | None = None,
    before: str | None = None,
) -> Connection[Any]:
    """A page of `rows`, which were read with one more than its size as their limit.

    keys: a row's place under `sort`, JSON-able, ending with its id.
    """
    size = checked_first(first) if last is None else last
    has_more = len(rows) > size
    nodes = list(rows[:size] if last is None else rows[-size:])
    return Connection(
        nodes=nodes,
        cursors=lambda index: encode_place(sort, keys(nodes[index])),
        has_next=has_more if last is None else before is not None,
        has_previous=after is not None if last is None else has_more,
        counted=counted,
    )


def encode_place(sort: str, key: list[Any]) -> str:
    """A page cursor."""
    return base64.urlsafe_b64encode(orjson.dumps([sort, *key])).decode().rstrip("=")


def decode_place(
    sort: str, after: str | None, kinds: tuple[type | range, ...], name: str = "after"
) -> list[Any] | None:
    """The key in a cursor of this list; None without. Raises CursorInvalid.

    kinds: of the key's parts: str, int (of 64 bits), or the range of a narrower number.
    """
    if after is None:
        return None
    if len(after) > CURSOR_CHARACTERS_MAX:
        raise CursorInvalid(said(_NOT_OURS, name=name))
    try:
        padded = after + "=" * (-len(after) % 4)
        place = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise CursorInvalid(said(_NOT_OURS, name=name)) from None
    if not isinstance(place, list) or len(place) != len(kinds) + 1 or place[0] != sort:
        raise CursorInvalid(said(_NOT_OURS, name=name))
    key = place[1:]
    if not all(_is_of(kind, part) for part, kind in zip(key, kinds, strict=True)):
        raise CursorInvalid(said(_NOT_OURS, name=name))
    return key


INT16 = range(-(2**15), 2**15)
INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)


def _is_of(kind: type | range, part: Any) -> bool:
    if kind is str:
        return isinstance(part, str) and findable(part) == part
    return type(part) is int and part in (kind if isinstance(kind, range) else INT64)


_NOT_OURS = "{name} is not a cursor of this list in this order."
