"""What servers of older versions leave out when they write items, put right by the monitoring job.

In a rolling restart the newer server migrates, and the older one writes until it has ended. It
knows nothing of tables and columns that came with the migration: an item of it was found neither
by its barcode nor by parts of its SKU, and stood before all others in the order of SKUs; a barcode
that it took away still named the item. Which rows these are can be seen in them.

Nor does it know of rules that came: it cuts terms and joins keys of barcodes as it did. What it
wrote then can be told by computing it anew alone, some 0.1 ms for an item, so only items are looked
at that changed after the newest migration, in the time that no rolling restart outlasts.

At the first time all items are looked at, later those that changed since.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from graphql_api.clock import DAY_US, MINUTE_US, SECOND_US, Clock
from graphql_api.database.connection import Connection, Row
from graphql_api.database.dialect import Dialect
from graphql_api.database.writer import single
from graphql_api.delivery.dependencies import answers_ended
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory import derived
from graphql_api.inventory.barcodes import SEPARATORS, compare_key, own_key
from graphql_api.inventory.item import COLUMNS, Item, item_from_row
from graphql_api.inventory.item_rows import derive_anew

logger = logging.getLogger(__name__)

ITEMS_AT_ONCE = 500  # of one transaction: some 50 ms
COMPUTED_AT_ONCE = 100  # some 10 ms, in which the process does nothing else
LATE_US = 10 * MINUTE_US  # how far the clocks of two servers may be apart
BESIDE_US = 2 * DAY_US  # which no rolling restart outlasts
NEW_US = 3 * SECOND_US  # a database that was migrated in less was made by this version

_DIGITS = {
    Dialect.SQLITE: ("barcode NOT GLOB '*[^0-9]*'", "substr('00000000000000' || {}, -14)"),
    Dialect.POSTGRES: ("barcode ~ '^[0-9]+$'", "right('00000000000000' || {}, 14)"),
}


def _condition(dialect: Dialect) -> str:
    """Over the table `item`: one of these. Its keys are those of barcodes.py; of a barcode in
    groups, whose check digit SQL does not compute, it may have that of its digits."""
    is_digits, padded = _DIGITS[dialect]
    key = (
        f"CASE WHEN length(barcode) IN (8, 12, 13, 14) AND {is_digits} "
        f"THEN {padded.format('barcode')} ELSE barcode END"
    )
    joined = "barcode"
    for separator in SEPARATORS:
        joined = f"replace({joined}, '{separator}', '')"
    named = "EXISTS (SELECT 1 FROM item_barcode b WHERE b.item_id = item.id{})"
    kept = named.format(f" AND b.key IN ({key}, ' ' || barcode, {padded.format(joined)})")
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
        now_us = self._clock.now_us()
        count = await self._mend_odd() + await self._mend_otherwise()
        self._seen_us = max(now_us - LATE_US, 0)
        if count:
            logger.warning("%d items were written by a server of an older version: mended", count)
        return count

    async def _mend_odd(self) -> int:
        """Those in whose rows it can be seen."""
        place, count = (self._seen_us, 0), 0
        while rows := await self._scanning.rows(
            "SELECT updated_at, id FROM item WHERE (updated_at, id) > (?, ?) AND "
            f"{_condition(self._scanning.dialect)} ORDER BY updated_at, id LIMIT ?",
            *place,
            ITEMS_AT_ONCE,
        ):
            count += await self._put_right([row[1] for row in rows])
            place = (rows[-1][0], rows[-1][1])
        return count

    async def _mend_otherwise(self) -> int:
        """Those that older rules were written by, while an older server may have been there."""
        span = await _beside(self._scanning)
        if span is None:
            return 0
        place, count = (max(span[0], self._seen_us), 0), 0
        while rows := await self._scanning.rows(
            f"SELECT {_STORED} FROM item WHERE (updated_at, id) > (?, ?) AND updated_at <= ? "
            "ORDER BY updated_at, id LIMIT ?",
            *place,
            span[1],
            COMPUTED_AT_ONCE,
        ):
            stored = await _with_keys(self._scanning, rows)
            if odd := [one.item.id for one in stored if one.is_odd]:
                count += await self._put_right(odd)
            place = (stored[-1].item.updated_at, stored[-1].item.id)
        return count

    async def _put_right(self, ids: Sequence[int]) -> int:
        mended: int = await self._writer.submit(self._mend, ids, len(ids))
        return mended


async def _beside(connection: Connection) -> tuple[int, int] | None:
    """From when to when a server of an older version may have written; None: there was none, the
    database was made by this version."""
    row = await connection.row("SELECT min(applied_at), max(applied_at) FROM tortoise_migrations")
    if row is None or row[0] is None:
        return None
    first_us, newest_us = map(_instant_us, row)
    if newest_us - first_us < NEW_US:
        return None
    return newest_us - LATE_US, newest_us + BESIDE_US


def _instant_us(stored: datetime | str) -> int:
    """SQLite keeps the instant of a migration as text."""
    instant = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return round(instant.timestamp() * 1_000_000)


_STORED = ", ".join((COLUMNS, *derived.DERIVED[1:]))


@dataclass(frozen=True, slots=True)
class _Stored:
    """An item, and what is stored of it that follows from its fields. follows: DERIVED but for the
    key of its SKU, which may be another's too (migration 0074)."""

    item: Item
    follows: tuple[str | int | None, ...]
    keys: frozenset[str]

    @property
    def search_text(self) -> str:
        return str(self.follows[-1] or "")

    @property
    def is_derived(self) -> bool:
        return self.follows == derived.derived(self.item, derived.terms(self.item))[1:]

    @property
    def is_keyed(self) -> bool:
        """Whether each of its barcodes has a key, and it has no others."""
        wanted = [{compare_key(one.code), own_key(one.code)} for one in self.item.own_barcodes]
        return all(self.keys & each for each in wanted) and self.keys <= set().union(*wanted)

    @property
    def is_odd(self) -> bool:
        return not (self.is_derived and self.is_keyed)


