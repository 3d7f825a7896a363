"""Reading items, and what happens to them: the face of graphql_api/inventory/catalogue.py.

What an item has is in item_fields.py; item_changes.py changes items.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.types.arguments import InputContext

from graphql_api import values
from graphql_api.delivery.filters import EVERYTHING, Axis, Filter
from graphql_api.engine.selected import read_attributes
from graphql_api.errors import BadRequest
from graphql_api.events.log import Event
from graphql_api.inventory import catalogue as reading
from graphql_api.inventory import items as domain
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.categories import category_key
from graphql_api.inventory.facts import ItemTold, StockDetails
from graphql_api.inventory.item import CATEGORY_MAX
from graphql_api.inventory.items import SKU_MAX
from graphql_api.inventory.locations import Location
from graphql_api.inventory.noun import NOUN
from graphql_api.inventory.search import SEARCH_MAX
from graphql_api.inventory.stock import ActionType
from graphql_api.said import said
from schema import kept
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, from_input, plain_input
from schema.item_pages import ItemConnection, ranked_page, sorted_page
from schema.locations import chosen_locations, location_by_id
from schema.node import findable, required_id
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Before,
    First,
    Last,
)
from schema.permissions import Rule, query, subscription
from schema.scalars import Cursor, DateTime
from schema.sentences import Sentence
from schema.streams import FromCursor, StreamEvent, bounded, follow

enum_of(
    reading.ItemSort,
    "ItemSort",
    "What items are sorted by; ties go by id.",
    {
        "SKU": "By SKU, without case; numbers in it by their value: R2, R10.",
        "NAME": "By name, without case and accents: ähre, Apfel; numbers by their value.",
        "STOCK": "By stock over all locations.",
        "PRICE": "By price.",
        "UPDATED_AT": "By the moment of the last change.",
    },
)


@strawberry.enum(description="Which end comes first.")
class SortDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The smallest, or the oldest, first.")
    DESC = strawberry.enum_value("DESC", description="The largest, or the newest, first.")


@strawberry.input(one_of=True, description="Names an item: by exactly one of these.")
class ItemRef:
    id: strawberry.ID | None = strawberry.field(description="Its id.", default=strawberry.UNSET)
    sku: str | None = strawberry.field(
        description="Its SKU, without case.", default=strawberry.UNSET
    )
    barcode: str | None = strawberry.field(description="Its barcode.", default=strawberry.UNSET)


def item_ref(_: type, given: Mapping[str, Any], __: InputContext) -> domain.ItemRef:
    """An ItemRef straight as the use cases take it: batches have hundreds of them."""
    ((by, value),) = given.items()
    return domain.ItemRef(by, findable(value))


from_input(ItemRef, item_ref)


def as_ref(given: Any) -> domain.ItemRef:
    """An ItemRef argument as what `item_ref` has made of it."""
    assert isinstance(given, domain.ItemRef)
    return given


@plain_input
@strawberry.input(description="Which items; what is absent or null does not filter.")
class ItemFilter:
    categories: list[str] | None = strawberry.field(description="Any of these.", default=None)
    statuses: list[domain.StockStatus] | None = strawberry.field(
        description="Any of these.", default=None
    )
    skus: list[str] | None = strawberry.field(
        description="Any of these, without case.", default=None
    )
    include_deleted: bool | None = strawberry.field(description="Deleted items too.", default=False)
    include_archived: bool | None = strawberry.field(
        description="Archived items too.", default=False
    )
    search_description: bool | None = strawberry.field(
        description="`search` looks into descriptions too; what is found there comes last.",
        default=False,
    )
    location_ids: list[strawberry.ID] | None = strawberry.field(
        description="With stock at any of these locations, or at a place that lies in one.",
        default=None,
    )


@plain_input
@strawberry.input(description="How items are sorted.")
class ItemOrder:
    by: reading.ItemSort = strawberry.field(description="The sort key.")
    direction: SortDirection = strawberry.field(
        description="Which end comes first.", default=SortDirection.ASC
    )


@strawberry.type(description="The item right after the change, or why it was not changed.")
class ItemPayload:
    item: domain.Item | None = strawberry.field(description="As it stands now.", default=None)
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )
    warnings: list[str] = strawberry.field(
        description="What is odd in what was done all the same, like a barcode's check digit.",
        default_factory=list,
    )
    warning_sentences: list[Sentence] = strawberry.field(
        description="The same, with what a translation needs.", default_factory=list
    )


@strawberry.type
class ItemQueries:
    @query(
        Rule.VIEWER,
        "One item, archived and deleted ones too; null when there is none you may see.",
        kept=True,
    )
    async def item(
        self, info: Info, ref: Annotated[ItemRef, strawberry.argument("By id, SKU or barcode.")]
    ) -> domain.Item | None:
        context, named = info.context, as_ref(ref)
        found = await context.services.of(Catalogue).find(named, context.sees_admins)
        kept.on_item_ref(context, named, None if found is None else found.id)
        return found

    @query(
        Rule.VIEWER,
        "Items. `search` finds words of SKU, name, barcode and category by their beginning, all of "
        "them, and part numbers by their inner parts.",
        kept=True,
    )
    async def items(
        self,
        info: Info,
        where: Annotated[ItemFilter | None, strawberry.argument("Which; all if absent.")] = None,
        search: Annotated[
            str | None,
            strawberry.argument("Words to find, without case, accents and punctuation."),
        ] = None,
        order_by: Annotated[
            ItemOrder | None,
            strawberry.argument(
                "If absent: a search's best first, an exact SKU or barcode before all; without a "
                "search by SKU."
            ),
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ItemConnection:
        catalogue = info.context.services.of(Catalogue)
        wanted = await _filter(where, search, info.context)
        arguments = (first, after, last, before)
        if order_by is None and wanted.query is not None:
            return await ranked_page(info.context, catalogue, wanted, arguments)
        sort: reading.ItemSort = order_by.by if order_by else reading.ItemSort.SKU
        descending = order_by is not None and order_by.direction is SortDirection.DESC
        read = read_attributes(info, "InventoryItem")
        return await sorted_page(info.context, catalogue, wanted, sort, descending, arguments, read)


async def _filter(
    where: ItemFilter | None, search: str | None, context: Context
) -> reading.ItemFilter:
    if search is not None and len(search) > SEARCH_MAX:
        raise BadRequest(
            said(
                "search has {count} characters; at most {most} are allowed.",
                count=len(search),
                most=SEARCH_MAX,
            )
        )
    search = None if search is None else findable(search)
    if where is None:
        return reading.ItemFilter(search=search, sees_admins=context.sees_admins)
    return reading.ItemFilter(
        categories=None if where.categories is None else tuple(map(findable, where.categories)),
        statuses=None if where.statuses is None else tuple(where.statuses),
        skus=None if where.skus is None else tuple(map(findable, where.skus)),
        include_deleted=bool(where.include_deleted),
        include_archived=bool(where.include_archived),
        search=search,
        search_description=bool(where.search_description),
        sees_admins=context.sees_admins,
        location_ids=await chosen_locations(context, where.location_ids),
    )


enum_of(
    domain.UpdateType,
    "InventoryUpdateType",
    "What happened to an item.",
    {
        "CREATED": "It is new; its opening stock is in it.",
        "UPDATED": "Something else than its stock changed; it was archived or restored too.",
        "DELETED": "It was deleted.",
        "STOCK_UPDATED": "Its stock changed; `details` tell how.",
    },
)


@strawberry.type(description="How stock changed.")
class StockChangeDetails:
    old_stock: int | None = strawberry.field(description="Over all locations, before.")
    new_stock: int | None = strawberry.field(description="Over all locations, after.")
    quantity: int | None = strawberry.field(
        description="The signed change; for a TRANSFER, how many units moved."
    )
    action_type: ActionType | None = strawberry.field(description="Why.")
    location_id: strawberry.Private[int | None] = None
    from_id: strawberry.Private[int | None] = None

    @computed("Where; for a TRANSFER, where it arrived. Null in events of older versions.")
    async def location(self, info: Info) -> Location | None:
        return await location_by_id(info, self.location_id)

    @computed("For a TRANSFER, where it left.", name="from")
    async def from_(self, info: Info) -> Location | None:
        return await location_by_id(info, self.from_id)


@strawberry.type(description="An item was created, changed or deleted, or its stock changed.")
class InventoryUpdate(StreamEvent):
    type: domain.UpdateType = strawberry.field(description="What happened.")
    item: domain.Item = strawberry.field(description="As it stood right after this change.")
    user_id: strawberry.ID | None = strawberry.field(description="Who did it.")
    details: StockChangeDetails | None = strawberry.field(description="For STOCK_UPDATED.")


@plain_input
@strawberry.input(description="Which updates; what is absent or null does not filter.")
class InventoryUpdateFilter:
    item_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of any of these items.", default=None
    )
    skus: list[str] | None = strawberry.field(
        description="Of items with any of these SKUs, without case.", default=None
    )
    categories: list[str] | None = strawberry.field(
        description="Of items in any of these categories.", default=None
    )
    types: list[domain.UpdateType] | None = strawberry.field(
        description="Any of these.", default=None
    )
    location_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of stock that moved at any of these locations, or at a place that lay in one "
        "when it happened; other changes: of items that have been kept there.",
        default=None,
    )


@strawberry.type
class ItemSubscriptions:
    @subscription(Rule.VIEWER, "Every change of items and stock that you may see.")
    def inventory_updated(
        self,
        info: Info,
        after: FromCursor = None,
        where: Annotated[
            InventoryUpdateFilter | None, strawberry.argument("Which; all if absent.")
        ] = None,
    ) -> AsyncIterable[InventoryUpdate]:
        kinds = where.types if where and where.types is not None else domain.UpdateType
        return follow(info, domain.TOPIC, kinds, _update, after, _update_filter(where))


_ITEM = Axis("item", lambda event: (event.payload.item.id,))
_SKU = Axis("SKU", lambda event: (values.folded(event.payload.item.sku),))
_PLACE = Axis("place", lambda event: event.payload.places.union(event.payload.around))
_CATEGORY = Axis("category", lambda event: (category_key(event.payload.item.category),))


def _update_filter(where: InventoryUpdateFilter | None) -> Filter:
    if where is None:
        return EVERYTHING
    ids = bounded("itemIds", where.item_ids)
    skus = bounded("skus", where.skus)
    categories = bounded("categories", where.categories)
    places = bounded("locationIds", where.location_ids)
    return Filter.of(
        (_ITEM, None if ids is None else map(required_id, ids)),
        (_SKU, None if skus is None else [values.lookup_key(sku, SKU_MAX) for sku in skus]),
        (_PLACE, None if places is None else map(required_id, places)),
        (
            _CATEGORY,
            None
            if categories is None
            else [values.lookup_key(category, CATEGORY_MAX) for category in categories],
        ),
    )


def _update(event: Event, cursor: Cursor) -> InventoryUpdate:
    told: ItemTold = event.payload
    user_id: Any = told.user_id
    return InventoryUpdate(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        type=domain.UpdateType(event.kind),
        item=domain.item_of(told.item),
        user_id=user_id,
        details=None if told.details is None else _details(told.details),
    )


def _details(told: StockDetails) -> StockChangeDetails:
    return StockChangeDetails(
        old_stock=told.old_stock,
        new_stock=told.new_stock,
        quantity=told.quantity,
        action_type=ActionType(told.action_type),
        location_id=told.location_id,
        from_id=told.from_id,
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, domain.Item]:
    return await context.services.of(Catalogue).by_ids(ids, context.sees_admins)


FACE = Face(noun=NOUN, nodes=_nodes, queries=ItemQueries, subscriptions=ItemSubscriptions)
