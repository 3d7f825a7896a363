"""What refuses a change of an item: it is not there, it has changed, its SKU or barcode is taken.

Called by the commands on items, in their transactions.
"""

from __future__ import annotations

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.errors import (
    AlreadyExists,
    FieldPath,
    InvalidTransition,
    NotFound,
    VersionConflict,
)
from graphql_api.inventory.barcode_rows import refuse_taken
from graphql_api.inventory.item import COLUMNS, Item, item_from_row, sku_of_deleted
from graphql_api.said import said


async def known_item(connection: Connection, item_id: int, sees_admins: bool) -> Item:
    """The item, deleted or not. Raises NotFound, also for one that the caller may not know of."""
    row = await connection.row(f"SELECT {COLUMNS} FROM item WHERE id = ?", item_id)
    item = item_from_row(row) if row else None
    if item is None or (item.admins_only and not sees_admins):
        raise NotFound(
            said("There is no item with id {item_id}.", item_id=item_id), ("input", "id")
        )
    return item


async def living_item(connection: Connection, item_id: int, sees_admins: bool) -> Item:
    """The item, which was not deleted. Raises NotFound."""
    item = await known_item(connection, item_id, sees_admins)
    if item.deleted_at is not None:
        raise NotFound(
            said("There is no item with id {item_id}.", item_id=item_id), ("input", "id")
        )
    return item


def refuse_stale(item: Item, expected: int | None) -> None:
    if expected is not None and expected != item.version:
        raise VersionConflict(
            said(
                "The item is at version {version}, not {expected}: somebody changed it. "
                "Read it again and repeat your change.",
                version=item.version,
                expected=expected,
            ),
            item.version,
            ("input", "expectedVersion"),
        )


async def refuse_taken_sku(
    connection: Connection, sku: str, sees_admins: bool, but_for: int = 0
) -> None:
    """That another item has it cannot be hidden; which, and how it is written there, is. but_for:
    the id of the item that wants it."""
    row = await connection.row(
        "SELECT id, sku, deleted_at, admins_only FROM item WHERE sku_key = ? AND id <> ?",
        values.folded(sku),
        but_for,
    )
    if row is None:
        return
    if row["admins_only"] and not sees_admins:
        raise AlreadyExists(said("SKU {sku} is taken.", sku=repr(sku)), ("input", "sku"))
    if row["deleted_at"] is None:
        raise AlreadyExists(
            said("SKU {sku} is taken (item {id}).", sku=repr(row["sku"]), id=row["id"]),
            ("input", "sku"),
        )
    raise AlreadyExists(sku_of_deleted(row["sku"], row["id"]), ("input", "sku"))


async def refuse_what_is_taken(
    connection: Connection, before: Item, item: Item, sees_admins: bool, barcode_path: FieldPath
) -> None:
    """Raises AlreadyExists: another item has a SKU or a barcode that this one gets anew."""
    if item.sku != before.sku:
        await refuse_taken_sku(connection, item.sku, sees_admins, item.id)
    own = {one.code for one in before.own_barcodes}  # as they are written: see barcodes.own_key
    new = [one.code for one in item.own_barcodes if one.code not in own]
    await refuse_taken(connection, new, item.id, sees_admins, barcode_path)


def refuse_held(item: Item) -> None:
    """Raises InvalidTransition when some of it is held."""
    if item.held:
        raise InvalidTransition(
            said(
                "{held} of {sku} are held: release the holds, or wait until they run out, "
                "then delete it.",
                held=item.held,
                sku=item.sku,
            ),
            ("input", "id"),
        )
