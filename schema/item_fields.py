"""What an item has: its type, and the inputs that create and change it.

The face of `Item` and `ITEM_RULES` in graphql_api/inventory/item.py; items.py reads items, and
item_changes.py hands on what the inputs say.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping

import orjson
import strawberry
from strawberry import Parent

from graphql_api.alerts import lifecycle
from graphql_api.attachments.attachment import Attachment
from graphql_api.inventory import items as domain
from graphql_api.inventory.barcodes import ItemBarcode
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.item_history import ItemFieldChange
from graphql_api.inventory.items import Visibility
from graphql_api.inventory.levels import Levels
from graphql_api.inventory.reorder import WINDOW_DAYS
from graphql_api.inventory.stock import Movement
from graphql_api.inventory.units import ItemUnit
from graphql_api.services import Services
from schema import kept
from schema.alerts import item_alerts, suggestion
from schema.attachments import attachments_of, pictures_of
from schema.context import Info
from schema.faces import computed, enum_of, face_of
from schema.item_history import item_changes
from schema.loaders import PageKey, pages
from schema.locations import StockLevel
from schema.node import Node
from schema.packaging import ItemBarcodeInput, ItemUnitInput, QuantityInput
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import FIELD_RULES
from schema.scalars import JSON, DateTime, Decimal, money

enum_of(
    Visibility,
    "Visibility",
    "Who may know of an item.",
    {
        "EVERYONE": "Whoever may read.",
        "ADMINS": "The item, its events and its alerts exist for ADMIN only.",
    },
)
enum_of(
    domain.StockStatus,
    "StockStatus",
    "What an item's stock and minStock come to.",
    {
        "IN_STOCK": "stock is above minStock.",
        "LOW_STOCK": "stock is at minStock or below, and not 0.",
        "OUT_OF_STOCK": "stock is 0.",
    },
)


async def _levels(services: Services, ids: list[int]) -> Mapping[int, Levels]:
    return await services.of(Catalogue).levels(ids)


async def _movements(services: Services, keys: list[PageKey]) -> Mapping[PageKey, list[Movement]]:
    return await pages(services.of(History).pages, keys)


async def _movement_counts(services: Services, ids: list[int]) -> Mapping[int, int]:
    return await services.of(History).counts(ids)


@face_of(domain.Item, "A thing kept in stock.")
class InventoryItem(Node):
    sku: str = strawberry.field(
        description="Its code; unique without case, deleted items included."
    )
    name: str = strawberry.field(description="For people.")
    description: str = strawberry.field(description="A longer text; may be empty.")
    category: str | None = strawberry.field(description="For filters: without case and form.")
    barcode: str | None = strawberry.field(description="The first of its barcodes.")
    barcodes: list[ItemBarcode] = strawberry.field(
        description="All of them, unique over all living items; a deleted item's are free."
    )
    unit: str = strawberry.field(
        description='Its base unit, in whole numbers of which it is kept: "unit", "g", "box" …'
    )
    units: list[ItemUnit] = strawberry.field(
        description="The units in which its quantities may be told, the base unit first."
    )

    @computed("The unit that people think in: one of its units.", kept=True)
    @staticmethod
    def display_unit(item: Parent[domain.Item]) -> str:
        return item.shown_unit

    price: Decimal = strawberry.field(description="For one unit; at most four decimals.")

    @computed("What one unit costs us. ADMIN; null for every other role.", kept=True)
    @staticmethod
    def cost(item: Parent[domain.Item], info: Info) -> Decimal | None:
        role = info.context.role
        allowed = role is not None and role.includes(FIELD_RULES["InventoryItem", "cost"])
        return money(item.cost) if allowed and item.cost is not None else None

    stock: int = strawberry.field(description="On hand over all locations, whole units.")
    held: int = strawberry.field(description="How many of them are set aside by holds.")
    available: int = strawberry.field(
        description="What can be sold: stock - held. Below 0 when goods that were held are gone."
    )
    min_stock: int = strawberry.field(
        description="LOW_STOCK when stock <= minStock, OUT_OF_STOCK when stock = 0."
    )
    status: domain.StockStatus = strawberry.field(description="What stock and minStock come to.")
    lead_time_days: int | None = strawberry.field(
        description="In how many days an order of it comes; null: in REORDER_LEAD_TIME_DAYS."
    )
    visibility: Visibility = strawberry.field(description="Who may know of it.")
    version: int = strawberry.field(
        description="One more for every change of the item or of its stock."
    )
    deleted_at: DateTime | None = strawberry.field(
        description="When it was deleted; null when it was not."
    )
    archived_at: DateTime | None = strawberry.field(
        description="When it was archived: out of lists, without alerts, but booked as ever; null "
        "when it was not."
    )

    @computed("What it has beside: names and texts, as files bring them.", kept=True)
    @staticmethod
    def attributes(item: Parent[domain.Item]) -> JSON:
        return JSON({} if item.attributes is None else orjson.loads(item.attributes))

    created_at: DateTime = strawberry.field(description="When it was created.")
    updated_at: DateTime = strawberry.field(description="When it or its stock last changed.")

    @computed("Its quantity at each location where it has ever been.", kept=True)
    @staticmethod
    async def levels(item: Parent[domain.Item], info: Info) -> list[StockLevel]:
        kept.on_items(info.context, [item.id])
        levels = item.level_quantities
        if levels is None:
            levels = await info.context.loaders.of(_levels).load(item.id)
        locations = await info.context.loaders.location.load_many(list(levels))
        return [
            StockLevel(
                location=location,
                quantity=levels[location.id],
                held=levels.held.get(location.id, 0),
                available=levels.free(location.id),
                item_id=item.id,
            )
            for location in locations
            if location is not None
        ]

    @computed("Its ledger, newest first.")
    @staticmethod
    async def movements(
        item: Parent[domain.Item],
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Movement]:
        page = asked("movement", (int,), first, after, last, before)
        key = (item.id, page.limit, *page.ids, page.backwards)
        counts = info.context.loaders.of(_movement_counts)
        rows = await info.context.loaders.of(_movements).load(key)
        return connection(
            rows,
            lambda movement: [movement.id],
            "movement",
            first,
            after,
            lambda: counts.load(item.id),
            last,
            before,
        )

    @computed(
        "How much to order so that the stock lasts REORDER_COVER_DAYS days at the pace of the "
        f"last {WINDOW_DAYS} days, with `minStock` still there; null where nothing says how much "
        "is enough: no sale and no minimum, or it is archived or deleted."
    )
    @staticmethod
    async def suggested_quantity(item: Parent[domain.Item], info: Info) -> int | None:
        return await suggestion(item.id, None, info)

    @computed("What became of its fields, by whom and when, newest first; kept for ever.")
    @staticmethod
    async def changes(
        item: Parent[domain.Item],
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ItemFieldChange]:
        return await item_changes(item.id, info, first, after, last, before)

    @computed("Its alerts, live and resolved, newest first.")
    @staticmethod
    async def alerts(
        item: Parent[domain.Item],
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[lifecycle.Alert]:
        return await item_alerts(item.id, info, first, after, last, before)

    @computed("Its pictures and other files: pictures first, the main one first of all.")
    @staticmethod
    async def attachments(item: Parent[domain.Item], info: Info) -> list[Attachment]:
        return await attachments_of(item.id, info)

    @computed("Those of its attachments that are pictures, the main one first.")
    @staticmethod
    async def pictures(item: Parent[domain.Item], info: Info) -> list[Attachment]:
        return await pictures_of(item.id, info)

    @computed("The first of its pictures; null when it has none.")
    @staticmethod
    async def main_picture(item: Parent[domain.Item], info: Info) -> Attachment | None:
        return next(iter(await pictures_of(item.id, info)), None)


@strawberry.input(description="A new item.")
class CreateItemInput:
    sku: str = strawberry.field(description="At most 64 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")
    description: str | None = strawberry.field(description="At most 5,000 characters.", default="")
    category: str | None = strawberry.field(description="At most 255 characters.", default=None)
    barcode: str | None = strawberry.field(
        description="At most 64 characters; unique.", default=None
    )
    barcodes: list[ItemBarcodeInput] | None = strawberry.field(
        description="All of them, at most 20; `barcode`, if given too, is their first.",
        default=None,
    )
    unit: str | None = strawberry.field(description="At most 32 characters.", default="unit")
    units: list[ItemUnitInput] | None = strawberry.field(
        description="Its units beside the base unit; 16 in all.", default=None
    )
    display_unit: str | None = strawberry.field(
        description="One of its units; the base unit if absent.", default=None
    )
    price: Decimal = strawberry.field(
        description="Not negative, at most four decimals.",
        default=Decimal(decimal.Decimal("0")),
    )
    cost: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals.", default=None
    )
    min_stock: int = strawberry.field(description="At this stock and below, it is low.", default=0)
    min_quantity: QuantityInput | None = strawberry.field(
        description="Instead of `minStock`, in a unit of the item.", default=None
    )
    lead_time_days: int | None = strawberry.field(
        description="In how many days an order of it comes: 0 to 365.", default=None
    )
    initial_stock: int = strawberry.field(
        description="Becomes its first movement, a RECEIPT.", default=0
    )
    initial_quantity: QuantityInput | None = strawberry.field(
        description="Instead of `initialStock`, in a unit of the item.", default=None
    )
    location: strawberry.ID | None = strawberry.field(
        description="Where the initial stock is; the default location if absent.", default=None
    )
    visibility: Visibility = strawberry.field(
        description="Who may know of it.", default=Visibility.EVERYONE
    )
    attributes: JSON | None = strawberry.field(
        description="An object of texts: at most 100, of 1,000 characters each; 5,000 in all.",
        default=None,
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
        description="At most 255 characters; null takes it away.", default=strawberry.UNSET
    )
    barcode: str | None = strawberry.field(
        description="At most 64 characters; replaces the first of its barcodes, or moves one of "
        "them to the front; null takes all away.",
        default=strawberry.UNSET,
    )
    barcodes: list[ItemBarcodeInput] | None = strawberry.field(
        description="All of them, at most 20, the first being `barcode`.",
        default=strawberry.UNSET,
    )
    unit: str | None = strawberry.field(
        description="At most 32 characters.", default=strawberry.UNSET
    )
    units: list[ItemUnitInput] | None = strawberry.field(
        description="All its units beside the base unit; what was booked stays as it is.",
        default=strawberry.UNSET,
    )
    display_unit: str | None = strawberry.field(
        description="One of its units; null: the base unit.", default=strawberry.UNSET
    )
    price: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals.", default=strawberry.UNSET
    )
    cost: Decimal | None = strawberry.field(
        description="Not negative, at most four decimals; null: unknown.",
        default=strawberry.UNSET,
    )
    min_stock: int | None = strawberry.field(description="Not negative.", default=strawberry.UNSET)
    min_quantity: QuantityInput | None = strawberry.field(
        description="Instead of `minStock`, in a unit of the item.", default=strawberry.UNSET
    )
    lead_time_days: int | None = strawberry.field(
        description="0 to 365; null: in REORDER_LEAD_TIME_DAYS.", default=strawberry.UNSET
    )
    visibility: Visibility | None = strawberry.field(
        description="ADMINS hides its past events too.", default=strawberry.UNSET
    )
    attributes: JSON | None = strawberry.field(
        description="An object of texts, which replaces all there were; null takes them away.",
        default=strawberry.UNSET,
    )
    lease_token: str | None = strawberry.field(
        description="LEASE_LOST unless it is of the item's newest edit lease (takeEditLease). "
        "Absent: changed whoever has the lease.",
        default=None,
    )
