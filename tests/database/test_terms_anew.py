"""Items of an older database are found by the signs that people type."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from graphql_api.database.terms_anew import make_signed_terms_anew, make_terms_anew
from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.catalogue import Catalogue, ItemFilter
from graphql_api.inventory.items import Items
from graphql_api.process import migrate, open_services
from graphql_api.services import Services
from graphql_api.texts import terms
from graphql_api.texts.folding import plain
from graphql_api.texts.signatures import signature_of
from tests.builders import change, make_item
from tests.conftest import settings_for
from tests.database.test_migrating import alone, empty, opened

__all__ = ["empty"]  # a fixture


async def found(services: Services, search: str) -> list[str]:
    page = await services.of(Catalogue).ranked(ItemFilter(search=search), 9, None)
    return [item.sku for _, item in page]


async def migrated_by(url: str, change: Callable[[Any, Any], Awaitable[None]]) -> None:
    """Do to the rows that are there what a migration does."""
    async with opened(url) as database, alone(database) as connection:
        await change(None, SimpleNamespace(client=connection.client, collect_sql=False))


async def test_what_was_stored_before_is_found_as_it_is_typed(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(empty) as database:
        await migrate(database)
    with monkeypatch.context() as older:
        older.setattr(terms, "typed", lambda text, digraphs=False: plain(text, digraphs))
        async with open_services(settings_for(empty)) as services:
            capacitor = await make_item(services, "C-1", name="10 \u03bcF")
            await services.of(Items).change(
                change(capacitor, barcodes=[WantedBarcode("96385074"), WantedBarcode("BOX-7", 7)])
            )
            plain_one = await make_item(services, "C-2", name="Hammer")
            assert await found(services, "10uf") == []
    await migrated_by(empty, make_terms_anew)  # 0170
    async with open_services(settings_for(empty)) as services:
        assert await found(services, "10uf") == ["C-1"]
        assert await found(services, "box7") == ["C-1"], "all its barcodes are in its terms"
        assert await found(services, "hammer") == [plain_one.sku]


async def test_what_was_stored_before_is_found_by_its_size_and_by_each_umlaut(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Migration 0192; the terms' signatures come with them, else a sorted search passes over it."""
    async with opened(empty) as database:
        await migrate(database)
    with monkeypatch.context() as older:
        older.setattr(terms, "_MEASURED", re.compile("none of them"))
        older.setattr(terms, "_without_digraphs", lambda word: ())
        terms._inside.cache_clear()
        async with open_services(settings_for(empty)) as services:
            await make_item(services, "F-1", name="Feuerloescher M8x40 mm")
            assert await found(services, "Feuerl\u00f6scher") == []
            assert await found(services, "m8x40mm") == []
    terms._inside.cache_clear()
    await migrated_by(empty, make_signed_terms_anew)
    async with open_services(settings_for(empty)) as services:
        assert await found(services, "Feuerl\u00f6scher") == ["F-1"]
        assert await found(services, "m8x40mm") == ["F-1"]
        row = await services.database.reading.row("SELECT signature, search_text FROM item")
        assert row is not None
        assert row[0] == signature_of(row[1].split())
