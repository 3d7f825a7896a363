"""Reading items: one by its reference, many by filter, search, sort and keyset page.

A page is one statement over an index of its sort key, whatever the table's size: no offset,
and no count unless asked for. A search first looks how common its words are:

- few items have one of them: those are fetched by id, tested for the other words, and sorted;
- many have each: the sort's own index is walked, for a bounded number of rows, and each row is
  tested; common words are met soon, unless the sort keeps them apart (all hammers after all
  candles);
- then the words' lists of items are intersected, and what is in all of them is sorted. That
  reads every match, on the connection for long reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection, Row
from graphql_api.database.keyset import in_order, keyset
from graphql_api.inventory import search
from graphql_api.inventory.item import (
    COLUMNS,
    SKU_MAX,
    Item,
    ItemRef,
    StockStatus,
    item_from_row,
    parse_id,
)
from graphql_api.inventory.search import words_of

MATCHES_FETCHED_MAX = 2_000  # items; above it a word is common enough to walk the sort's index
ROWS_WALKED_MAX = 10_000  # of a sort's index, in search of common words: about 30 ms
TERM_END = "\U0010ffff"  # sorts after every letter: the end of a range of terms that begin alike


class ItemSort(Enum):
    """The column that each sort goes by; ties go by id."""

    SKU = "sku_key"
    NAME = "name_key"
    STOCK = "stock"
    PRICE = "price"
    UPDATED_AT = "updated_at"


SORTS_BY_TEXT = frozenset({ItemSort.SKU, ItemSort.NAME})


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """None: not filtered by this. An empty tuple matches nothing."""

    categories: tuple[str, ...] | None = None
    statuses: tuple[StockStatus, ...] | None = None
    skus: tuple[str, ...] | None = None
    include_deleted: bool = False
    include_archived: bool = False
    search: str | None = None
    sees_admins: bool = False


@dataclass(slots=True)
class _Where:
    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, condition: str, *parameters: Any) -> None:
        self.conditions.append(condition)
        self.parameters += parameters

    @property
    def sql(self) -> str:
        return " AND ".join(self.conditions) or "1 = 1"


@dataclass(frozen=True, slots=True)
class _Search:
    """What is known of a search. common: its words, if each of them has many items."""

    common: tuple[str, ...] = ()
    finds_nothing: bool = False


def _within_32_bits(place: tuple[Any, int] | None) -> tuple[Any, int] | None:
    return None if place is None else (max(-1, min(place[0], values.INT32_MAX)), place[1])


def _keyed(rows: Sequence[Row]) -> list[tuple[Any, Item]]:
    return [(row[0], Item(*row[1:])) for row in rows]


class Catalogue:
    """Reads items. `scanning` serves the counts, so that they hold up nobody."""

    def __init__(self, reading: Connection, scanning: Connection) -> None:
        self._reading = reading
        self._scanning = scanning

    async def find(self, ref: ItemRef, sees_admins: bool) -> Item | None:
        """The item, deleted or not; None when there is none that this viewer may see."""
        condition, parameter = condition_of(ref)
        if parameter is None:
            return None
        row = await self._reading.row(f"SELECT {COLUMNS} FROM item WHERE {condition}", parameter)
        item = item_from_row(row) if row else None
        return None if item is None or (item.admins_only and not sees_admins) else item

    async def by_ids(self, ids: Sequence[int], sees_admins: bool) -> dict[int, Item]:
        """The items of `ids` that exist and that this viewer may see."""
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM item WHERE " + self._reading.dialect.one_of("id", "bigint"),
            self._reading.dialect.array(ids),
        )
        found = (item_from_row(row) for row in rows)
        return {item.id: item for item in found if sees_admins or not item.admins_only}

    async def levels(self, ids: Sequence[int]) -> dict[int, dict[int, int]]:
        """Item id → location id → quantity."""
        rows = await self._reading.rows(
            "SELECT item_id, location_id, quantity FROM level WHERE "
            + self._reading.dialect.one_of("item_id", "bigint")
            + " ORDER BY item_id, location_id",
            self._reading.dialect.array(ids),
        )
        levels: dict[int, dict[int, int]] = {item_id: {} for item_id in ids}
        for item_id, location_id, quantity in rows:
            levels[item_id][location_id] = quantity
        return levels

    async def page(
        self,
        wanted: ItemFilter,
        sort: ItemSort,
        descending: bool,
        limit: int,
        after: tuple[Any, int] | None,
        until: tuple[Any, int] | None = None,
        backwards: bool = False,
    ) -> list[tuple[Any, Item]]:
        """At most `limit` items after the place `after` (sort key, id), each with its sort key.

        until: those before this place; backwards: the last of them (keyset.py).
        """
        where = self._where(wanted)
        search_for = await self._search(where, wanted.search)
        if search_for.finds_nothing:
            return []
        if sort is ItemSort.STOCK:  # a cursor is the client's: it may be beyond 32 bits
            after, until = _within_32_bits(after), _within_32_bits(until)
        place = keyset(f"({sort.value}, id)", descending, after, until, backwards, "(?, ?)")
        order = f"ORDER BY {sort.value} {place.direction}, id {place.direction} LIMIT ?"
        selected = f"SELECT {sort.value}, {COLUMNS} FROM"
        if not search_for.common:
            rows = await self._reading.rows(
                f"{selected} item WHERE {where.sql} AND {place.condition} {order}",
                *where.parameters,
                *place.parameters,
                limit,
            )
            return in_order(_keyed(rows), backwards)
        rows = await self._reading.rows(
            f"{selected} (SELECT * FROM item WHERE {place.condition} {order}) walked "
            f"WHERE {where.sql} {order}",
            *place.parameters,
            ROWS_WALKED_MAX,
            *where.parameters,
            limit,
        )
        if len(rows) == limit:
            return in_order(_keyed(rows), backwards)
        self._intersect(where, search_for.common)
        rows = await self._scanning.rows(
            f"{selected} item WHERE {where.sql} AND {place.condition} {order}",
            *where.parameters,
            *place.parameters,
            limit,
        )
        return in_order(_keyed(rows), backwards)

    async def count(self, wanted: ItemFilter) -> int:
        """How many items match: reads them all, on a connection of its own."""
        where = self._where(wanted)
        search_for = await self._search(where, wanted.search)
        if search_for.finds_nothing:
            return 0
        self._intersect(where, search_for.common)
        row = await self._scanning.row(
            f"SELECT count(*) FROM item WHERE {where.sql}", *where.parameters
        )
        assert row is not None
        return int(row[0])

    def _where(self, wanted: ItemFilter) -> _Where:
        dialect = self._reading.dialect
        where = _Where()
        if not wanted.include_deleted:
            where.add("deleted_at IS NULL")
        if not wanted.include_archived:
            where.add("archived_at IS NULL")
        if not wanted.sees_admins:
            where.add("admins_only = 0")
        if wanted.categories is not None:
            where.add(dialect.one_of("category", "text"), dialect.array(wanted.categories))
        if wanted.skus is not None:
            keys = [values.lookup_key(sku, SKU_MAX) for sku in wanted.skus]
            where.add(dialect.one_of("sku_key", "text"), dialect.array(keys))
        if wanted.statuses is not None:
            where.add(_status_condition(wanted.statuses))
        return where

    async def _search(self, where: _Where, text: str | None) -> _Search:
        """Add the search to `where`, but for the lists of common words: see `_intersect`."""
        if text is None or not text.strip():
            return _Search()
        words = sorted(set(words_of(text[: search.SEARCH_MAX])), key=len, reverse=True)[
            : search.WORDS_MAX
        ]
        if not words:
            return _Search(finds_nothing=True)
        rarest: list[int] | None = None
        for word in words:
            found = await self._items_with(word)
            if found is not None and (rarest is None or len(found) < len(rarest)):
                rarest = found
        if rarest is not None:
            dialect = self._reading.dialect
            where.add(dialect.one_of("id", "bigint"), dialect.array(rarest))
        if rarest is None or len(words) > 1:
            for word in words:
                where.add("search_text LIKE ?", f"% {word}%")
        if rarest is None:
            return _Search(common=tuple(words))
        return _Search(finds_nothing=not rarest)

    @staticmethod
    def _intersect(where: _Where, common: Sequence[str]) -> None:
        """Only items that are in the lists of all these words."""
        lists = ["SELECT item_id FROM item_term WHERE term >= ? AND term < ?"] * len(common)
        if lists:
            ends = [end for word in common for end in (word, word + TERM_END)]
            where.add(f"id IN ({' INTERSECT '.join(lists)})", *ends)

    async def _items_with(self, word: str) -> list[int] | None:
        """The ids of items with a term that begins with `word`; None if they are many."""
        rows = await self._reading.rows(
            "SELECT item_id FROM item_term WHERE term >= ? AND term < ? LIMIT ?",
            word,
            word + TERM_END,
            MATCHES_FETCHED_MAX + 1,
        )
        if len(rows) > MATCHES_FETCHED_MAX:
            return None
        return sorted({row[0] for row in rows})


def condition_of(ref: ItemRef) -> tuple[str, Any]:
    """A condition with one placeholder, and its parameter; None where nothing can match."""
    match ref.by:
        case "id":
            return "id = ?", parse_id(ref.value)
        case "sku":
            return "sku_key = ?", ref.key
        case _:
            return "barcode = ?", ref.key


def _status_condition(statuses: Sequence[StockStatus]) -> str:
    conditions = {
        StockStatus.OUT_OF_STOCK: "stock = 0",
        StockStatus.LOW_STOCK: "(stock > 0 AND stock <= min_stock)",
        StockStatus.IN_STOCK: "(stock > 0 AND stock > min_stock)",
    }
    chosen = [conditions[status] for status in dict.fromkeys(statuses)]
    return f"({' OR '.join(chosen)})" if chosen else "1 = 0"
