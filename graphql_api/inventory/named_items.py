"""The items that a run of commands names, by id, SKU or barcode: looked up at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.errors import FieldPath, InvalidInput, NotFound
from graphql_api.inventory.barcode_rows import items_with
from graphql_api.inventory.barcodes import is_scientific, scientific_words
from graphql_api.inventory.item import COLUMNS, Item, ItemRef, item_from_row, parse_id
from graphql_api.said import said

# By whether some of it is left.
_DELETED = {
    False: "The item with {ref} was deleted.",
    True: "The item with {ref} was deleted. What is left of it can only be booked out.",
}


class NamedItems:
    """Items by their references: one object for each item, however it is named."""

    def __init__(
        self, items: Iterable[Item], keys: Mapping[ItemRef, str], by_barcode: Mapping[str, Item]
    ) -> None:
        """keys: of those that name a SKU; by_barcode: as they were named."""
        self._by_id = {item.id: item for item in items}
        self._keys = keys
        self._by_sku: dict[str, Item] = {}
        if keys:
            for item in self._by_id.values():
                # Two of older versions may have become one; then that is the one which is found.
                self._by_sku.setdefault(values.folded(item.sku), item)
        self._by_barcode = by_barcode

    @classmethod
    async def load(cls, connection: Connection, refs: Iterable[ItemRef]) -> NamedItems:
        """Those of `refs`, deleted ones too unless a barcode names them: it stands for a living
        item. One statement for each way to name them."""
        distinct = set(refs)
        by_sku = {ref: ref.key for ref in distinct if ref.by == "sku"}
        wanted: dict[str, list[Any]] = {
            "sku_key": list(by_sku.values()),
            "id": [
                i for ref in distinct if ref.by == "id" and (i := parse_id(ref.value)) is not None
            ],
        }
        found: dict[int, Item] = {}
        for column, keys in wanted.items():
            if keys:
                type_name = "bigint" if column == "id" else "text"
                rows = await connection.rows(
                    f"SELECT {COLUMNS} FROM item WHERE "
                    + connection.dialect.one_of(column, type_name),
                    connection.dialect.array(keys),
                )
                for row in rows:
                    item = item_from_row(row)
                    found.setdefault(item.id, item)
        scanned = await items_with(connection, [r.value for r in distinct if r.by == "barcode"])
        by_barcode = {text: found.setdefault(item.id, item) for text, item in scanned.items()}
        return cls(found.values(), by_sku, by_barcode)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._by_id.values())

    def find(
        self, ref: ItemRef, sees_admins: bool, field: FieldPath, *, goes_out: bool = False
    ) -> Item:
        """The item whose stock is to change: one that lives, or a deleted one that has stock left
        of which some goes out. Raises NotFound, also for one that this caller may not know of."""
        item = self.look(ref)
        if item is None and ref.by == "barcode" and is_scientific(ref.value):
            raise InvalidInput(scientific_words("barcode", ref.value), (*field, "barcode"))
        if item is None or (item.admins_only and not sees_admins):
            raise NotFound(said("There is no item with {ref}.", ref=ref), field)
        if item.deleted_at is not None and not (goes_out and item.stock):
            raise NotFound(said(_DELETED[bool(item.stock)], ref=ref), field)
        return item

    def look(self, ref: ItemRef) -> Item | None:
        """The item, deleted or hidden ones too."""
        match ref.by:
            case "id":
                return self._by_id.get(parse_id(ref.value) or 0)
            case "sku":
                return self._by_sku.get(self._keys.get(ref) or ref.key)
            case _:
                return self._by_barcode.get(ref.value)
