"""What the log keeps of items: the forms of the topic's events.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from graphql_api.kernel.codec import Fact, Kind, State


class BarcodeState(State):
    """A barcode of an item; see barcodes.ItemBarcode."""

    code: str
    factor: int
    unit: str | None = None


class UnitState(State):
    """A unit of an item beside its base unit; see units.ItemUnit."""

    name: str
    factor: int


class ItemState(State):
    """An item right after a change; see item.Item. levels: location id and quantity. codes,
    other_units: as BARCODES and UNITS write them."""

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
    levels: list[tuple[int, int]]
    archived_at: int | None = None
    attributes: str | None = None
    codes: str | None = None
    other_units: str | None = None
    display_unit: str | None = None


class StockDetails(State):
    """How much an item's stock changed, and why (an ActionType)."""

    old_stock: int
    new_stock: int
    quantity: int
    action_type: str


class ItemTold(Fact):
    """Something happened to an item. details: None when its stock did not change."""

    item: ItemState
    user_id: int | None
    details: StockDetails | None


ITEM_TOLD = Kind("event inventory", ItemTold)
# Columns of an item that hold a list: events tell them as they are.
BARCODES = Kind("barcodes of an item", list[BarcodeState])
UNITS = Kind("units of an item", list[UnitState])
