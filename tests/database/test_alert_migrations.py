"""Migrations of alerts on tables that are filled: what stands survives, and gets what is new."""

from __future__ import annotations

import pytest

from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.database.database import Database
from graphql_api.process import open_services
from tests.builders import make_item
from tests.conftest import settings_for
from tests.databases import Maker, migrate_again
from tests.invariants import assert_sound


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Not given back: tables that were made again lack what later migrations did to them."""
    maker: Maker = request.getfixturevalue(f"{request.param}_maker")
    return maker.fresh()


async def test_alerts_of_before_get_their_sku_and_what_they_have_told(url: str) -> None:
    async with open_services(settings_for(url)) as services:
        item = await make_item(services, "OLD", min_stock=20, initial_stock=5)
        (before,) = await services.of(AlertListing).page(AlertFilter(), True, 10, None)
    await _take_back(url)
    database = Database(url)
    await database.open()
    try:
        await migrate_again(database, "0036_alert_words", "0037_one_go")
    finally:
        await database.close()
    async with open_services(settings_for(url)) as services:
        (after,) = await services.of(AlertListing).page(AlertFilter(), True, 10, None)
        assert after == before
        assert (after.item_id, after.sku, after.told_severity) == (item.id, "OLD", 3)
        assert after.title == "Low stock: Item OLD (OLD)"
        await assert_sound(services)


async def _take_back(url: str) -> None:
    """Undo by hand what 0036 and 0037 did, as it was in the version before."""
    database = Database(url)
    await database.open()
    try:
        for statement in (
            "ALTER TABLE alert DROP COLUMN item_sku",
            "ALTER TABLE alert DROP COLUMN stock_before",
            "ALTER TABLE alert DROP COLUMN told_severity",
            "DROP TABLE notification_item",
            "DROP TABLE notification_go",
        ):
            await database.writing.change(statement)
    finally:
        await database.close()
