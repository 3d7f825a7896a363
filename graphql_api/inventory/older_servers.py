"""What servers of older versions leave out when they write items, put right by the monitoring job.

In a rolling restart the newer server migrates, and the older one writes until it has ended. It
knows nothing of tables and columns that came with the migration: an item of it was found neither
by its barcode nor by parts of its SKU, and stood before all others in the order of SKUs; a barcode
that it took away still named the item. Which rows these are can be seen in them.

At the first time all items are looked at, later those that changed since.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from graphql_api.clock import MINUTE_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.dialect import Dialect
from graphql_api.database.writer import single
from graphql_api.delivery.dependencies import answers_ended
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.barcodes import compare_key, own_key
from graphql_api.inventory.item import COLUMNS, Item, item_from_row
from graphql_api.inventory.item_rows import derive_anew

logger = logging.getLogger(__name__)

ITEMS_AT_ONCE = 500  # of one transaction: some 50 ms
LATE_US = 10 * MINUTE_US  # how far the clocks of two servers may be apart

_DIGITS = {
    Dialect.SQLITE: ("barcode NOT GLOB '*[^0-9]*'", "substr('00000000000000' || barcode, -14)"),
    Dialect.POSTGRES: ("barcode ~ '^[0-9]+$'", "right('00000000000000' || barcode, 14)"),
}


def _condition(dialect: Dialect) -> str:
    """Over the table `item`: one of these. Its keys are those of barcodes.py."""
    is_digits, padded = _DIGITS[dialect]
    key = (
        f"CASE WHEN length(barcode) IN (8, 12, 13, 14) AND {is_digits} THEN {padded} "
        "ELSE barcode END"
    )
    named = "EXISTS (SELECT 1 FROM item_barcode b WHERE b.item_id = item.id{})"
    kept = named.format(f" AND b.key IN ({key}, ' ' || barcode)")
    return (
        f"(sku_order = '' OR (deleted_at IS NULL AND barcode IS NOT NULL AND NOT {kept}) "
        f"OR ((deleted_at IS NOT NULL OR barcode IS NULL) AND {named.format('')}))"
    )


class OlderServers:
    """`run` puts right what older servers wrote."""

    def __init__(self, scanning: Connection, writer: LogWriter, clock: Clock) -> None:
        self._scanning = scanning
        self._writer = writer
        self._clock = clock
        self._seen_us = 0  # items that changed before have been looked at
        self._mend = single(_mend_some)

    async def run(self) -> int:
        """How many items it were."""
        now_us, place, count = self._clock.now_us(), (self._seen_us, 0), 0
        while rows := await self._next(*place):
            await self._writer.submit(self._mend, [row[1] for row in rows], len(rows))
            place, count = (rows[-1][0], rows[-1][1]), count + len(rows)
        self._seen_us = max(now_us - LATE_US, 0)
        if count:
            logger.warning("%d items were written by a server of an older version: mended", count)
        return count

    async def _next(self, changed_us: int, item_id: int) -> Sequence[tuple[int, int]]:
        """Of those to put right, the next ones after a place in the order of changes."""
        return await self._scanning.rows(
            "SELECT updated_at, id FROM item WHERE (updated_at, id) > (?, ?) AND "
            f"{_condition(self._scanning.dialect)} ORDER BY updated_at, id LIMIT ?",
            changed_us,
            item_id,
            ITEMS_AT_ONCE,
        )


async def _mend_some(transaction: LogTransaction, ids: Sequence[int]) -> None:
    connection = transaction.connection
    rows = await connection.rows(
        f"SELECT {COLUMNS}, sku_order, search_text FROM item WHERE "
        + connection.dialect.one_of("id", "bigint")
        + f" AND {_condition(connection.dialect)} ORDER BY id",
        connection.dialect.array(ids),
    )
    items = [item_from_row(row[:-2]) for row in rows]
    if not items:
        return  # another process was first
    bare = [(i, row["search_text"]) for i, row in zip(items, rows, strict=True) if not row[-2]]
    await derive_anew(connection, bare)
    await _key_barcodes(connection, items)
    transaction.entry.append(answers_ended())


async def _key_barcodes(connection: Connection, items: Sequence[Item]) -> None:
    """Give items the keys of their barcodes, and take others from them. One that another item has
    already is found as it is written alone, as after migration 0076."""
    one_of, array = connection.dialect.one_of, connection.dialect.array
    await connection.change(
        "DELETE FROM item_barcode WHERE " + one_of("item_id", "bigint"),
        array([item.id for item in items]),
    )
    wanted = [(item, one.code) for item in items for one in item.own_barcodes]
    keys = {key for _, code in wanted for key in (compare_key(code), own_key(code))}
    taken = await connection.rows(
        "SELECT key, item_id FROM item_barcode WHERE " + one_of("key", "text"), array(keys)
    )
    holders: dict[str, int] = {row[0]: row[1] for row in taken}
    for item, code in wanted:
        key = _free_key(holders, item, code)
        if key is not None:
            holders[key] = item.id
    ours = {item.id for item in items}
    await connection.change_many(
        "INSERT INTO item_barcode (key, item_id) VALUES (?, ?)",
        sorted((key, item_id) for key, item_id in holders.items() if item_id in ours),
    )


def _free_key(holders: Mapping[str, int], item: Item, code: str) -> str | None:
    for key in (compare_key(code), own_key(code)):
        if key not in holders:
            if key == own_key(code):
                logger.warning("barcode %r of item %d is another item's too", code, item.id)
            return key
    return None