async def _with_keys(connection: Connection, rows: Sequence[Row]) -> list[_Stored]:
    count = len(derived.DERIVED) - 1
    items = [item_from_row(row[:-count]) for row in rows]
    keys: dict[int, list[str]] = {item.id: [] for item in items}
    for key, item_id in await connection.rows(
        "SELECT key, item_id FROM item_barcode WHERE "
        + connection.dialect.one_of("item_id", "bigint"),
        connection.dialect.array(keys),
    ):
        keys[item_id].append(key)
    return [
        _Stored(item, tuple(row[-count:]), frozenset(keys[item.id]))
        for item, row in zip(items, rows, strict=True)
    ]


async def _mend_some(transaction: LogTransaction, ids: Sequence[int]) -> int:
    """How many of them were odd: another process may have been first."""
    connection = transaction.connection
    rows = await connection.rows(
        f"SELECT {_STORED} FROM item WHERE "
        + connection.dialect.one_of("id", "bigint")
        + " ORDER BY id",
        connection.dialect.array(ids),
    )
    odd = [one for one in await _with_keys(connection, rows) if one.is_odd]
    if not odd:
        return 0
    underived = [(one.item, one.search_text) for one in odd if not one.is_derived]
    await derive_anew(connection, underived)
    if unkeyed := [one.item for one in odd if not one.is_keyed]:
        await _key_barcodes(connection, unkeyed)
    transaction.entry.append(answers_ended())
    return len(odd)


async def _key_barcodes(connection: Connection, items: Sequence[Item]) -> None:
    """Give items the keys of their barcodes, and take others from them. One that another item has
    already is found as it is written alone, as after migrations 0076 and 0185."""
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
    """None: it needs none, since the item has it in another form already."""
    if holders.get(compare_key(code)) == item.id:
        return None
    for key in (compare_key(code), own_key(code)):
        if key not in holders:
            if key == own_key(code):
                logger.warning("barcode %r of item %d is another item's too", code, item.id)
            return key
    return None
