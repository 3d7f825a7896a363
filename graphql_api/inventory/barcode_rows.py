"""Which item has which barcode: the table item_barcode. For commands and reads of this folder.

A row is a barcode's compare key (barcodes.py) and the living item that has it. A deleted item has
no rows, so its barcodes are free; its own columns still tell which they were, and `take` gives
them back to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.errors import AlreadyExists, FieldPath
from graphql_api.inventory.barcodes import ItemBarcode, compare_key, kept_keys, lookup_keys
from graphql_api.inventory.item import COLUMNS, Item, item_from_row
from graphql_api.said import said


@dataclass(frozen=True, slots=True)
class Holder:
    """The living item that has a barcode. item_id 0: one that an import is about to make."""

    item_id: int
    sku: str
    admins_only: int = 0

    @property
    def sku_key(self) -> str:
        return values.folded(self.sku)


async def holders_of(connection: Connection, codes: Iterable[str]) -> dict[str, Holder]:
    """Compare key → who has it, for those of `codes` that somebody has. One statement."""
    rows = await connection.rows(
        "SELECT key, id, sku, admins_only FROM item_barcode JOIN item ON id = item_id WHERE "
        + connection.dialect.one_of("key", "text"),
        connection.dialect.array({compare_key(code) for code in codes}),
    )
    return {row[0]: Holder(row[1], row[2], row[3]) for row in rows}


async def refuse_taken(
    connection: Connection,
    codes: Iterable[str],
    item_id: int | None,
    sees_admins: bool,
    field: FieldPath,
) -> None:
    """Raises AlreadyExists when another item than `item_id` has one of `codes`. That it is taken
    cannot be hidden; by whom, and how it is written there, is."""
    wanted = {compare_key(code): code for code in codes}
    if not wanted:
        return
    holders = await holders_of(connection, wanted.values())
    for key, code in wanted.items():
        holder = holders.get(key)
        if holder is None or holder.item_id == item_id:
            continue
        if holder.admins_only and not sees_admins:
            raise AlreadyExists(said("Barcode {code} is taken.", code=repr(code)), field)
        raise AlreadyExists(
            said(
                "Barcode {code} belongs to item {item_id}.", code=repr(code), item_id=holder.item_id
            ),
            field,
        )


async def store_changes(
    connection: Connection,
    changes: Iterable[tuple[int, Sequence[ItemBarcode], Sequence[ItemBarcode]]],
) -> None:
    """Write who has which, by (item id, barcodes before, barcodes after): two statements at most.

    All that is given up is given up before anything is taken. A code that is only written
    otherwise is given up and taken: what it was kept under may be its own (barcodes.own_key).
    """
    removed: set[tuple[str, int]] = set()
    added: set[tuple[str, int]] = set()
    for item_id, before, after in changes:
        old, new = ({one.code for one in listed} for listed in (before, after))
        if old == new:
            continue
        staying = {compare_key(code) for code in old & new}
        gone = {key for code in old - new for key in kept_keys(code)}
        removed |= {(key, item_id) for key in gone - staying}
        added |= {(compare_key(code), item_id) for code in new - old} - {
            (key, item_id) for key in staying
        }
    await connection.change_many(
        "DELETE FROM item_barcode WHERE key = ? AND item_id = ?", sorted(removed)
    )
    await connection.change_many(
        "INSERT INTO item_barcode (key, item_id) VALUES (?, ?)", sorted(added)
    )


async def free(connection: Connection, item: Item) -> None:
    """The item's barcodes may be had by others: it is being deleted."""
    await connection.change("DELETE FROM item_barcode WHERE item_id = ?", item.id)


async def take(connection: Connection, item: Item, sees_admins: bool, field: FieldPath) -> None:
    """The item has its barcodes again: it is being restored. Raises AlreadyExists."""
    codes = [one.code for one in item.barcodes]
    await refuse_taken(connection, codes, item.id, sees_admins, field)
    await store_changes(connection, [(item.id, (), item.barcodes)])


async def items_with(connection: Connection, texts: Iterable[str]) -> Mapping[str, Item]:
    """Text → the living item that has it as a barcode, hidden ones too; one object for each item.
    One statement, or none."""
    wanted = {text: keys for text in texts if (keys := lookup_keys(text))}
    if not wanted:
        return {}
    rows = await connection.rows(
        f"SELECT {COLUMNS}, key FROM item_barcode JOIN item ON id = item_id WHERE "
        + connection.dialect.one_of("key", "text"),
        connection.dialect.array({key for keys in wanted.values() for key in keys}),
    )
    items: dict[int, Item] = {}
    by_key = {row["key"]: items.setdefault(row["id"], item_from_row(row[:-1])) for row in rows}
    found = {}
    for text, keys in wanted.items():
        holders = (by_key[key] for key in keys if key in by_key)
        # A key that an older server did not take away names nobody: see older_servers.py.
        item = next((item for item in holders if _with_keys(item, keys)), None)
        if item is not None:
            found[text] = item
    return found


def of_code(item: Item, code: str) -> ItemBarcode:
    """The item's own barcode that `code` is, as one of `items_with`; the one that is written so
    first: it may have had two in other forms before these compared."""
    own = _with_keys(item, lookup_keys(code))
    return next((one for one in own if one.code == code), own[0])


def _with_keys(item: Item, keys: Sequence[str]) -> list[ItemBarcode]:
    return [one for one in item.barcodes if compare_key(one.code) in keys]


__all__ = [
    "Holder",
    "free",
    "holders_of",
    "items_with",
    "of_code",
    "refuse_taken",
    "store_changes",
    "take",
]
