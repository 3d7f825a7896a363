"""What an item is: its fields with their rules, its status, and how events and commands name it.

Imported by whoever in this folder reads or writes items; the commands are in items.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, NamedTuple

from graphql_api import values
from graphql_api.database.connection import Row
from graphql_api.delivery import audience
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, Facts
from graphql_api.inventory import barcodes, units
from graphql_api.inventory.attributes import stored_attributes
from graphql_api.inventory.barcodes import ItemBarcode
from graphql_api.inventory.facts import ITEM_TOLD, ItemState, ItemTold, StockDetails
from graphql_api.inventory.levels import Levels
from graphql_api.inventory.units import UNIT_MAX, ItemUnit
from graphql_api.reorder_settings import REORDER_DAYS_MAX
from graphql_api.said import said

TOPIC = "inventory"

SKU_MAX = 64
NAME_MAX = 200
DESCRIPTION_MAX = 5_000
CATEGORY_MAX = 255


class StockStatus(Enum):
    IN_STOCK = "IN_STOCK"
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


class Visibility(Enum):
    EVERYONE = "EVERYONE"
    ADMINS = "ADMINS"


class UpdateType(Enum):
    stored: str  # the value, without Enum's detour

    def __init__(self, stored: str) -> None:
        self.stored = stored

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


def visibility_of(admins_only: int) -> Visibility:
    return Visibility.ADMINS if admins_only else Visibility.EVERYONE


@dataclass(slots=True)
class Item:
    """An item as it stands at one moment. Its attributes up to level_quantities are the table's
    columns, by name and in their order: statements, rows and events are made of this list.

    price, cost: ten-thousandths; cost None when unknown. *_at: microseconds since 1970.
    deleted_at, archived_at: not both. attributes: JSON, text → text; None when there are none.
    codes, other_units: `barcodes` and `units` as kept; display_unit: None for the base unit.
    held: how many of its stock are set aside; written where stock is (booking.py).
    lead_time_days: in how many days an order of it comes; None: as the business has it.
    level_quantities: location id → quantity and what is held, for events; None out of a query.
    """

    id: int
    sku: str
    name: str
    description: str
    category: str | None
    barcode: str | None
    unit: str
    price: int
    cost: int | None
    stock: int
    min_stock: int
    admins_only: int
    version: int
    deleted_at: int | None
    created_at: int
    updated_at: int
    archived_at: int | None = None
    attributes: str | None = None
    codes: str | None = None
    other_units: str | None = None
    display_unit: str | None = None
    held: int = 0
    lead_time_days: int | None = None
    level_quantities: Levels | None = None

    row: ClassVar[Callable[[Item], tuple[Any, ...]]]  # of COLUMNS; see `item_from_row`
    state: ClassVar[Callable[[Item], ItemState]]  # as events and keys keep it; see `item_of`

    @property
    def available(self) -> int:
        """What nobody holds of its stock; negative when more is held than there is."""
        return self.stock - self.held

    @property
    def status(self) -> StockStatus:
        return status_of(self.stock, self.min_stock)

    @property
    def visibility(self) -> Visibility:
        return visibility_of(self.admins_only)

    @property
    def is_retired(self) -> bool:
        """Archived or deleted: not in lists, and nobody is warned of it."""
        return self.deleted_at is not None or self.archived_at is not None

    @property
    def barcodes(self) -> tuple[ItemBarcode, ...]:
        """All of them; `barcode` is the first one's code. A deleted item's are free to others."""
        return barcodes.listed(self.barcode, self.codes)

    @property
    def own_barcodes(self) -> tuple[ItemBarcode, ...]:
        """Those that no other item may have."""
        return () if self.deleted_at is not None else self.barcodes

    @property
    def units(self) -> tuple[ItemUnit, ...]:
        """The units in which its quantities may be told, the base unit first."""
        return units.listed(self.unit, self.other_units)

    @property
    def shown_unit(self) -> str:
        """The unit that people think in."""
        return self.display_unit or self.unit

    @property
    def roles(self) -> int:
        """Who may see its events."""
        return audience.ADMINS if self.admins_only else audience.EVERYONE


COLUMN_NAMES = tuple(
    attribute.name for attribute in fields(Item) if attribute.name != "level_quantities"
)
COLUMNS = ", ".join(COLUMN_NAMES)
_STATE_NAMES = {"cost": "cost_units"}  # fields of ItemState that have another name there


def item_from_row(row: Row) -> Item:
    """An item out of a row of COLUMNS."""
    return Item(*row)


_NAMES = {"Item": Item, "ItemState": ItemState, "Levels": Levels}


def _compiled(parameter: str, expression: str) -> Any:
    """A function of one parameter, written out as dataclasses writes __init__.

    Pages, bookings and events call these for each item: going through a list of names would
    take three times as long (scripts/bench/stored.py).
    """
    return eval(f"lambda {parameter}: {expression}", _NAMES)  # noqa: S307  # of names in this package


def _state_arguments() -> str:
    """An item's values in the order of ItemState, whose levels are pairs."""
    attributes = {_STATE_NAMES.get(name, name): f"item.{name}" for name in COLUMN_NAMES}
    attributes["levels"] = "list(item.level_quantities.items()) if item.level_quantities else []"
    attributes["held_levels"] = (
        "tuple(item.level_quantities.held.items()) if item.level_quantities else ()"
    )
    assert attributes.keys() == set(ItemState.__struct_fields__), "facts.py keeps every column"
    return ", ".join(attributes[name] for name in ItemState.__struct_fields__)


