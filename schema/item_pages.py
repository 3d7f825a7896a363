"""Pages of items: sorted, or by how well a search finds them. For the query `items`."""

from __future__ import annotations

import decimal
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import Any, cast

import strawberry
from strawberry import Parent

from graphql_api import values
from graphql_api.database.connection import Row
from graphql_api.engine.rows import Rows
from graphql_api.inventory import catalogue as reading
from graphql_api.inventory import items as domain
from graphql_api.inventory.catalogue import SORTS_BY_TEXT, Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.matching import Tier
from graphql_api.inventory.page_changes import Place, Stretch
from schema import kept
from schema.faces import computed, face_of
from schema.kept import Telling
from schema.pagination import INT32, Asked, Connection, asked, encode_place
from schema.scalars import Decimal

LITTLE = 3  # items: a search that finds fewer may have been misspelt
PageArguments = tuple[int | None, str | None, int | None, str | None]  # first, after, last, before
# Since the keys of these sorts are others than they were, so are the names that cursors hold: one
# of before would skip items silently.
_NAMES = {ItemSort.SKU: "SKU by numbers", ItemSort.NAME: "NAME by letters"}


@face_of(reading.ItemTotals, "What a whole list of items comes to. Counted only when asked for.")
class ItemTotals:
    items: int = strawberry.field(description="How many items.")
    value: Decimal = strawberry.field(description="All that is on hand of them, at its price.")

    @computed(
        f"On hand, over all locations; {values.INT32_MAX} stands for more too: see `unitsExact`.",
        kept=True,
    )
    @staticmethod
    def units(totals: Parent[reading.ItemTotals]) -> int:
        return min(totals.units, values.INT32_MAX)

    @computed("On hand, over all locations, whatever the sum: a whole number.", kept=True)
    @staticmethod
    def units_exact(totals: Parent[reading.ItemTotals]) -> Decimal:
        return Decimal(decimal.Decimal(totals.units))


@strawberry.type(name="InventoryItemConnection", description="One page of items.")
class ItemConnection(Connection[domain.Item]):
    suggested: strawberry.Private[Callable[[], Awaitable[list[str]]]]
    summed: strawberry.Private[Callable[[], Awaitable[reading.ItemTotals]]]

    @computed("What the whole list comes to. Counted only when asked for.", kept=True)
    async def totals(self) -> reading.ItemTotals:
        return await self.summed()

    @computed(
        "Other spellings of `search` that find something, the nearest first, at most 3: where it "
        f"found fewer than {LITTLE} items, on the first page. Else empty.",
        kept=True,
    )
    async def suggestions(self) -> list[str]:
        return await self.suggested()


async def sorted_page(
    teller: Telling,
    catalogue: Catalogue,
    wanted: ItemFilter,
    sort: ItemSort,
    descending: bool,
    arguments: PageArguments,
    attributes: frozenset[str] | None = None,
) -> ItemConnection:
    """Items by a sort key. attributes: what is asked of them; None: all. Raises BadRequest,
    CursorInvalid."""
    name = f"item {_NAMES.get(sort, sort.name)} {'DESC' if descending else 'ASC'}"
    page = asked(name, (_key_kind(sort), int), *arguments)
    ends = (_end(page.beyond), _end(page.until))
    rows, reader = await catalogue.rows_of_page(
        wanted,
        sort,
        descending,
        page.limit,
        *ends,
        page.backwards,
        attributes,
    )
    if teller.depends is not None:
        found = [(row[0], row[1]) for row in rows]
        stretch = Stretch.of_page(sort, descending, ends, found, page.limit, page.backwards)
        kept.on_item_page(teller, wanted, stretch, (item_id for _, item_id in found))

    def items(on_it: Sequence[Row]) -> Rows:
        return Rows(reader.layout, on_it, lambda _, row: reader.read(row))

    return _connection(
        teller, catalogue, wanted, page, name, rows, items, lambda row: [row[0], row[1]]
    )


def _end(place: list[Any] | None) -> Place | None:
    return None if place is None else (place[0], place[1])


async def ranked_page(
    teller: Telling, catalogue: Catalogue, wanted: ItemFilter, arguments: PageArguments
) -> ItemConnection:
    """Items by how well the search finds them. Raises BadRequest, CursorInvalid: also for a cursor
    of another search."""
    query = wanted.query
    assert query is not None
    asked_for = repr((query.words, query.sku_key, query.told)).encode()
    name = f"item RELEVANCE {blake2b(asked_for, digest_size=6).hexdigest()}"
    page = asked(name, (range(len(Tier)), str, int), *arguments)
    rows = await catalogue.ranked(
        wanted,
        page.limit,
        None if page.beyond is None else (page.beyond[0], page.beyond[1], page.beyond[2]),
        None if page.until is None else (page.until[0], page.until[1], page.until[2]),
        page.backwards,
    )
    kept.on_item_page(teller, wanted, None, (item.id for _, item in rows))

    def items(on_it: Sequence[tuple[Any, domain.Item]]) -> list[domain.Item]:
        return [item for _, item in on_it]

    return _connection(teller, catalogue, wanted, page, name, rows, items, lambda row: [*row[0]])


def _connection(
    teller: Telling,
    catalogue: Catalogue,
    wanted: ItemFilter,
    page: Asked,
    name: str,
    rows: Sequence[Any],
    items: Callable[[Sequence[Any]], Sequence[domain.Item]],
    place: Callable[[Any], list[Any]],
) -> ItemConnection:
    """A page of `rows`, which were read with `page.limit`. items: out of those that are on it;
    place: what a row's cursor tells."""
    size = page.limit - 1
    on_it = rows[-size:] if page.backwards else rows[:size]
    has_more = len(rows) > size
    has_next, has_previous = has_more, page.beyond is not None
    if page.backwards:
        has_next, has_previous = page.until is not None, has_more

    async def suggested() -> list[str]:
        is_part = page.beyond is not None or page.until is not None
        if is_part or len(rows) >= min(LITTLE, page.limit):
            return []
        kept.on_item_texts(teller)
        return await catalogue.suggestions(wanted)

    counted, summed = _sums(teller, catalogue, wanted)
    return ItemConnection(
        nodes=cast("list[domain.Item]", items(on_it)),
        cursors=lambda index: encode_place(name, place(on_it[index])),
        has_next=has_next,
        has_previous=has_previous,
        counted=counted,
        suggested=suggested,
        summed=summed,
    )


def _sums(
    teller: Telling, catalogue: Catalogue, wanted: ItemFilter
) -> tuple[Callable[[], Awaitable[int]], Callable[[], Awaitable[reading.ItemTotals]]]:
    """What counts a whole list, and what sums it up: called if it is asked for."""

    async def counted() -> int:
        kept.on_item_list(teller, wanted)
        return await catalogue.count(wanted)

    async def summed() -> reading.ItemTotals:
        kept.on_item_list(teller, wanted, sums=True)
        return await catalogue.totals(wanted)

    return counted, summed


def _key_kind(sort: ItemSort) -> type | range:
    """What a sort's key is, in a page cursor."""
    if sort in SORTS_BY_TEXT:
        return str
    return INT32 if sort is ItemSort.STOCK else int
