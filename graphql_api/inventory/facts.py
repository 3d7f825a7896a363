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
    other_units: as BARCODES and UNITS write them; held_levels: location id and how many of them
    are held, where any are."""

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
    held: int = 0
    held_levels: tuple[tuple[int, int], ...] = ()
    lead_time_days: int | None = None


class StockDetails(State):
    """How much an item's stock changed, why (an ActionType), and where.

    location_id: None in older logs; of a transfer where it arrives, and from_id where it leaves.
    """

    old_stock: int
    new_stock: int
    quantity: int
    action_type: str
    location_id: int | None = None
    from_id: int | None = None

    def moved_at(self, location_id: int) -> int | None:
        """The signed change at a location; None when nothing is known to have moved there."""
        if location_id == self.location_id:
            return self.quantity
        return -self.quantity if location_id == self.from_id else None


class ItemTold(Fact):
    """Something happened to an item. details: None when its stock did not change. around: what
    its `places` lay in then, themselves left out."""

    item: ItemState
    user_id: int | None
    details: StockDetails | None
    around: tuple[int, ...] = ()

    @property
    def places(self) -> set[int]:
        """The locations that it is about: where stock moved; else, and where that is not known,
        those of the item's levels."""
        details = self.details
        if details is None or details.location_id is None:
            return {location_id for location_id, _ in self.item.levels}
        return {details.location_id, details.from_id or details.location_id}


ITEM_TOLD = Kind("event inventory", ItemTold)
# Columns of an item that hold a list: events tell them as they are.
BARCODES = Kind("barcodes of an item", list[BarcodeState])
UNITS = Kind("units of an item", list[UnitState])
