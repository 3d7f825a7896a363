"""What should be there of an item at one location, at least: set, taken away, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import InvalidInput, NotFound
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.item import Item, ItemRef, UpdateType, updated_event
from graphql_api.inventory.item_rows import level_quantities
from graphql_api.inventory.items import ItemResult
from graphql_api.inventory.named_items import NamedItems
from graphql_api.inventory.packaging import Quantity
from graphql_api.inventory.places import NO_SUCH, with_outer

MIN_STOCK = ("input", "minStock")
MIN_QUANTITY = ("input", "minQuantity")


@dataclass(frozen=True, slots=True)
class LocationMinimum:
    """A command: what should be there of an item. min_stock: base units, or min_quantity: in a
    unit of the item; None of both takes it away."""

    item: ItemRef
    location_id: int
    min_stock: int | None
    user_id: int | None
    sees_admins: bool
    min_quantity: Quantity | None = None


class Minimums:
    """The use cases of places' minimums."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._set = single(_set_one)

    async def set(self, command: LocationMinimum) -> ItemResult:
        """A change of the item: its next version, and an event. Raises InvalidInput, NotFound,
        InvalidTransition (the location is archived)."""
        if command.min_stock is not None:
            values.quantity(command.min_stock, MIN_STOCK)
            if command.min_quantity is not None:
                raise InvalidInput("Give minQuantity or minStock, not both.", MIN_QUANTITY)
        result: ItemResult = await self._writer.submit(self._set, command)
        return result


async def _set_one(transaction: LogTransaction, command: LocationMinimum) -> ItemResult:
    connection = transaction.connection
    items = await NamedItems.load(connection, [command.item])
    item = items.find(command.item, command.sees_admins, ("input", "item"))
    location = (await with_outer(connection, [command.location_id])).get(command.location_id)
    if location is None:
        raise NotFound(NO_SUCH, ("input", "location"))
    min_stock = _in_base(item, command)
    if min_stock is not None:
        location.check_open(("input", "location"))
    await _store(transaction, item.id, location.id, min_stock)
    item.level_quantities = await level_quantities(connection, item.id)
    item.version += 1
    item.updated_at = transaction.entry.now_us
    await connection.change(
        "UPDATE item SET version = ?, updated_at = ? WHERE id = ?",
        item.version,
        item.updated_at,
        item.id,
    )
    event = updated_event(UpdateType.UPDATED, item, command.user_id)
    transaction.entry.append(event)
    return ItemResult(item, transaction.entry.cursor_of(event))


def _in_base(item: Item, command: LocationMinimum) -> int | None:
    """The minimum in base units. Raises InvalidInput."""
    wanted = command.min_quantity
    return command.min_stock if wanted is None else wanted.in_base(item.units, MIN_QUANTITY)


async def _store(
    transaction: LogTransaction, item_id: int, location_id: int, min_stock: int | None
) -> None:
    """Write the minimum, and the level that it speaks of: the item is in the place's list."""
    connection = transaction.connection
    await connection.change(
        "INSERT INTO level_minimum (id, item_id, location_id, min_stock) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (item_id, location_id) DO UPDATE SET min_stock = excluded.min_stock",
        transaction.new_id(),
        item_id,
        location_id,
        min_stock,
    )
    if min_stock is not None:
        await connection.change(
            "INSERT INTO level (id, item_id, location_id, quantity) VALUES (?, ?, ?, 0) "
            "ON CONFLICT (item_id, location_id) DO NOTHING",
            transaction.new_id(),
            item_id,
            location_id,
        )


async def minimums_of(reading: Connection, item_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """Item id → location id → minimum, of those places that have one."""
    rows = await reading.rows(
        "SELECT item_id, location_id, min_stock FROM level_minimum WHERE min_stock IS NOT NULL AND "
        + reading.dialect.one_of("item_id", "bigint"),
        reading.dialect.array(item_ids),
    )
    found: dict[int, dict[int, int]] = {item_id: {} for item_id in item_ids}
    for item_id, location_id, min_stock in rows:
        found[item_id][location_id] = min_stock
    return found
