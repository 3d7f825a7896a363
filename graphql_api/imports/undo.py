"""Taking an import back, all of it or nothing, while nothing else has touched its items since.

Created items are deleted, changed ones get back the fields that they had, and stock goes back by
reversals. It is one transaction, so that nobody sees half of it: that bounds how large it may be.
Lines of stock are forgotten with it, so the same file can be taken over again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import AlreadyExists, FieldPath, InvalidTransition
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.imports.file_imports import FileImport, FileImports
from graphql_api.imports.undo_blocks import UNDO_ITEMS_MAX, too_many_movements, undo_blocker
from graphql_api.imports.written import ITEM_BEFORE
from graphql_api.inventory.barcode_rows import holders_of, store_changes
from graphql_api.inventory.booking import Booking, PlainLine
from graphql_api.inventory.item import (
    COLUMNS,
    Item,
    UpdateType,
    item_from_row,
    item_of,
    updated_event,
)
from graphql_api.inventory.item_history import note_changes
from graphql_api.inventory.item_rows import restrict_events, store_items
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.movements import (
    MOVEMENT_COLUMNS,
    ActionType,
    Movement,
    movement_from_row,
)
from graphql_api.inventory.reversals import link_reversals
from graphql_api.said import said

REASON = "import undone"
AT: FieldPath = ("id",)


@dataclass(frozen=True, slots=True)
class UndoImport:
    """A command: take an import back."""

    import_id: int
    user_id: int | None


@dataclass(slots=True)
class _Undoing:
    """items: by id, as they are now; before: what changed ones were; new: ids of created ones."""

    items: dict[int, Item]
    before: dict[int, Item]
    new: set[int]


class Undo:
    """The use case."""

    def __init__(self, imports: FileImports, writer: LogWriter, locations: Locations) -> None:
        self._imports = imports
        self._writer = writer
        self._locations = locations
        self._undo = single(self._undo_one)

    async def undo(self, command: UndoImport) -> FileImport:
        """Raises NotFound, and InvalidTransition with the items that were touched since."""
        undone: FileImport = await self._writer.submit(self._undo, command)
        return undone

    async def _undo_one(self, transaction: LogTransaction, command: UndoImport) -> FileImport:
        connection = transaction.connection
        found = await self._imports.existing(connection, command.import_id)
        blocker = await undo_blocker(connection, found)
        if blocker is not None:
            raise InvalidTransition(blocker.message, AT)
        undoing = await _loaded(connection, found.id)
        movements = await _movements(connection, found.id, undoing.new)
        await _refuse_taken(connection, undoing)
        now_us = transaction.entry.now_us
        befores = {one: replace(undoing.items[one]) for one in undoing.new}
        for one in undoing.new:  # first, so that what is told of the booking raises no alert
            undoing.items[one].deleted_at = now_us
            undoing.items[one].archived_at = None
        await self._book_back(transaction, undoing, movements, command.user_id)
        await _delete(
            transaction, [(befores[i], undoing.items[i]) for i in sorted(befores)], command
        )
        await _restore(transaction, undoing, command)
        await connection.change("DELETE FROM stock_line WHERE import_id = ?", found.id)
        await connection.change(
            "UPDATE file_import SET undone_at = ? WHERE id = ?", now_us, found.id
        )
        return await self._imports.told(transaction, found.id)

    async def _book_back(
        self,
        transaction: LogTransaction,
        undoing: _Undoing,
        movements: Sequence[Movement],
        user_id: int | None,
    ) -> None:
        """Reverse the movements, the last one first."""
        booking = Booking(transaction)
        await booking.take(undoing.items.values())
        places = await self._locations.places(transaction, [m.location_id for m in movements])
        plan = booking.plan(places)
        for movement in movements:
            line = PlainLine(-movement.quantity, ActionType.CORRECTION, REASON, movement.reference)
            location = places.loaded(movement.location_id, AT)
            plan.add(undoing.items[movement.item_id], location, line, AT)
        booked = plan.book(user_id)
        await booking.store()
        await link_reversals(transaction.connection, movements, booked)


async def _loaded(connection: Connection, import_id: int) -> _Undoing:
    """All that the import wrote, and nothing else has touched since."""
    rows = await connection.rows(
        "SELECT item_id, is_new, before FROM import_item WHERE import_id = ?", import_id
    )
    read = await connection.rows(
        f"SELECT {COLUMNS} FROM item WHERE " + connection.dialect.one_of("id", "bigint"),
        connection.dialect.array([row[0] for row in rows]),
    )
    items = {item.id: item for item in map(item_from_row, read)}
    new = {row[0] for row in rows if row[1]}
    before = {row[0]: item_of(ITEM_BEFORE.decode(row[2])) for row in rows if row[2] is not None}
    return _Undoing(items, before, new)


async def _movements(connection: Connection, import_id: int, new: set[int]) -> list[Movement]:
    """What the import booked, the last first: by a file of stock, and new items' first stock.
    Raises InvalidTransition."""
    columns = ", ".join(f"m.{name}" for name in MOVEMENT_COLUMNS.split(", "))
    rows = await connection.rows(
        f"SELECT {columns} FROM movement m JOIN stock_line s ON s.id = m.id "
        "WHERE s.import_id = ? LIMIT ?",
        import_id,
        UNDO_ITEMS_MAX + 1,
    )
    opened = await connection.rows(
        f"SELECT {columns} FROM movement m WHERE "
        + connection.dialect.one_of("m.item_id", "bigint"),
        connection.dialect.array(new),
    )
    if len(rows) > UNDO_ITEMS_MAX:
        raise InvalidTransition(too_many_movements().message, AT)
    return sorted(map(movement_from_row, [*rows, *opened]), key=lambda m: -m.id)


async def _refuse_taken(connection: Connection, undoing: _Undoing) -> None:
    """Raises AlreadyExists when a barcode that comes back is another item's by now."""
    codes = [one.code for item in undoing.before.values() for one in item.own_barcodes]
    for holder in (await holders_of(connection, codes)).values():
        if holder.item_id not in undoing.items:
            raise AlreadyExists(
                said(
                    "A barcode that would come back belongs to the item {sku} by now.",
                    sku=repr(holder.sku),
                ),
                AT,
            )


