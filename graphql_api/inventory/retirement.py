"""How an item goes, and comes back: archive, delete, restore. Called by items.py.

An item is active, archived or deleted. Archived: it is in no list and calls for no alert, but is
found by its name and booked as ever. Deleted: it gives its barcode free; its SKU stays its own,
because its history stays under it. What it has in stock stays in the totals until it is booked
out, or is written off with it. Alerts follow by the events, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from graphql_api.errors import InvalidTransition
from graphql_api.events.log import LogTransaction
from graphql_api.inventory import barcode_rows
from graphql_api.inventory.booking import Booking, PlainLine
from graphql_api.inventory.item import Item, ItemResult, UpdateType, updated_event
from graphql_api.inventory.item_guards import (
    known_item,
    living_item,
    refuse_held,
    refuse_stale,
    refuse_what_is_taken,
)
from graphql_api.inventory.item_history import note_changes
from graphql_api.inventory.item_rows import level_quantities, store_items
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.movements import ActionType
from graphql_api.inventory.packaging import settled
from graphql_api.said import said

WRITTEN_OFF_REASON = "deleted with its item"


class DeletedStock(Enum):
    """What becomes of the stock of an item that is deleted."""

    KEEP = "KEEP"
    WRITE_OFF = "WRITE_OFF"


@dataclass(frozen=True, slots=True)
class ItemArchival:
    """A command: archive an item."""

    id: int
    expected_version: int | None
    user_id: int | None
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class ItemRemoval:
    """A command: soft-delete an item. Its history stays."""

    id: int
    expected_version: int | None
    user_id: int | None
    sees_admins: bool
    stock: DeletedStock = DeletedStock.KEEP


@dataclass(frozen=True, slots=True)
class ItemRestoration:
    """A command: bring an archived or deleted item back.

    changes: `sku` and `barcode`, checked, as far as they shall be others than they were.
    """

    id: int
    changes: Mapping[str, Any]
    user_id: int | None
    sees_admins: bool


async def archive_item(transaction: LogTransaction, command: ItemArchival) -> ItemResult:
    """Raises NotFound, VersionConflict, InvalidTransition."""
    connection = transaction.connection
    before = await living_item(connection, command.id, command.sees_admins)
    refuse_stale(before, command.expected_version)
    if before.archived_at is not None:
        raise InvalidTransition(
            said("Item {id} is archived already; restoreItem brings it back.", id=before.id),
            ("input", "id"),
        )
    now_us = transaction.entry.now_us
    return await _updated(transaction, before, replace(before, archived_at=now_us), command.user_id)


async def restore_item(transaction: LogTransaction, command: ItemRestoration) -> ItemResult:
    """Raises NotFound, InvalidTransition, AlreadyExists."""
    connection = transaction.connection
    before = await known_item(connection, command.id, command.sees_admins)
    if not before.is_retired:
        raise InvalidTransition(
            said("Item {id} is neither archived nor deleted.", id=before.id), ("input", "id")
        )
    changes = settled(before, command.changes, ("input",))
    item = replace(before, archived_at=None, deleted_at=None, **changes)
    path = ("input", "barcode")
    await refuse_what_is_taken(connection, before, item, command.sees_admins, path)
    return await _updated(transaction, before, item, command.user_id)


async def remove_item(
    locations: Locations, transaction: LogTransaction, command: ItemRemoval
) -> ItemResult:
    """Raises NotFound, VersionConflict."""
    connection = transaction.connection
    before = await living_item(connection, command.id, command.sees_admins)
    refuse_stale(before, command.expected_version)
    refuse_held(before)
    now_us = transaction.entry.now_us
    # Deleted before it is booked out, so that what is told of the booking raises no alert.
    item = replace(before, deleted_at=now_us, archived_at=None)
    booking = Booking(transaction)
    await booking.take([item])
    if command.stock is DeletedStock.WRITE_OFF and item.stock:
        await _write_off(locations, transaction, booking, item, command.user_id)
    await booking.store()
    item.version += 1
    item.updated_at = now_us
    await connection.change(
        "UPDATE item SET version = ?, updated_at = ?, deleted_at = ?, archived_at = NULL "
        "WHERE id = ?",
        item.version,
        item.updated_at,
        item.deleted_at,
        item.id,
    )
    await barcode_rows.free(connection, item)
    await note_changes(transaction, [(before, item)], command.user_id)
    event = updated_event(UpdateType.DELETED, item, command.user_id)
    transaction.entry.append(event)
    return ItemResult(item, transaction.entry.cursor_of(event))


async def _write_off(
    locations: Locations,
    transaction: LogTransaction,
    booking: Booking,
    item: Item,
    user_id: int | None,
) -> None:
    """All that the item has, at every location: one change of the item."""
    levels = sorted((item.level_quantities or {}).items())
    places = await locations.places(transaction, [place for place, _ in levels])
    plan = booking.plan(places)
    for place, quantity in levels:
        if not quantity:
            continue
        line = PlainLine(-quantity, ActionType.WRITE_OFF, WRITTEN_OFF_REASON)
        plan.add(item, places.loaded(place, ("input", "stock")), line, ("input", "stock"))
    plan.book_as_one(user_id)


async def _updated(
    transaction: LogTransaction, before: Item, item: Item, user_id: int | None
) -> ItemResult:
    """Store and tell an item that is another now."""
    item.version += 1
    item.updated_at = transaction.entry.now_us
    item.level_quantities = await level_quantities(transaction.connection, item.id)
    await store_items(transaction, [(before, item)], user_id)
    event = updated_event(UpdateType.UPDATED, item, user_id)
    transaction.entry.append(event)
    return ItemResult(item, transaction.entry.cursor_of(event))
