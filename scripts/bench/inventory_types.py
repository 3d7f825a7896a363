"""Strawberry types of the contract's InventoryUpdate, for the two Strawberry contestants.

No future annotations here: Strawberry reads them at run time.
"""

from datetime import datetime
from decimal import Decimal
from enum import Enum

import strawberry


@strawberry.enum
class StockStatus(Enum):
    IN_STOCK = "IN_STOCK"
    LOW_STOCK = "LOW_STOCK"
    OUT_OF_STOCK = "OUT_OF_STOCK"


@strawberry.enum
class InventoryUpdateType(Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    STOCK_UPDATED = "STOCK_UPDATED"


@strawberry.enum
class ActionType(Enum):
    RECEIPT = "RECEIPT"
    SALE = "SALE"


def status_of(stock: int, min_stock: int) -> StockStatus:
    """LOW_STOCK when stock <= min_stock, OUT_OF_STOCK when it is 0."""
    if stock == 0:
        return StockStatus.OUT_OF_STOCK
    return StockStatus.LOW_STOCK if stock <= min_stock else StockStatus.IN_STOCK


@strawberry.type
class InventoryItem:
    id: strawberry.ID
    sku: str
    name: str
    price: Decimal
    stock: int
    min_stock: int
    status: StockStatus


@strawberry.type
class StockChangeDetails:
    old_stock: int | None
    new_stock: int | None
    quantity: int | None
    action_type: ActionType | None


@strawberry.type
class InventoryUpdate:
    type: InventoryUpdateType
    item: InventoryItem
    details: StockChangeDetails | None
    user_id: strawberry.ID | None
    timestamp: datetime


@strawberry.type
class InventoryItemEdge:
    node: InventoryItem


@strawberry.type
class InventoryItemConnection:
    edges: list[InventoryItemEdge]


@strawberry.input(one_of=True)
class ItemRef:
    id: strawberry.ID | None = strawberry.UNSET
    sku: str | None = strawberry.UNSET


@strawberry.input
class AdjustStockInput:
    idempotency_key: str
    item: ItemRef
    quantity: int
    action_type: ActionType


@strawberry.type
class UserError:
    code: str
    message: str


@strawberry.type
class StockMovement:
    id: strawberry.ID
    new_stock: int


@strawberry.type
class StockPayload:
    item: InventoryItem | None
    movement: StockMovement | None
    user_errors: list[UserError]
