"""Items and locations: the face of graphql_api/inventory/items.py, catalogue.py, locations.py."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info as StrawberryInfo
from strawberry.types.arguments import InputContext

from graphql_api.accounts.roles import Role
from graphql_api.errors import BadRequest, Forbidden
from graphql_api.inventory import catalogue as reading
from graphql_api.inventory import items as domain
from graphql_api.inventory import locations as places
from graphql_api.inventory.items import Visibility as DomainVisibility
from graphql_api.inventory.search import SEARCH_MAX
from schema.alerts import Alert, item_alerts
from schema.context import Context
from schema.errors import UserError
from schema.node import Node, computed, enum_of, findable, from_input, id_of, required_id
from schema.pagination import (
    INT32,
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import FIELD_RULES, Rule, mutation, query
from schema.scalars import Cursor, DateTime, Decimal

if TYPE_CHECKING:
    from schema.stock import StockMovement

Info = StrawberryInfo[Context, None]

Visibility = enum_of(
    DomainVisibility,
    "Visibility",
    "Who may know of an item.",
    {
        "EVERYONE": "Whoever may read.",
        "ADMINS": "The item, its events and its alerts exist for ADMIN only.",
    },
)
StockStatus = enum_of(
    domain.StockStatus,
    "StockStatus",
    "What an item's stock and minStock come to.",
    {
        "IN_STOCK": "stock is above minStock.",
        "LOW_STOCK": "stock is at minStock or below, and not 0.",
        "OUT_OF_STOCK": "stock is 0.",
    },
)
ItemSort = enum_of(
    reading.ItemSort,
    "ItemSort",
    "What items are sorted by; ties go by id.",
    {
        "SKU": "By SKU, without case.",
        "NAME": "By name, without case.",
        "STOCK": "By stock over all locations.",
        "PRICE": "By price.",
        "UPDATED_AT": "By the moment of the last change.",
    },
)


@strawberry.enum(description="Which end comes first.")
class SortDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The smallest, or the oldest, first.")
    DESC = strawberry.enum_value("DESC", description="The largest, or the newest, first.")


@strawberry.type(description="A place where stock is kept.")
class Location(Node):
    code: str = strawberry.field(description="Short and unique, like `MAIN`.")
    name: str = strawberry.field(description="For people.")

    @classmethod
    def is_type_of(cls, obj: Any, _: Any) -> bool:
        return isinstance(obj, places.Location)


@strawberry.type(description="An item's quantity at one location.")
class StockLevel:
    location: Location = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="Whole units; never below 0.")


@strawberry.type(description="A thing kept in stock.")
class InventoryItem(Node):
    sku: str = strawberry.field(
        description="Its code; unique without case, deleted items included."
    )
    name: str = strawberry.field(description="For people.")
    description: str = strawberry.field(description="A longer text; may be empty.")
    category: str | None = strawberry.field(description="For filters.")
    barcode: str | None = strawberry.field(description="Unique when there.")
    unit: str = strawberry.field(description='What one is: "unit", "kg", "box" …')
    price: Decimal = strawberry.field(description="For one unit; at most four decimals.")

    @computed("What one unit costs us. ADMIN; null for every other role.")
    def cost(self: Any, info: Info) -> Decimal | None:
        viewer = info.context.viewer
        needed = FIELD_RULES["InventoryItem", "cost"]
        allowed = viewer is not None and viewer.role.includes(needed)
        return self.cost_units if allowed else None

    stock: int = strawberry.field(description="On hand over all locations, whole units.")
    min_stock: int = strawberry.field(
        description="LOW_STOCK when stock <= minStock, OUT_OF_STOCK when stock = 0."
    )
    status: StockStatus = strawberry.field(  # type: ignore[valid-type]
        description="What stock and minStock come to."
    )
    visibility: Visibility = strawberry.field(  # type: ignore[valid-type]
        description="Who may know of it."
    )
    version: int = strawberry.field(
        description="One more for every change of the item or of its stock."
    )
    deleted_at: DateTime | None = strawberry.field(
        description="When it was deleted; null when it was not."
    )
    created_at: DateTime = strawberry.field(description="When it was created.")
    updated_at: DateTime = strawberry.field(description="When it or its stock last changed.")

    @computed("Its quantity at each location where it has ever been.")
    async def levels(self: Any, info: Info) -> list[StockLevel]:
        quantities = self.level_quantities
        if quantities is None:
            quantities = await info.context.loaders.levels.load(self.id)
        locations = await info.context.loaders.location.load_many(list(quantities))
        return [
            StockLevel(location=location, quantity=quantities[location.id])  # type: ignore[arg-type]
            for location in locations
            if location is not None
        ]

    @computed("Its ledger, newest first.")
    async def movements(
        self: Any,
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[StockMovement, strawberry.lazy("schema.stock")]]:
        page = asked("movement", (int,), first, after, last, before)
        key = (self.id, page.limit, *page.ids, page.backwards)
        counts = info.context.loaders.movement_count
        rows = await info.context.loaders.movements.load(key)
        return connection(
            rows,
            lambda movement: [movement.id],
            "movement",
            first,
            after,
            lambda: counts.load(self.id),
            last,
            before,
        )

    @computed("Its alerts, live and resolved, newest first.")
    async def alerts(
        self: Any,
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Alert]:
        return await item_alerts(self.id, info, first, after, last, before)

    @classmethod
    def is_type_of(cls, obj: Any, _: Any) -> bool:
        return isinstance(obj, domain.Item)


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


@strawberry.input(description="Which items; what is absent or null does not filter.")
class ItemFilter:
    categories: list[str] | None = strawberry.field(description="Any of these.", default=None)
    statuses: list[StockStatus] | None = strawberry.field(  # type: ignore[valid-type]
        description="Any of these.", default=None
    )
    skus: list[str] | None = strawberry.field(
        description="Any of these, without case.", default=None
    )
    include_deleted: bool | None = strawberry.field(description="Deleted items too.", default=False)


@strawberry.input(description="How items are sorted.")
class ItemOrder:
    by: ItemSort = strawberry.field(description="The sort key.")  # type: ignore[valid-type]
    direction: SortDirection = strawberry.field(
        description="Which end comes first.", default=SortDirection.ASC
    )


@strawberry.input(description="A new item.")
class CreateItemInput:
    sku: str = strawberry.field(description="At most 64 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")
    description: str | None = strawberry.field(description="At most 5,000 characters.", default="")
    category: str | None = strawberry.field(description="At most 100 characters.", default=None)
    barcode: str | None = strawberry.field(
        description="At most 64 characters; unique.", default=None
    )
    unit: str | None = strawberry.field(description="At most 32 characters.", default="unit")
    price: Decimal = strawberry.field(
        description="Not negative, at most four decimals.",
        default=Decimal(decimal.Decimal("0")),
    )
    cost: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals.", default=None
    )
    min_stock: int = strawberry.field(description="At this stock and below, it is low.", default=0)
    initial_stock: int = strawberry.field(
        description="Becomes its first movement, a RECEIPT.", default=0
    )
    location: strawberry.ID | None = strawberry.field(
        description="Where the initial stock is; the default location if absent.", default=None
    )
    visibility: Visibility = strawberry.field(  # type: ignore[valid-type]
        description="Who may know of it.", default=DomainVisibility.EVERYONE
    )


@strawberry.input(description="Changes of an item; an absent field stays as it is.")
class UpdateItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        description="VERSION_CONFLICT unless the item is at this version.", default=None
    )
    sku: str | None = strawberry.field(
        description="At most 64 characters.", default=strawberry.UNSET
    )
    name: str | None = strawberry.field(
        description="At most 200 characters.", default=strawberry.UNSET
    )
    description: str | None = strawberry.field(
        description="At most 5,000 characters.", default=strawberry.UNSET
    )
    category: str | None = strawberry.field(
        description="At most 100 characters; null takes it away.", default=strawberry.UNSET
    )
    barcode: str | None = strawberry.field(
        description="At most 64 characters; null takes it away.", default=strawberry.UNSET
    )
    unit: str | None = strawberry.field(
        description="At most 32 characters.", default=strawberry.UNSET
    )
    price: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals.", default=strawberry.UNSET
    )
    cost: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals; null: unknown.",
        default=strawberry.UNSET,
    )
    min_stock: int | None = strawberry.field(description="Not negative.", default=strawberry.UNSET)
    visibility: Visibility | None = strawberry.field(  # type: ignore[valid-type]
        description="ADMINS hides its past events too.", default=strawberry.UNSET
    )
    lease_token: str | None = strawberry.field(
        description="LEASE_LOST unless it is of the item's newest edit lease (takeEditLease). "
        "Absent: changed whoever has the lease.",
        default=None,
    )


@strawberry.input(description="Deletes an item; its history stays.")
class DeleteItemInput:
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        description="VERSION_CONFLICT unless the item is at this version.", default=None
    )


@strawberry.type(description="The item right after the change, or why it was not changed.")
class ItemPayload:
    item: InventoryItem | None = strawberry.field(description="As it stands now.", default=None)
    cursor: Cursor | None = strawberry.field(
        description="The change's place in the event log.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.input(description="A new location.")
class CreateLocationInput:
    code: str = strawberry.field(description="At most 32 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")


@strawberry.type(description="The new location, or why there is none.")
class LocationPayload:
    location: Location | None = strawberry.field(description="As it stands now.", default=None)
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class ItemQueries:
    @query(Rule.VIEWER, "One item, deleted or not; null when there is none you may see.")
    async def item(
        self, info: Info, ref: Annotated[ItemRef, strawberry.argument("By id, SKU or barcode.")]
    ) -> InventoryItem | None:
        catalogue = info.context.services.catalogue
        return await catalogue.find(as_ref(ref), info.context.sees_admins)  # type: ignore[return-value]

    @query(
        Rule.VIEWER,
        "Items, by SKU unless told otherwise. `search` finds words of SKU, name, barcode and "
        "category by their beginning, all of them.",
    )
    async def items(
        self,
        info: Info,
        where: Annotated[ItemFilter | None, strawberry.argument("Which; all if absent.")] = None,
        search: Annotated[
            str | None, strawberry.argument("Words to find, without case and accents.")
        ] = None,
        order_by: Annotated[
            ItemOrder | None, strawberry.argument("By SKU, smallest first, if absent.")
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[InventoryItem]:
        catalogue = info.context.services.catalogue
        wanted = _filter(where, search, info.context.sees_admins)
        sort: reading.ItemSort = order_by.by if order_by else reading.ItemSort.SKU
        descending = order_by is not None and order_by.direction is SortDirection.DESC
        name = f"item {sort.name} {'DESC' if descending else 'ASC'}"
        page = asked(name, (_key_kind(sort), int), first, after, last, before)
        rows = await catalogue.page(
            wanted,
            sort,
            descending,
            page.limit,
            None if page.beyond is None else (page.beyond[0], page.beyond[1]),
            None if page.until is None else (page.until[0], page.until[1]),
            page.backwards,
        )
        keys = {item.id: key for key, item in rows}
        return connection(
            [item for _, item in rows],
            lambda item: [keys[item.id], item.id],
            name,
            first,
            after,
            lambda: catalogue.count(wanted),
            last,
            before,
        )

    @query(Rule.VIEWER, "All locations, by code.")
    async def locations(self, info: Info) -> list[Location]:
        return await info.context.services.locations.all()  # type: ignore[return-value]


@strawberry.type
class ItemMutations:
    @mutation(Rule.USER, ItemPayload, "Create an item, with its first stock if you like.")
    async def create_item(
        self, info: Info, input: Annotated[CreateItemInput, strawberry.argument("The item.")]
    ) -> ItemPayload:
        fields = domain.checked_fields(
            {
                "sku": input.sku,
                "name": input.name,
                "description": input.description or "",
                "category": input.category,
                "barcode": input.barcode,
                "unit": "unit" if input.unit is None else input.unit,
                "price": input.price,
                "cost": input.cost,
                "minStock": input.min_stock,
                "initialStock": input.initial_stock,
                "visibility": input.visibility,
            },
            ("input",),
        )
        _refuse_hidden_fields(info.context, input.visibility, input.cost)
        command = domain.NewItem(
            **fields,
            location_id=id_of(input.location),
            user_id=info.context.signed_in.user_id,
            sees_admins=info.context.sees_admins,
        )
        return _payload(await info.context.services.items.create(command))

    @mutation(Rule.USER, ItemPayload, "Change an item; an absent field stays as it is.")
    async def update_item(
        self,
        info: Info,
        input: Annotated[UpdateItemInput, strawberry.argument("Which item, and its changes.")],
    ) -> ItemPayload:
        given = {
            name: value
            for name, value in (
                ("sku", input.sku),
                ("name", input.name),
                ("description", input.description),
                ("category", input.category),
                ("barcode", input.barcode),
                ("unit", input.unit),
                ("price", input.price),
                ("cost", input.cost),
                ("minStock", input.min_stock),
                ("visibility", input.visibility),
            )
            if value is not strawberry.UNSET
        }
        changes = domain.checked_fields(given, ("input",))
        _refuse_hidden_fields(
            info.context, input.visibility or None, True if "cost" in given else None
        )
        command = domain.ItemChange(
            required_id(input.id),
            input.expected_version,
            changes,
            info.context.signed_in.user_id,
            info.context.sees_admins,
            input.lease_token,
        )
        return _payload(await info.context.services.items.change(command))

    @mutation(Rule.USER, ItemPayload, "Delete an item, softly: its history stays.")
    async def delete_item(
        self, info: Info, input: Annotated[DeleteItemInput, strawberry.argument("Which item.")]
    ) -> ItemPayload:
        command = domain.ItemRemoval(
            required_id(input.id),
            input.expected_version,
            info.context.signed_in.user_id,
            info.context.sees_admins,
        )
        return _payload(await info.context.services.items.remove(command))

    @mutation(Rule.USER, LocationPayload, "Add a location.")
    async def create_location(
        self,
        info: Info,
        input: Annotated[CreateLocationInput, strawberry.argument("The location.")],
    ) -> LocationPayload:
        command = places.NewLocation(input.code, input.name)
        location = await info.context.services.locations.create(command)
        return LocationPayload(location=location)  # type: ignore[arg-type]


def _key_kind(sort: reading.ItemSort) -> type | range:
    """What a sort's key is, in a page cursor."""
    if sort in reading.SORTS_BY_TEXT:
        return str
    return INT32 if sort is reading.ItemSort.STOCK else int