Item.row = _compiled("item", f"({', '.join(f'item.{name}' for name in COLUMN_NAMES)})")
Item.state = _compiled("item", f"ItemState({_state_arguments()})")
item_of: Callable[[ItemState], Item] = _compiled(  # the item that `Item.state` wrote
    "state",
    f"Item({', '.join(f'state.{_STATE_NAMES.get(n, n)}' for n in COLUMN_NAMES)}, "
    "Levels(state.levels, state.held_levels))",
)


class ItemRef(NamedTuple):
    """How a caller names an item: by `id`, `sku` or `barcode`. A tuple, because batches make and
    look up hundreds of them."""

    by: str
    value: str

    def __str__(self) -> str:
        return f"{self.by} {values.excerpt(self.value)}"

    @property
    def key(self) -> str:
        """Of a SKU: what `sku_key` holds for it; NO_KEY for a text that no item can have. What a
        barcode is looked up by: barcodes.py."""
        assert self.by == "sku", "ids and barcodes have no such key"
        return values.lookup_key(self.value, SKU_MAX)


def parse_id(text: str) -> int | None:
    """An id as clients write it; None when it cannot be one of ours."""
    if len(text) > 18 or not text.isascii() or not text.isdigit():
        return None
    return int(text)


REQUIRED: Any = object()  # a default that is none


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How a field that is given becomes a column's value.

    check: takes what was given, and its path; raises InvalidInput. default: the column's value in
    a new item when the field is not given; REQUIRED: it must be; None: it may also be null.
    """

    column: str
    check: Callable[[Any, FieldPath], Any]
    default: Any = REQUIRED


def _optional_money(value: Decimal | None, path: FieldPath) -> int | None:
    return None if value is None else values.money(value, path)


def _optional_days(value: int | None, path: FieldPath) -> int | None:
    if value is None or 0 <= value <= REORDER_DAYS_MAX:
        return value
    raise InvalidInput(
        said(
            "{name} must be from {least} to {most}, not {days}.",
            name="leadTimeDays",
            least=0,
            most=REORDER_DAYS_MAX,
            days=value,
        ),
        path,
    )


ITEM_RULES: Mapping[str, FieldRule] = {  # by contract name
    "sku": FieldRule("sku", lambda v, p: values.unique_text(v, p, SKU_MAX)),
    "name": FieldRule("name", lambda v, p: values.unique_text(v, p, NAME_MAX)),
    "description": FieldRule(
        "description", lambda v, p: values.prose(v, p, DESCRIPTION_MAX), default=""
    ),
    "category": FieldRule(
        "category", lambda v, p: values.optional_key_text(v, p, CATEGORY_MAX), default=None
    ),
    "barcode": FieldRule("barcode", barcodes.checked_code, default=None),
    "unit": FieldRule("unit", lambda v, p: values.required_text(v, p, UNIT_MAX), default="unit"),
    "price": FieldRule("price", values.money, default=0),
    "cost": FieldRule("cost", _optional_money, default=None),
    "minStock": FieldRule("min_stock", values.quantity, default=0),
    "leadTimeDays": FieldRule("lead_time_days", _optional_days, default=None),
    "initialStock": FieldRule("initial_stock", values.quantity),  # of the ledger: no attribute
    # No columns: `settled` (packaging.py) makes columns of them.
    "barcodes": FieldRule("barcodes", barcodes.checked_list),
    "units": FieldRule("units", lambda v, _: tuple(v)),
    "minQuantity": FieldRule("min_quantity", lambda v, _: v),
    "initialQuantity": FieldRule("initial_quantity", lambda v, _: v),
    "displayUnit": FieldRule(
        "display_unit", lambda v, p: values.optional_text(v, p, UNIT_MAX), default=None
    ),
    "visibility": FieldRule("admins_only", lambda v, _: int(v is Visibility.ADMINS), default=0),
    "attributes": FieldRule("attributes", stored_attributes, default=None),
}
_NEW_ITEM = {
    rule.column: rule.default for rule in ITEM_RULES.values() if rule.default is not REQUIRED
} | {"codes": None, "other_units": None}


def checked_fields(given: Mapping[str, Any], at: FieldPath = ()) -> dict[str, Any]:
    """`given` fields of an item, by contract name, as column values; absent ones stay absent.

    Money comes as Decimal, visibility as Visibility. Raises InvalidInput under the path `at`.
    """
    columns: dict[str, Any] = {}
    for name, value in given.items():
        rule = ITEM_RULES[name]
        path = (*at, name)
        if value is None and rule.default is not None:
            raise InvalidInput(said("{name} must not be null.", name=name), path)
        columns[rule.column] = rule.check(value, path)
    return columns


def made_item(item_id: int, now_us: int, columns: Mapping[str, Any]) -> Item:
    """A new item with these columns, settled, and the others at their defaults; without stock,
    which is booked."""
    return Item(
        id=item_id,
        **{**_NEW_ITEM, **columns},
        stock=0,
        version=1,
        deleted_at=None,
        created_at=now_us,
        updated_at=now_us,
        held=0,
    )


def sku_of_deleted(sku: str, item_id: int) -> str:
    """Why a deleted item's SKU cannot be had, and what to do."""
    return said(
        "SKU {sku} belongs to the deleted item {item_id}, whose history stays under it. "
        "Choose another SKU, for instance with a suffix, or restore that item.",
        sku=repr(sku),
        item_id=item_id,
    )


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The item right after a command, and its place in the log."""

    item: Item
    cursor: Cursor


def updated_event(
    kind: UpdateType, item: Item, user_id: int | None, details: StockDetails | None = None
) -> Event:
    """The event for an item's change. details: None when its stock did not change."""
    told = ItemTold(item.state(), user_id, details)
    roles = audience.ADMINS if item.admins_only else audience.EVERYONE
    return Event(TOPIC, kind.stored, item.id, roles, None, told)


def sample_update(new_id: Callable[[], int], now_us: int, user_id: int) -> Event:
    """A test broadcast: an update of an item that does not exist."""
    told = {"sku": "TEST", "name": "Test item", "description": "A test broadcast"}
    item = made_item(new_id(), now_us, told)
    item.stock = 1
    event = updated_event(UpdateType.UPDATED, item, user_id)
    event.subject = None
    return event
