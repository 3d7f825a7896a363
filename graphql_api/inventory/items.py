"""Items: the commands that create, change and delete them.

What an item is stands in item.py. The stock of an item moves by booking.py only. Each command
here runs in the writer, in a savepoint of its own, and appends one event with the item's state
right after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import AlreadyExists, InvalidInput, NotFound, VersionConflict
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.booking import Booking
from graphql_api.inventory.item import (
    COLUMNS,
    FACTS,
    ITEM_RULES,
    SKU_MAX,
    TOPIC,
    Item,
    ItemRef,
    StockStatus,
    UpdateType,
    Visibility,
    checked_fields,
    item_from_row,
    item_of,
    made_item,
    parse_id,
    sample_update,
    sku_of_deleted,
    status_of,
    updated_event,
)
from graphql_api.inventory.item_rows import (
    insert_items,
    level_quantities,
    restrict_events,
    store_items,
)
from graphql_api.inventory.locations import Locations


@dataclass(frozen=True, slots=True)
class NewItem:
    """A command: create an item. `initial_stock` becomes its first movement, a RECEIPT.

    columns: as `checked_fields` makes them; what is absent has its default. sees_admins: whether
    a refusal may name an item that exists for ADMIN only.
    """

    columns: Mapping[str, Any]
    initial_stock: int
    location_id: int | None
    user_id: int | None
    sees_admins: bool = False


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A command: change fields of an item. `changes` maps columns to new values.

    lease_token: of the edit lease under which it was made; None: made without one.
    """

    id: int
    expected_version: int | None
    changes: Mapping[str, Any]
    user_id: int | None
    sees_admins: bool
    lease_token: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRemoval:
    """A command: soft-delete an item. Its history stays."""

    id: int
    expected_version: int | None
    user_id: int | None
    sees_admins: bool


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The item right after the command, and its place in the log."""

    item: Item
    cursor: Cursor


# Refuses (LeaseLost) a change of an item by a user under a token that counts no more.
LeaseCheck = Callable[[Connection, int, int | None, str], Awaitable[None]]


async def _no_lease(_connection: Connection, _item: int, _user: Any, _token: str) -> None:
    """Nobody keeps leases."""


class Items:
    """The use cases of items."""

    def __init__(self, writer: LogWriter, locations: Locations) -> None:
        self._writer = writer
        self._locations = locations
        self._check_lease: LeaseCheck = _no_lease
        self._create = single(self._create_one)
        self._change = single(self._change_one)
        self._remove = single(self._remove_one)

    def check_leases_by(self, check: LeaseCheck) -> None:
        """Called once, by those who keep edit leases: `check` refuses a change without its."""
        self._check_lease = check

    async def create(self, command: NewItem) -> ItemResult:
        """Raises AlreadyExists (SKU or barcode taken, also by a deleted item), NotFound."""
        result: ItemResult = await self._writer.submit(self._create, command)
        return result

    async def change(self, command: ItemChange) -> ItemResult:
        """Raises NotFound, LeaseLost, VersionConflict, AlreadyExists, InvalidInput (nothing to
        change)."""
        result: ItemResult = await self._writer.submit(self._change, command)
        return result

    async def remove(self, command: ItemRemoval) -> ItemResult:
        """Raises NotFound, VersionConflict."""
        result: ItemResult = await self._writer.submit(self._remove, command)
        return result

    async def _create_one(self, transaction: LogTransaction, command: NewItem) -> ItemResult:
        connection = transaction.connection
        await _refuse_taken_sku(connection, command.columns["sku"], command.sees_admins)
        await _refuse_taken_barcode(connection, command.columns.get("barcode"), command.sees_admins)
        location = await self._locations.resolve(connection, command.location_id)
        item = made_item(transaction.new_id(), transaction.entry.now_us, command.columns)
        booking = Booking(transaction)
        booking.open(item, location.id, command.initial_stock, command.user_id)
        await insert_items(connection, [item])
        await booking.store()
        event = updated_event(UpdateType.CREATED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))

    async def _change_one(self, transaction: LogTransaction, command: ItemChange) -> ItemResult:
        connection = transaction.connection
        before = await _living_item(connection, command.id, command.sees_admins)
        if command.lease_token is not None:
            await self._check_lease(connection, command.id, command.user_id, command.lease_token)
        _refuse_stale(before, command.expected_version)
        if not command.changes:
            raise InvalidInput("Nothing to change: give at least one field.", ("input",))
        await self._refuse_taken(connection, before, command)
        item = replace(
            before,
            **command.changes,
            version=before.version + 1,
            updated_at=transaction.entry.now_us,
            level_quantities=await level_quantities(connection, before.id),
        )
        await store_items(connection, [(before, item)])
        if item.admins_only and not before.admins_only:
            await restrict_events(transaction, [item.id])
        event = updated_event(UpdateType.UPDATED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))

    async def _refuse_taken(
        self, connection: Connection, before: Item, command: ItemChange
    ) -> None:
        sku = command.changes.get("sku", before.sku)
        if values.folded(sku) != values.folded(before.sku):
            await _refuse_taken_sku(connection, sku, command.sees_admins)
        barcode = command.changes.get("barcode", before.barcode)
        if barcode != before.barcode:
            await _refuse_taken_barcode(connection, barcode, command.sees_admins)

    async def _remove_one(self, transaction: LogTransaction, command: ItemRemoval) -> ItemResult:
        connection = transaction.connection
        before = await _living_item(connection, command.id, command.sees_admins)
        _refuse_stale(before, command.expected_version)
        now_us = transaction.entry.now_us
        item = replace(
            before,
            version=before.version + 1,
            updated_at=now_us,
            deleted_at=now_us,
            level_quantities=await level_quantities(connection, before.id),
        )
        await connection.change(
            "UPDATE item SET version = ?, updated_at = ?, deleted_at = ? WHERE id = ?",
            item.version,
            item.updated_at,
            item.deleted_at,
            item.id,
        )
        event = updated_event(UpdateType.DELETED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))


async def _living_item(connection: Connection, item_id: int, sees_admins: bool) -> Item:
    row = await connection.row(
        f"SELECT {COLUMNS} FROM item WHERE id = ? AND deleted_at IS NULL", item_id
    )
    item = item_from_row(row) if row else None
    if item is None or (item.admins_only and not sees_admins):
        raise NotFound(f"There is no item with id {item_id}.", ("input", "id"))
    return item


def _refuse_stale(item: Item, expected: int | None) -> None:
    if expected is not None and expected != item.version:
        raise VersionConflict(
            f"The item is at version {item.version}, not {expected}: somebody changed it. "
            "Read it again and repeat your change.",
            item.version,
            ("input", "expectedVersion"),
        )


async def _refuse_taken_sku(connection: Connection, sku: str, sees_admins: bool) -> None:
    """That it is taken cannot be hidden; by whom, and how it is written there, is."""
    row = await connection.row(
        "SELECT id, sku, deleted_at, admins_only FROM item WHERE sku_key = ?", values.folded(sku)
    )
    if row is None:
        return
    if row["admins_only"] and not sees_admins:
        raise AlreadyExists(f"SKU {sku!r} is taken.", ("input", "sku"))
    if row["deleted_at"] is None:
        raise AlreadyExists(f"SKU {row['sku']!r} is taken (item {row['id']}).", ("input", "sku"))
    raise AlreadyExists(sku_of_deleted(row["sku"], row["id"]), ("input", "sku"))


async def _refuse_taken_barcode(
    connection: Connection, barcode: str | None, sees_admins: bool
) -> None:
    if barcode is None:
        return
    row = await connection.row(
        "SELECT id, deleted_at, admins_only FROM item WHERE barcode = ?", barcode
    )
    if row is None:
        return
    if row["admins_only"] and not sees_admins:
        raise AlreadyExists(f"Barcode {barcode!r} is taken.", ("input", "barcode"))
    owner = "the deleted item" if row["deleted_at"] else "item"
    raise AlreadyExists(
        f"Barcode {barcode!r} belongs to {owner} {row['id']}.", ("input", "barcode")
    )


__all__ = [
    "COLUMNS",
    "FACTS",
    "ITEM_RULES",
    "SKU_MAX",
    "TOPIC",
    "Item",
    "ItemChange",
    "ItemRef",
    "ItemRemoval",
    "ItemResult",
    "Items",
    "NewItem",
    "StockStatus",
    "UpdateType",
    "Visibility",
    "checked_fields",
    "item_from_row",
    "item_of",
    "parse_id",
    "sample_update",
    "sku_of_deleted",
    "status_of",
    "updated_event",
]