def _filter(where: ItemFilter | None, search: str | None, sees_admins: bool) -> reading.ItemFilter:
    if search is not None and len(search) > SEARCH_MAX:
        raise BadRequest(f"search has {len(search)} characters; at most {SEARCH_MAX} are allowed.")
    if where is None:
        return reading.ItemFilter(search=search, sees_admins=sees_admins)
    return reading.ItemFilter(
        categories=None if where.categories is None else tuple(map(findable, where.categories)),
        statuses=None if where.statuses is None else tuple(where.statuses),
        skus=None if where.skus is None else tuple(map(findable, where.skus)),
        include_deleted=bool(where.include_deleted),
        search=search,
        sees_admins=sees_admins,
    )


def _payload(result: domain.ItemResult) -> ItemPayload:
    return ItemPayload(item=result.item, cursor=Cursor(result.cursor))  # type: ignore[arg-type]


def _refuse_hidden_fields(
    context: Context, visibility: DomainVisibility | None, cost: object
) -> None:
    """Who cannot see a thing cannot set it: cost, and what is visible to ADMINS only."""
    if context.signed_in.role is Role.ADMIN:
        return
    if cost is not None:
        raise Forbidden("Only ADMIN sets the cost.", ("input", "cost"))
    if visibility is DomainVisibility.ADMINS:
        raise Forbidden("Only ADMIN hides an item.", ("input", "visibility"))
