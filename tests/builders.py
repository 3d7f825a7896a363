"""Commands with what a test does not speak of filled in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.figures import Seller
from graphql_api.inventory.items import (
    ITEM_RULES,
    DeletedStock,
    Item,
    ItemArchival,
    ItemChange,
    ItemRef,
    ItemRemoval,
    ItemRestoration,
    ItemResult,
    Items,
    NewItem,
    Visibility,
    checked_fields,
)
from graphql_api.inventory.locations import Location, Locations, NewLocation
from graphql_api.inventory.stock import (
    ActionType,
    AdjustStock,
    BulkPolicy,
    CountLine,
    SetStock,
    SetStockBatch,
    StockLedger,
    StockLine,
    StockResult,
    TransferStock,
)
from graphql_api.services import Services

USER_ID = 900  # nobody's account: the ledger only notes it
MAIN = 1  # the default location's id

_keys = count(1)


def new_key() -> str:
    """An idempotency key that was not used yet."""
    return f"key {next(_keys)}"


def new_item(sku: str = "SKU-1", **fields: Any) -> NewItem:
    """A command that creates an item; `fields`: columns, or what else NewItem has."""
    command: dict[str, Any] = {"initial_stock": 10, "location_id": None, "user_id": USER_ID}
    command |= {name: fields.pop(name) for name in [*fields] if name in command}
    columns = {"sku": sku, "name": f"Item {sku}", "price": 10_000} | fields
    assert columns.keys() <= {rule.column for rule in ITEM_RULES.values()}, fields
    return NewItem(columns, **command)


async def make_item(services: Services, sku: str = "SKU-1", **fields: Any) -> Item:
    """An item in the database."""
    return (await services.of(Items).create(new_item(sku, **fields))).item


async def make_location(services: Services, code: str = "SHOP") -> Location:
    """A location beside the default one."""
    return await services.of(Locations).create(NewLocation(code, f"Location {code}"))


def change(
    item: Item | int, expected_version: int | None = None, sees_admins: bool = True, **fields: Any
) -> ItemChange:
    """A command that changes `fields`, by their contract names."""
    return ItemChange(
        _id(item), expected_version, checked_fields(fields, ("input",)), USER_ID, sees_admins
    )


def removal(
    item: Item | int,
    expected_version: int | None = None,
    sees_admins: bool = True,
    stock: DeletedStock = DeletedStock.KEEP,
) -> ItemRemoval:
    return ItemRemoval(_id(item), expected_version, USER_ID, sees_admins, stock)


def archival(
    item: Item | int, expected_version: int | None = None, sees_admins: bool = True
) -> ItemArchival:
    return ItemArchival(_id(item), expected_version, USER_ID, sees_admins)


def restoration(item: Item | int, sees_admins: bool = True, **changes: Any) -> ItemRestoration:
    """changes: another `sku` or `barcode`."""
    return ItemRestoration(_id(item), changes, USER_ID, sees_admins)


async def hide(services: Services, item: Item | int) -> ItemResult:
    """From now on the item exists for ADMIN only."""
    return await services.of(Items).change(change(item, visibility=Visibility.ADMINS))


def ref(item: Item | ItemRef | int) -> ItemRef:
    """The item by its id, if it is not a reference already."""
    return item if isinstance(item, ItemRef) else ItemRef("id", str(_id(item)))


def line(
    item: Item | ItemRef | int,
    quantity: int,
    action_type: ActionType = ActionType.CORRECTION,
    **fields: Any,
) -> StockLine:
    return StockLine(ref(item), quantity, action_type, **fields)


def adjust(
    item: Item | ItemRef | int,
    quantity: int,
    action_type: ActionType = ActionType.CORRECTION,
    *,
    key: str | None = None,
    sees_admins: bool = True,
    **fields: Any,
) -> AdjustStock:
    """adjustStock: one line."""
    return AdjustStock(
        new_key() if key is None else key,
        (line(item, quantity, action_type, **fields),),
        BulkPolicy.ABORT_ALL,
        False,
        USER_ID,
        sees_admins,
    )


def batch(
    *lines: StockLine,
    on_error: BulkPolicy = BulkPolicy.ABORT_ALL,
    key: str | None = None,
    sees_admins: bool = True,
) -> AdjustStock:
    """adjustStockBatch."""
    return AdjustStock(
        new_key() if key is None else key, lines, on_error, True, USER_ID, sees_admins
    )


def set_stock(
    item: Item | ItemRef | int,
    stock: int,
    expected_stock: int,
    *,
    location_id: int | None = None,
    key: str | None = None,
    sees_admins: bool = True,
) -> SetStock:
    return SetStock(
        new_key() if key is None else key,
        ref(item),
        stock,
        expected_stock,
        location_id,
        None,
        None,
        USER_ID,
        sees_admins,
    )


def count_batch(
    *lines: CountLine, on_error: BulkPolicy = BulkPolicy.ABORT_ALL, key: str | None = None
) -> SetStockBatch:
    return SetStockBatch(new_key() if key is None else key, lines, on_error, USER_ID, True)


def transfer(
    item: Item | ItemRef | int,
    quantity: int,
    from_id: int,
    to_id: int,
    *,
    key: str | None = None,
    sees_admins: bool = True,
) -> TransferStock:
    return TransferStock(
        new_key() if key is None else key,
        ref(item),
        quantity,
        from_id,
        to_id,
        None,
        None,
        USER_ID,
        sees_admins,
    )


async def move(services: Services, item: Item | ItemRef | int, quantity: int) -> StockResult:
    """Adjust the item's stock at the default location."""
    return await services.of(StockLedger).carry_out(adjust(item, quantity))


async def item_now(services: Services, item: Item | int) -> Item:
    """The item as the database has it, with its levels."""
    item_id = _id(item)
    found = (await services.of(Catalogue).by_ids([item_id], sees_admins=True))[item_id]
    found.level_quantities = (await services.of(Catalogue).levels([item_id]))[item_id]
    return found


def _id(item: Item | ItemRef | int) -> int:
    assert not isinstance(item, ItemRef)
    return item if isinstance(item, int) else item.id


def sold(sellers: Sequence[Seller]) -> list[tuple[int, int]]:
    """Item ids and how much was sold of them, in their order."""
    return [(seller.item_id, seller.units_out) for seller in sellers]
