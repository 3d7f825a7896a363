"""Reading items: one by its reference, many by filter, search, sort and keyset page.

A page is one statement over an index of its sort key, whatever the table's size: no offset,
and no count unless asked for. A search without a sort is ranked: ranked.py. One with a sort first
looks how common its words are:

- few items have one of them: those are fetched by id, tested for the other words, and sorted;
- many have each: the sort's own index is walked, for a bounded number of rows, and each row is
  tested, first by the signature that the index holds (texts/signatures.py); common words are met
  soon, unless the sort keeps them apart (all hammers after all candles);
- then the words' lists of items are intersected, and what is in all of them is sorted. That
  reads every match, on the connection for long reads.

A filter by locations does the same with what is kept there (kept_at.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection, Row
from graphql_api.database.dialect import Dialect
from graphql_api.database.keyset import in_order
from graphql_api.inventory.barcode_rows import items_with
from graphql_api.inventory.conditions import (
    Where,
    add_intersection,
    add_words,
    listed_by_category,
)
from graphql_api.inventory.item import (
    CATEGORY_MAX,
    COLUMNS,
    SKU_MAX,
    Item,
    ItemRef,
    StockStatus,
    item_from_row,
    parse_id,
)
from graphql_api.inventory.item_reading import ItemReader, item_reader
from graphql_api.inventory.kept_at import items_kept_at
from graphql_api.inventory.levels import Levels
from graphql_api.inventory.matching import Query, query_of
from graphql_api.inventory.ranked import WALK_BEGIN, Cut, Place, RankedSearch, wanted_rows
from graphql_api.inventory.sorted_read import SKU_AT, SortedRead
from graphql_api.inventory.suggestions import Suggestions
from graphql_api.inventory.sums import value_of, value_sums

ROWS_WALKED_MAX = 10_000  # of a sort's index, in search of common words: some 2 µs each
# Of them after the first go, which on PostgreSQL ends where the page is full.
SORT_GO = {Dialect.SQLITE: 1_000, Dialect.POSTGRES: 4_000}
SIGNED_GO = 4_000  # where signatures pass over most of them
KEPT_WALKED_MAX = 2_000  # likewise, in search of what is kept at locations: about 6 ms


class ItemSort(Enum):
    """The column that each sort goes by; ties go by id."""

    SKU = "sku_order"
    NAME = "name_key"
    STOCK = "stock"
    PRICE = "price"
    UPDATED_AT = "updated_at"


SORTS_BY_TEXT = frozenset({ItemSort.SKU, ItemSort.NAME})


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """None: not filtered by this. An empty tuple matches nothing. location_ids: items of which
    there is stock at any of these; with the places that lie in them."""

    categories: tuple[str, ...] | None = None
    statuses: tuple[StockStatus, ...] | None = None
    skus: tuple[str, ...] | None = None
    include_deleted: bool = False
    include_archived: bool = False
    search: str | None = None
    search_description: bool = False
    sees_admins: bool = False
    location_ids: tuple[int, ...] | None = None

    @property
    def query(self) -> Query | None:
        return query_of(self.search, self.search_description)


@dataclass(frozen=True, slots=True)
class ItemTotals:
    """Of a whole list. units: on hand, over all locations; value: at the items' prices, in
    ten-thousandths."""

    items: int
    units: int
    value: int


@dataclass(frozen=True, slots=True)
class _Search:
    """What is known of a search. common: it, if each of its words has many items; exact: the ids
    of items whose SKU or barcode it is; is_rare: few items have one of its words, and those are
    fetched."""

    common: Query | None = None
    exact: tuple[int, ...] = ()
    is_rare: bool = False

    def mask(self, dialect: Dialect) -> int:
        """Bits that the signatures have of all that it finds; 0: of the exact any may. PostgreSQL
        reads a sixth of all rows faster along the sort's index than each by its id."""
        mask = 0 if self.common is None or self.exact else self.common.mask
        return 0 if dialect is Dialect.POSTGRES and mask.bit_count() == 1 else mask


def _within_32_bits(place: tuple[Any, int] | None) -> tuple[Any, int] | None:
    return None if place is None else (max(-1, min(place[0], values.INT32_MAX)), place[1])


