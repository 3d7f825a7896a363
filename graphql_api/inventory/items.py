"""Items: the commands that create and change them.

What an item is stands in item.py, how one goes and comes back in retirement.py. The stock of an
item moves by booking.py only. Each command here runs in the writer, in a savepoint of its own, and
appends one event with the item's state right after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import FieldPath, InvalidInput
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.barcode_rows import refuse_taken
from graphql_api.inventory.booking import Booking
from graphql_api.inventory.item import (
    COLUMNS,
    FACTS,
    ITEM_RULES,
    SKU_MAX,
    TOPIC,
    Item,
    ItemRef,
    ItemResult,
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
from graphql_api.inventory.item_guards import (
    living_item,
    refuse_stale,
    refuse_taken_sku,
    refuse_what_is_taken,
)
from graphql_api.inventory.item_rows import (
    insert_items,
    level_quantities,
    restrict_events,
    store_items,
)
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.many_items import ManyItems, carry_out_each
from graphql_api.inventory.packaging import settled
from graphql_api.inventory.retirement import (
    DeletedStock,
    ItemArchival,
    ItemRemoval,
    ItemRestoration,
    archive_item,
    remove_item,
    restore_item,
)

INPUT: FieldPath = ("input",)


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
        self._change_each = single(partial(carry_out_each, self._change_one))
        self._archive = single(archive_item)
        self._archive_each = single(partial(carry_out_each, archive_item))
        self._restore = single(restore_item)
        self._remove = single(partial(remove_item, locations))

    def check_leases_by(self, check: LeaseCheck) -> None:
        """Called once, by those who keep edit leases: `check` refuses a change without its."""
        self._check_lease = check

    async def create(self, command: NewItem) -> ItemResult:
        """Raises AlreadyExists (barcode taken; SKU taken, also by a deleted item), InvalidInput
        (fields that contradict each other), NotFound."""
        result: ItemResult = await self._writer.submit(self._create, command)
        return result

    async def change(self, command: ItemChange) -> ItemResult:
        """Raises NotFound, LeaseLost, VersionConflict, AlreadyExists, InvalidInput (nothing to
        change)."""
        result: ItemResult = await self._writer.submit(self._change, command)
        return result

    async def change_many(self, commands: Sequence[ItemChange]) -> ManyItems:
        """Each as `change`, in one transaction; those that are refused are told."""
        result: ManyItems = await self._writer.submit(self._change_each, commands)
        return result

    async def archive_many(self, commands: Sequence[ItemArchival]) -> ManyItems:
        """Each as `archive`, in one transaction; those that are refused are told."""
        result: ManyItems = await self._writer.submit(self._archive_each, commands)
        return result

    async def remove(self, command: ItemRemoval) -> ItemResult:
        """Raises NotFound, VersionConflict, InvalidTransition (some of it is held)."""
        result: ItemResult = await self._writer.submit(self._remove, command)
        return result

    async def archive(self, command: ItemArchival) -> ItemResult:
        """Raises NotFound, VersionConflict, InvalidTransition (it is archived)."""
        result: ItemResult = await self._writer.submit(self._archive, command)
        return result

    async def restore(self, command: ItemRestoration) -> ItemResult:
        """Raises NotFound, InvalidTransition (nothing to restore), AlreadyExists."""
        result: ItemResult = await self._writer.submit(self._restore, command)
        return result

    async def _create_one(self, transaction: LogTransaction, command: NewItem) -> ItemResult:
        connection = transaction.connection
        given = {**command.columns, "initial_stock": command.initial_stock}
        columns = settled(None, given, INPUT)
        initial_stock = columns.pop("initial_stock")
        item = made_item(transaction.new_id(), transaction.entry.now_us, columns)
        await refuse_taken_sku(connection, item.sku, command.sees_admins)
        codes = [one.code for one in item.barcodes]
        await refuse_taken(connection, codes, None, command.sees_admins, _barcode_path(given))
        location = await self._locations.opening(transaction, command.location_id, initial_stock)
        booking = Booking(transaction)
        booking.open(item, location.id, initial_stock, command.user_id)
        await insert_items(connection, [item])
        await booking.store()
        event = updated_event(UpdateType.CREATED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))

    async def _change_one(self, transaction: LogTransaction, command: ItemChange) -> ItemResult:
        connection = transaction.connection
        before = await living_item(connection, command.id, command.sees_admins)
        if command.lease_token is not None:
            await self._check_lease(connection, command.id, command.user_id, command.lease_token)
        refuse_stale(before, command.expected_version)
        if not command.changes:
            raise InvalidInput("Nothing to change: give at least one field.", ("input",))
        item = replace(
            before,
            **settled(before, command.changes, INPUT),
            version=before.version + 1,
            updated_at=transaction.entry.now_us,
            level_quantities=await level_quantities(connection, before.id),
        )
        path = _barcode_path(command.changes)
        await refuse_what_is_taken(connection, before, item, command.sees_admins, path)
        await store_items(transaction, [(before, item)], command.user_id)
        if item.admins_only and not before.admins_only:
            await restrict_events(transaction, [item.id])
        event = updated_event(UpdateType.UPDATED, item, command.user_id)
        transaction.entry.append(event)
        return ItemResult(item, transaction.entry.cursor_of(event))


def _barcode_path(given: Mapping[str, Any]) -> FieldPath:
    return (*INPUT, "barcodes" if "barcodes" in given else "barcode")


__all__ = [
    "COLUMNS",
    "FACTS",
    "ITEM_RULES",
    "SKU_MAX",
    "TOPIC",
    "DeletedStock",
    "Item",
    "ItemArchival",
    "ItemChange",
    "ItemRef",
    "ItemRemoval",
    "ItemRestoration",
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
