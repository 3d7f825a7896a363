"""Which barcodes compare as one and are kept as two. Called by `check-barcodes`.

No command makes such; they come from older versions, to which they were two (migrations 0076, 0185
and 0190), and from servers of those in a rolling restart. Only people know which is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api.database.connection import Connection
from graphql_api.inventory.barcode_rows import Holder, holders_of
from graphql_api.inventory.barcodes import ItemBarcode, compare_key, listed

ITEMS_AT_ONCE = 500  # some 2 ms


@dataclass(frozen=True, slots=True)
class OfTwoItems:
    """code: the item's, found as it is written alone, since the digits are `other`'s; None:
    nobody's any more."""

    sku: str
    code: str
    other: str | None


@dataclass(frozen=True, slots=True)
class OfOneItem:
    """Two of its own, which stand for different factors or units."""

    sku: str
    one: ItemBarcode
    other: ItemBarcode


@dataclass(frozen=True, slots=True)
class BarcodeCheck:
    """keys: barcodes of living items that were compared."""

    keys: int
    of_two: tuple[OfTwoItems, ...]
    of_one: tuple[OfOneItem, ...]

    @property
    def count(self) -> int:
        return len(self.of_two) + len(self.of_one)


async def check_barcodes(scanning: Connection) -> BarcodeCheck:
    """Reads all keys, and the items that have several barcodes."""
    row = await scanning.row("SELECT count(*) FROM item_barcode")
    assert row is not None
    return BarcodeCheck(row[0], await _of_two(scanning), await _of_one(scanning))


async def _of_two(scanning: Connection) -> tuple[OfTwoItems, ...]:
    """Those with a key of their own: see barcodes.own_key."""
    rows = await scanning.rows(
        "SELECT sku, key FROM item_barcode JOIN item ON id = item_id WHERE key LIKE ' %' "
        "ORDER BY id, key"
    )
    own = [(row[0], row[1][1:]) for row in rows]
    holders: dict[str, Holder] = await holders_of(scanning, [code for _, code in own])
    return tuple(
        OfTwoItems(sku, code, holder.sku if (holder := holders.get(compare_key(code))) else None)
        for sku, code in own
    )


async def _of_one(scanning: Connection) -> tuple[OfOneItem, ...]:
    last, found = -1, []
    while rows := await scanning.rows(
        "SELECT id, sku, barcode, codes FROM item WHERE codes IS NOT NULL AND deleted_at IS NULL "
        "AND id > ? ORDER BY id LIMIT ?",
        last,
        ITEMS_AT_ONCE,
    ):
        last = rows[-1][0]
        for _, sku, barcode, codes in rows:
            found += [OfOneItem(sku, *pair) for pair in _doubles(listed(barcode, codes))]
    return tuple(found)


def _doubles(barcodes: Sequence[ItemBarcode]) -> list[tuple[ItemBarcode, ItemBarcode]]:
    """Each that compares as one before it, with the first such."""
    first: dict[str, ItemBarcode] = {}
    pairs = ((first.setdefault(compare_key(one.code), one), one) for one in barcodes)
    return [(before, one) for before, one in pairs if before is not one]
