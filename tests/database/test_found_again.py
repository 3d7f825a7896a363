"""Keys and terms of rows of older versions are made anew, and whoever collides stays usable."""

from __future__ import annotations

import logging

import pytest

from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.items import Item, ItemRef, Items
from graphql_api.process import migrate, open_services
from graphql_api.services import Services
from tests.builders import change
from tests.conftest import settings_for
from tests.database.test_migrating import empty, one_step, opened

__all__ = ["empty"]  # a fixture

BEFORE = "0050_references"
# id, SKU and its key as 0.1.0 made it, category
ITEMS = (
    (11, "AB-1", "ab-1", "Tools"),
    (12, "AB\u200b-1", "ab\u200b-1", "TOOLS"),
    (13, "R10", "r10", "\uff34ools"),
    (14, "R2", "r2", None),
    (15, "\u00adSoft", "\u00adsoft", None),
)
ITEM = (
    "INSERT INTO item (id, sku, sku_key, name, name_key, description, category, unit, price, "
    "stock, min_stock, admins_only, version, search_text, created_at, updated_at) VALUES (?, ?, ?, "
    "'\u00c4hre 1N4148', 'x', 'of steel', ?, 'unit', 0, 0, 0, 0, 1, ' old', 0, 0)"
)


async def found(services: Services, **filters: object) -> list[int]:
    wanted = ItemFilter(**filters)  # type: ignore[arg-type]  # by the names of its fields
    page = await services.of(Catalogue).page(wanted, ItemSort.SKU, False, 9, None)
    return [item.id for _, item in page]


async def by_sku(services: Services, sku: str) -> Item | None:
    return await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=False)


async def test_rows_of_older_versions_are_found_sorted_and_told_when_they_collide(
    empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(empty) as database:
        while await one_step(database) != BEFORE:
            pass
        for item_id, sku, key, category in ITEMS:
            await database.writing.change(ITEM, item_id, sku, key, category)
        await database.writing.change("INSERT INTO item_term (term, item_id) VALUES ('old', 11)")
        await database.writing.change(
            "INSERT INTO location (id, code, code_key, name, created_at) "
            "VALUES (1, 'S\u200bHOP', 's\u200bhop', 'Shop', 0)"
        )
        with caplog.at_level(logging.WARNING):
            while await one_step(database) is not None:
                pass
        told = [
            record.getMessage()
            for record in caplog.records
            if "item 12" in record.msg % record.args
        ]
        assert len(told) == 1 and "11" in told[0]
        row = await database.reading.row("SELECT code_key FROM location WHERE id = 1")
        assert row is not None and row[0] == "shop"
        await migrate(database)  # the first rows, which no migration makes
    async with open_services(settings_for(empty)) as services:
        assert await found(services) == [11, 12, 14, 13, 15]
        assert await found(services, search="4148 ahre") == [11, 12, 14, 13, 15]
        assert await found(services, search="steel", search_description=True) == [
            11,
            12,
            14,
            13,
            15,
        ]
        assert await found(services, search="old") == []
        assert await found(services, categories=("tools",)) == [11, 12, 13]
        for sku, item_id in (("AB-1", 11), ("ab\u200b-1", 11), ("soft", 15)):
            item = await by_sku(services, sku)
            assert item is not None and item.id == item_id
        later = await services.of(Items).change(change(12, name="Renamed"))
        assert later.item.sku == ITEMS[1][1]
        await services.of(Items).change(change(12, sku="AB-2"))
        item = await by_sku(services, "ab-2")
        assert item is not None and item.id == 12