class Catalogue:
    """Reads items. `scanning` serves the counts, so that they hold up nobody."""

    def __init__(self, reading: Connection, scanning: Connection) -> None:
        self._reading = reading
        self._scanning = scanning
        self._ranked = RankedSearch(reading, scanning)
        self._suggestions = Suggestions(reading, self._ranked)

    async def find(self, ref: ItemRef, sees_admins: bool) -> Item | None:
        """The item, deleted or not; None when there is none that this viewer may see. A barcode
        is a living item's: a deleted one has given it free."""
        if ref.by == "barcode":
            item = (await items_with(self._reading, [ref.value])).get(ref.value)
            return None if item is None or (item.admins_only and not sees_admins) else item
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

    async def levels(self, ids: Sequence[int]) -> dict[int, Levels]:
        """Item id → location id → quantity, and what is held."""
        rows = await self._reading.rows(
            "SELECT item_id, location_id, quantity, held FROM level WHERE "
            + self._reading.dialect.one_of("item_id", "bigint")
            + " ORDER BY item_id, location_id",
            self._reading.dialect.array(ids),
        )
        levels = {item_id: Levels() for item_id in ids}
        for item_id, *level in rows:
            levels[item_id].put(*level)
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
        attributes: frozenset[str] | None = None,
    ) -> list[tuple[Any, Item]]:
        """At most `limit` items after the place `after` (sort key, id), each with its sort key, as
        `rows_of_page` reads them."""
        rows, reader = await self.rows_of_page(
            wanted, sort, descending, limit, after, until, backwards, attributes
        )
        read_item = reader.read
        return [(row[0], read_item(row)) for row in rows]

    async def rows_of_page(
        self,
        wanted: ItemFilter,
        sort: ItemSort,
        descending: bool,
        limit: int,
        after: tuple[Any, int] | None,
        until: tuple[Any, int] | None = None,
        backwards: bool = False,
        attributes: frozenset[str] | None = None,
    ) -> tuple[Sequence[Row], ItemReader]:
        """A page as rows, each with its sort key and then its id, and what reads them.

        until: those before this place; backwards: the last of them (keyset.py). attributes: what
        is asked of the items, so that no more is read (item_reading.py); None: all.
        """
        reader = item_reader(attributes, 1)
        where = await self._where(wanted)
        search_for = await self._search(where, wanted.query)
        if sort is ItemSort.STOCK:  # a cursor is the client's: it may be beyond 32 bits
            after, until = _within_32_bits(after), _within_32_bits(until)
        dialect = self._reading.dialect
        read = SortedRead(
            dialect, sort.value, reader.columns, descending, after, until, backwards,
            search_for.mask(dialect),
        )  # fmt: skip
        if not search_for.is_rare and (search_for.common is not None or where.all_kept):
            tests = where.copy()
            if search_for.common is not None:
                add_words(tests, dialect, search_for.common, search_for.exact)
            most = KEPT_WALKED_MAX if search_for.common is None else ROWS_WALKED_MAX
            rows, is_all = await self._walked(read, tests, most, limit)
            if not is_all:
                _add_lists(where, search_for)
                rows = await self._scanning.rows(*read.matching(where, limit))
        else:
            columns = f"{read.key}, {read.columns}"
            rows = await self._reading.page(columns, *read.matching(where, limit))
        return in_order(rows, backwards), reader

    async def _walked(
        self, read: SortedRead, tests: Where, most: int, limit: int
    ) -> tuple[Sequence[Row], bool]:
        """What is found among the sort's first `most` rows; most pages are full long before. And
        whether no more is to be found: the page is full, or these were all that there are."""
        found: list[Row] = []
        passed, size = 0, WALK_BEGIN
        while passed < most:
            size = min(size, most - passed)
            rows = await self._reading.rows(*read.walking(tests, size, limit - len(found)))
            last = rows[-1] if rows and rows[-1][SKU_AT] is None else None
            found += rows if last is None else rows[:-1]
            if last is None:
                return found, True
            read = read.beyond((last[0], last[1]))
            passed += size
            size = SORT_GO[self._reading.dialect]
            if read.mask:  # all rows of a go are read, though the page may be full before
                missing = limit - len(found)
                size = max(WALK_BEGIN, wanted_rows(passed, len(found), missing, SIGNED_GO))
        return found, False

    async def ranked(
        self,
        wanted: ItemFilter,
        limit: int,
        after: Place | None,
        until: Place | None = None,
        backwards: bool = False,
    ) -> list[tuple[Place, Item]]:
        """A page of a search in the order of how well items are found, each with its place
        (tier, term, id); after, until, backwards as in `page`. Empty for a search that filters
        nothing."""
        query = wanted.query
        if query is None:
            return []
        cut = Cut(limit, after, until, backwards)
        places = await self._ranked.page(query, await self._where(wanted), cut)
        items = await self.by_ids([place[2] for place in places], wanted.sees_admins)
        return [(place, items[place[2]]) for place in places if place[2] in items]

    async def suggestions(self, wanted: ItemFilter) -> list[str]:
        """Other spellings of a search that find something, the nearest first: for one that found
        little. See suggestions.py."""
        query = wanted.query
        if query is None:
            return []
        return await self._suggestions.of(query, await self._where(wanted))

    async def count(self, wanted: ItemFilter) -> int:
        """How many items match: reads them all, on a connection of its own."""
        (count,) = await self._sums(wanted, "count(*)")
        return int(count)

    async def totals(self, wanted: ItemFilter) -> ItemTotals:
        """How many items match, and what they come to: reads them all, as `count`."""
        count, units, *parts = await self._sums(
            wanted, f"count(*), sum(stock), {value_sums('stock')}"
        )
        return ItemTotals(int(count), int(units or 0), value_of(parts))

    async def _sums(self, wanted: ItemFilter, columns: str) -> Sequence[Any]:
        where = await self._where(wanted)
        search_for = await self._search(where, wanted.query)
        _add_lists(where, search_for)
        row = await self._scanning.row(
            f"SELECT {columns} FROM item WHERE {where.sql}", *where.parameters
        )
        assert row is not None
        return tuple(row)

    async def _where(self, wanted: ItemFilter) -> Where:
        dialect = self._reading.dialect
        where = Where()
        if not wanted.include_deleted:
            where.add("deleted_at IS NULL")
        if not wanted.include_archived:
            where.add("archived_at IS NULL")
        if not wanted.sees_admins:
            where.add("admins_only = 0")
        if wanted.categories is not None:
            keys = [values.lookup_key(name, CATEGORY_MAX) for name in wanted.categories]
            where.add(dialect.one_of("category_key", "text"), dialect.array(keys))
            if len(set(keys)) == 1 and not (wanted.include_deleted or wanted.sees_admins):
                where.within = [listed_by_category(keys[0])]
        if wanted.skus is not None:
            keys = [values.lookup_key(sku, SKU_MAX) for sku in wanted.skus]
            where.add(dialect.one_of("sku_key", "text"), dialect.array(keys))
        if wanted.statuses is not None:
            where.add(_status_condition(wanted.statuses))
        if wanted.location_ids is not None:
            kept = await items_kept_at(self._reading, wanted.location_ids)
            where.add(kept.condition[0], *kept.condition[1])
            where.all_kept = kept.all_of_them
        return where

    async def _search(self, where: Where, query: Query | None) -> _Search:
        """Add the search to `where`, unless all its words are common."""
        if query is None:
            return _Search()
        exact = [place[2] for place in await self._ranked.exact(query, where)]
        few = await self._ranked.few(query) if query.words else []
        if few is None:
            return _Search(query, tuple(exact))
        where.add_ids(self._reading.dialect, {*few, *exact})
        add_words(where, self._reading.dialect, query, exact)
        return _Search(is_rare=True)


def _add_lists(where: Where, search_for: _Search) -> None:
    """What reads every match: for where walking along the sort meets too few, and for counts."""
    if search_for.common is not None:
        add_intersection(where, search_for.common, search_for.exact)
    if where.all_kept is not None:
        where.add(where.all_kept[0], *where.all_kept[1])


def condition_of(ref: ItemRef) -> tuple[str, Any]:
    """By id or SKU: a condition with one placeholder, and its parameter; None: nothing matches."""
    match ref.by:
        case "id":
            return "id = ?", parse_id(ref.value)
        case _:
            return "sku_key = ?", ref.key


def _status_condition(statuses: Sequence[StockStatus]) -> str:
    conditions = {
        StockStatus.OUT_OF_STOCK: "stock = 0",
        StockStatus.LOW_STOCK: "(stock > 0 AND stock <= min_stock)",
        StockStatus.IN_STOCK: "(stock > 0 AND stock > min_stock)",
    }
    chosen = [conditions[status] for status in dict.fromkeys(statuses)]
    return f"({' OR '.join(chosen)})" if chosen else "1 = 0"
