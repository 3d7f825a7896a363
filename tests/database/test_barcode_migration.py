"""Barcodes of an older database get their keys: what was found before is found after."""

from __future__ import annotations

import logging

import pytest

from graphql_api.database.database import Database
from graphql_api.inventory.barcodes import compare_key, lookup_keys
from tests.database.test_migrating import empty, one_step, opened

__all__ = ["empty"]  # a fixture

BEFORE = "0050_references"
# id → barcode, and whether the item is deleted
OLD: dict[int, tuple[str | None, bool]] = {
    1: ("036000291452", False),
    2: ("0036000291452", False),  # the same, with a zero in front
    3: ("00036000291452", False),  # and again
    4: ("96385074", False),
    5: ("4006381333931", False),
    6: ("4006381333931x", False),
    7: ("123456789", False),
    8: (None, False),
    9: ("14006381333938", True),
    10: ("٤٠٠٦٣٨١٣٣٣٩٣١", False),
}


async def _insert(database: Database, item_id: int, barcode: str | None, is_deleted: bool) -> None:
    await database.writing.change(
        "INSERT INTO item (id, sku, sku_key, name, name_key, description, barcode, unit, price, "
        "stock, min_stock, admins_only, version, search_text, deleted_at, created_at, updated_at) "
        "VALUES (?, ?, ?, 'n', 'n', '', ?, 'unit', 0, 0, 0, 0, 1, '', ?, 1, 1)",
        item_id,
        f"S{item_id}",
        f"s{item_id}",
        barcode,
        1 if is_deleted else None,
    )


async def test_barcodes_of_before_are_found_as_they_were(
    empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(empty) as database:
        while (step := await one_step(database)) is not None and BEFORE not in str(step):
            pass
        assert step is not None
        for item_id, (barcode, is_deleted) in OLD.items():
            await _insert(database, item_id, barcode, is_deleted)
        with caplog.at_level(logging.WARNING):
            while await one_step(database) is not None:
                pass
        rows = await database.reading.rows("SELECT key, item_id FROM item_barcode")
        holder = {row[0]: row[1] for row in rows}
        for item_id, (barcode, is_deleted) in OLD.items():
            keys = [] if barcode is None else [k for k in lookup_keys(barcode) if k in holder]
            found = holder[keys[0]] if keys else None
            assert found == (None if is_deleted or barcode is None else item_id), barcode
        assert sum(key.startswith(" ") for key in holder) == 2
        assert holder[compare_key("036000291452")] == 1
        assert "2 items have a barcode that another item has too" in caplog.text
        # Not unique any more: a deleted item's can be had by another.
        await _insert(database, 11, "14006381333938", False)
        rows = await database.reading.rows("SELECT id, barcode FROM item ORDER BY id")
        assert [tuple(row) for row in rows[:10]] == [(i, given[0]) for i, given in OLD.items()]