async def _delete(
    transaction: LogTransaction, items: Sequence[tuple[Item, Item]], command: UndoImport
) -> None:
    """Delete created items, each as (before, as it is now)."""
    connection, now_us = transaction.connection, transaction.entry.now_us
    for _, item in items:
        item.version += 1
        item.updated_at = now_us
    await connection.change_many(
        "UPDATE item SET version = ?, updated_at = ?, deleted_at = ?, archived_at = NULL "
        "WHERE id = ?",
        [(item.version, item.updated_at, item.deleted_at, item.id) for _, item in items],
    )
    await store_changes(connection, [(item.id, before.own_barcodes, ()) for before, item in items])
    await note_changes(transaction, items, command.user_id)
    for _, item in items:
        transaction.entry.append(updated_event(UpdateType.DELETED, item, command.user_id))


async def _restore(transaction: LogTransaction, undoing: _Undoing, command: UndoImport) -> None:
    """Give changed items back the fields that they had."""
    changes = []
    for item_id, old in sorted(undoing.before.items()):
        now = undoing.items[item_id]
        item = replace(
            old,
            stock=now.stock,
            held=now.held,
            level_quantities=now.level_quantities,
            version=now.version + 1,
            updated_at=transaction.entry.now_us,
        )
        changes.append((now, item))
    if not changes:
        return
    await store_items(transaction, changes, command.user_id)
    hidden = [item.id for now, item in changes if item.admins_only and not now.admins_only]
    if hidden:
        await restrict_events(transaction, hidden)
    for _, item in changes:
        transaction.entry.append(updated_event(UpdateType.UPDATED, item, command.user_id))
