"""What an item is: its fields with their rules, its status, and how events and commands name it.

Imported by whoever in this folder reads or writes items; the commands are in items.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Row
from graphql_api.delivery import audience
from graphql_api.errors import InvalidInput
from graphql_api.events.log import Event, Facts
from graphql_api.inventory.facts import ITEM_TOLD, ItemState, ItemTold, StockDetails

TOPIC = "inventory"

SKU_MAX = 64
NAME_MAX = 200
DESCRIPTION_MAX = 5_000
CATEGORY_MAX = 100
BARCODE_MAX = 64
UNIT_MAX = 32


class StockStatus(Enum):
    IN_STOCK = "IN_STOCK"
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


class Visibility(Enum):
    EVERYONE = "EVERYONE"
    ADMINS = "ADMINS"


class UpdateType(Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    STOCK_UPDATED = "STOCK_UPDATED"


FACTS: Facts = {(TOPIC, kind.value): ITEM_TOLD for kind in UpdateType}


def status_of(stock: int, min_stock: int) -> StockStatus:
    """OUT_OF_STOCK at 0, LOW_STOCK at or below min_stock, else IN_STOCK."""
    if stock == 0:
        return StockStatus.OUT_OF_STOCK
    return StockStatus.LOW_STOCK if stock <= min_stock else StockStatus.IN_STOCK


@dataclass(slots=True)
class Item:
    """An item as it stands at one moment.

    price, cost_units: ten-thousandths; cost_units None when unknown. *_us: microseconds since
    1970. level_quantities: location id → quantity, for events; None when read by a query, which
    loads levels on demand.
    """

    id: int
    sku: str
    name: str
    description: str
    category: str | None
    barcode: str | None
    unit: str
    price: int
    cost_units: int | None
    stock: int
    min_stock: int
    admins_only: int
    version: int
    deleted_at: int | None
    created_at: int
    updated_at: int
    level_quantities: dict[int, int] | None = None

    @property
    def status(self) -> StockStatus:
        return status_of(self.stock, self.min_stock)

    @property
    def visibility(self) -> Visibility:
        return Visibility.ADMINS if self.admins_only else Visibility.EVERYONE

    @property
    def roles(self) -> int:
        """Who may see its events."""
        return audience.ADMINS if self.admins_only else audience.EVERYONE

    def row(self) -> tuple[Any, ...]:
        """As a row of COLUMNS; see `item_from_row`."""
        return (
            self.id,
            self.sku,
            self.name,
            self.description,
            self.category,
            self.barcode,
            self.unit,
            self.price,
            self.cost_units,
            self.stock,
            self.min_stock,
            self.admins_only,
            self.version,
            self.deleted_at,
            self.created_at,
            self.updated_at,
        )

    def state(self) -> ItemState:
        """As events and keys keep it; see `item_of`."""
        return ItemState(
            self.id, self.sku, self.name, self.description, self.category, self.barcode,
            self.unit, self.price, self.cost_units, self.stock, self.min_stock, self.admins_only,
            self.version, self.deleted_at, self.created_at, self.updated_at,
            list(self.level_quantities.items()) if self.level_quantities else [],
        )  # fmt: skip


def item_of(state: ItemState) -> Item:
    """The item that `Item.state` wrote."""
    return Item(
        state.id, state.sku, state.name, state.description, state.category, state.barcode,
        state.unit, state.price, state.cost_units, state.stock, state.min_stock,
        state.admins_only, state.version, state.deleted_at, state.created_at, state.updated_at,
        dict(state.levels),
    )  # fmt: skip


COLUMNS = (
    "id, sku, name, description, category, barcode, unit, price, cost, stock, min_stock, "
    "admins_only, version, deleted_at, created_at, updated_at"
)


def item_from_row(row: Row) -> Item:
    """An item out of a row of COLUMNS."""
    return Item(*row)


@dataclass(frozen=True, slots=True)
class ItemRef:
    """How a caller names an item: by `id`, `sku` or `barcode`."""

    by: str
    value: str

    def __str__(self) -> str:
        return f"{self.by} {values.excerpt(self.value)}"

    @property
    def key(self) -> str:
        """What `sku_key` or `barcode` holds for it; NO_KEY for a text that no item can have."""
        if self.by == "sku":
            return values.lookup_key(self.value, SKU_MAX)
        barcode = self.value.strip()
        return barcode if len(barcode) <= BARCODE_MAX else values.NO_KEY


def parse_id(text: str) -> int | None:
    """An id as clients write it; None when it cannot be one of ours."""
    if len(text) > 18 or not text.isascii() or not text.isdigit():
        return None
    return int(text)


def checked_fields(given: Mapping[str, Any], at: tuple[str, ...] = ()) -> dict[str, Any]:
    """`given` fields of an item, by contract name, as column values; absent ones stay absent.

    Money comes as Decimal, visibility as Visibility. Raises InvalidInput under the path `at`.
    """
    columns: dict[str, Any] = {}
    for name, value in given.items():
        column, check = _FIELD_RULES[name]
        path = (*at, name)
        if value is None and name not in _NULLABLE:
            raise InvalidInput(f"{name} must not be null.", path)
        columns[column] = check(value, path)
    return columns


def _optional_money(value: Decimal | None, path: tuple[str, ...]) -> int | None:
    return None if value is None else values.money(value, path)


_NULLABLE = frozenset({"category", "barcode", "cost"})
_FIELD_RULES: dict[str, tuple[str, Any]] = {
    "sku": ("sku", lambda v, p: values.unique_text(v, p, SKU_MAX)),
    "name": ("name", lambda v, p: values.unique_text(v, p, NAME_MAX)),
    "description": ("description", lambda v, p: values.prose(v, p, DESCRIPTION_MAX)),
    "category": ("category", lambda v, p: values.optional_text(v, p, CATEGORY_MAX)),
    "barcode": ("barcode", lambda v, p: values.optional_text(v, p, BARCODE_MAX)),
    "unit": ("unit", lambda v, p: values.required_text(v, p, UNIT_MAX)),
    "price": ("price", values.money),
    "cost": ("cost", _optional_money),
    "minStock": ("min_stock", values.quantity),
    "initialStock": ("initial_stock", values.quantity),
    "visibility": ("admins_only", lambda v, _: int(v is Visibility.ADMINS)),
}


def sku_of_deleted(sku: str, item_id: int) -> str:
    """Why a deleted item's SKU cannot be had, and what to do."""
    return (
        f"SKU {sku!r} belongs to the deleted item {item_id}, whose history stays under it. "
        "Choose another SKU, for instance with a suffix."
    )


def updated_event(
    kind: UpdateType, item: Item, user_id: int | None, details: StockDetails | None = None
) -> Event:
    """The event for an item's change. details: None when its stock did not change."""
    told = ItemTold(item.state(), user_id, details)
    return Event(TOPIC, kind.value, item.id, item.roles, None, told)


def sample_update(new_id: Callable[[], int], now_us: int, user_id: int) -> Event:
    """A test broadcast: an update of an item that does not exist."""
    item = Item(
        id=new_id(), sku="TEST", name="Test item", description="A test broadcast", category=None,
        barcode=None, unit="unit", price=0, cost_units=None, stock=1, min_stock=0,
        admins_only=0, version=1, deleted_at=None, created_at=now_us, updated_at=now_us,
    )  # fmt: skip
    event = updated_event(UpdateType.UPDATED, item, user_id)
    event.subject = None
    return event
