"""Scanning: which item a text stands for, and how many units of it. Called by the schema.

What the text says is read by scanned_text.py. Only living items that the viewer may know of are
found, and only those are named in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.inventory import barcode_rows, barcodes, scanned_text
from graphql_api.inventory.code_forms import measure_of, without_measure
from graphql_api.inventory.item import COLUMNS, SKU_MAX, Item, item_from_row
from graphql_api.inventory.scanned_text import COUNT_MAX, Reading
from graphql_api.said import said

NUL = "\0"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text stands for. item: None when no item has it; factor: base units that one scan
    stands for; code: the barcode as the item has it, its SKU, or what was looked for; expires_on:
    YYYY-MM-DD; notes: what is wrong, a sentence each."""

    item: Item | None
    factor: int
    code: str
    lot: str | None = None
    expires_on: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def message(self) -> str | None:
        """All that is wrong; None when nothing is."""
        return " ".join(self.notes) or None


class Scanner:
    """The use case."""

    def __init__(self, reading: Connection) -> None:
        self._reading = reading

    async def scan(self, text: str, sees_admins: bool) -> Scan:
        """Two statements at most. Never raises for what stands in `text`."""
        read = scanned_text.read(text)
        # Nothing that we keep has a NUL, and PostgreSQL refuses to look for one.
        codes = [code for code in read.codes if NUL not in code]
        pieces = [piece for code in codes if (piece := scanned_text.pack_of(code))]
        everything = await barcode_rows.items_with(self._reading, [*codes, *pieces])
        found = {c: i for c, i in everything.items() if sees_admins or not i.admins_only}
        by_sku = await self._by_sku(read.text, sees_admins)
        for number, code in enumerate(read.codes):
            if code in found:
                return _scan(read, found[code], code, _also(by_sku, found[code]))
            if number == 0 and by_sku is not None:
                return _scan(read, by_sku, None, [])
        return _nothing(read, next((found[piece] for piece in pieces if piece in found), None))

    async def _by_sku(self, text: str, sees_admins: bool) -> Item | None:
        key = values.lookup_key(text, SKU_MAX)
        if key == values.NO_KEY or NUL in key:
            return None
        row = await self._reading.row(
            f"SELECT {COLUMNS} FROM item WHERE sku_key = ? AND deleted_at IS NULL", key
        )
        item = item_from_row(row) if row else None
        return None if item is None or (item.admins_only and not sees_admins) else item


def _scan(read: Reading, item: Item, code: str | None, notes: list[str]) -> Scan:
    """code: by which barcode the item was found; None: by its SKU."""
    factor, shown = 1, item.sku
    notes = [*read.notes, *notes]
    if code is not None:
        own = barcode_rows.of_code(item, code)
        factor, shown = own.factor, own.code
        odd = barcodes.warning(code)
        notes += [] if odd is None else [odd]
        notes += _measured(read, code)
    if factor * read.count <= COUNT_MAX:
        factor *= read.count
    else:
        notes.append(
            said("The count {count} is beyond any stock, and was left out.", count=read.count)
        )
    return Scan(item, factor, shown, read.lot, _day(read), tuple(notes))


def _also(by_sku: Item | None, item: Item) -> list[str]:
    if by_sku is None or by_sku.id == item.id:
        return []
    return [said("It is a barcode of {sku}, and the SKU of another item.", sku=repr(item.sku))]


def _measured(read: Reading, code: str) -> list[str]:
    if code == read.text or without_measure(read.text) != code:
        return []
    return [
        said(
            "The label tells a weight or a price, {digits}: give the quantity yourself.",
            digits=measure_of(read.text),
        )
    ]


def _nothing(read: Reading, piece: Item | None) -> Scan:
    code = read.gtin or read.text
    notes = list(read.notes)
    if read.codes:
        notes.append(_unknown(code, read.gtin is None))
        odd = barcodes.warning(code)
        notes += [] if odd is None else [odd]
    if piece is not None:
        notes.append(
            said(
                "It may be a pack of {sku}: add it to that item's barcodes, with its factor.",
                sku=repr(piece.sku),
            )
        )
    return Scan(None, 1, code, read.lot, _day(read), tuple(notes))


def _unknown(code: str, is_any: bool) -> str:
    """is_any: it may be a SKU as well."""
    if is_any:
        return said("No item has the barcode or SKU {code}.", code=values.excerpt(code))
    return said("No item has the barcode {code}.", code=values.excerpt(code))


def _day(read: Reading) -> str | None:
    return None if read.expires_on is None else read.expires_on.isoformat()
