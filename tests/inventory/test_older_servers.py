"""What a server of an older version writes in a rolling restart is put right."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from graphql_api.clock import DAY_US, HOUR_US, HeldClock
from graphql_api.database.dialect import Dialect
from graphql_api.inventory import barcodes
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.item import ItemRef
from graphql_api.inventory.items import Items
from graphql_api.inventory.noun import NOUN
from graphql_api.inventory.scanning import Scanner
from graphql_api.services import Services
from graphql_api.texts import terms
from graphql_api.texts.folding import plain
from graphql_api.texts.gtins import is_gtin
from tests.builders import change, make_item, move
from tests.conftest import KINDS
from tests.statements import counted

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
EAN, UPC = "4006381333931", "036000291452"
ISBN, IN_GROUPS = "9783161484100", "978-3-16-148410-0"
# As version 0.1.0 writes an item: no sku_order, terms of its own, and no row of item_barcode.
OLD_ITEM = (
    "INSERT INTO item (id, sku, sku_key, name, name_key, description, category, barcode, unit, "
    "price, stock, min_stock, admins_only, version, search_text, created_at, updated_at) VALUES "
    "(?, ?, ?, 'Bolt', 'bolt', '', 'Bolts', ?, 'unit', 0, 0, 0, 0, 1, ' 1n4148 bolt', ?, ?)"
)
OLD_TERMS = ("1n4148", "bolt")


async def written_by_older(services: Services, item_id: int, sku: str, barcode: str) -> None:
    now_us = services.clock.now_us()
    write = services.database.writing.change
    await write(OLD_ITEM, item_id, sku, sku.lower(), barcode, now_us, now_us)
    for term in OLD_TERMS:
        await write("INSERT INTO item_term (term, item_id) VALUES (?, ?)", term, item_id)


async def scanned(services: Services, code: str) -> str | None:
    found = await services.of(Scanner).scan(code, sees_admins=True)
    return None if found.item is None else found.item.sku


async def keys(services: Services) -> list[tuple[str, int]]:
    rows = await services.reading.rows("SELECT key, item_id FROM item_barcode ORDER BY key")
    return [tuple(row) for row in rows]


@on_both
async def test_an_item_of_an_older_server_is_found_again_by_all_that_it_has(
    services: Services, clock: HeldClock, caplog: pytest.LogCaptureFixture
) -> None:
    """How the bug came about: table item_barcode was filled by its migration, once."""
    mend, _ = NOUN.tidying(services)
    taken = await make_item(services, "AAA", barcode=UPC)
    freed = await make_item(services, "BBB", barcode="111")
    renamed = await make_item(services, "CCC", barcode="222")
    two = await make_item(services, "DDD", barcode="444")
    await services.of(Items).change(change(two, barcode="555"))
    assert await mend() == 0
    clock.advance(HOUR_US)
    await written_by_older(services, 77, "1N4148", EAN)
    await written_by_older(services, 78, "ZZZ", f"0{UPC}")  # the same as AAA's
    write = services.database.writing.change
    for item_id, column, value in (
        (freed.id, "deleted_at", clock.now_us()),
        (renamed.id, "barcode", "333"),
    ):
        await write(f"UPDATE item SET {column} = ?, updated_at = ? WHERE id = ?",
                    value, clock.now_us(), item_id)  # fmt: skip
    assert await scanned(services, EAN) is None
    with caplog.at_level(logging.WARNING):
        assert await mend() == 4
    assert "barcode '0036000291452' of item 78 is another item's too" in caplog.text
    assert [await scanned(services, code) for code in (EAN, UPC, "111", "222", "333", "555")] == [
        "1N4148", "AAA", None, None, "CCC", "DDD",
    ]  # fmt: skip
    found = await services.of(Catalogue).find(ItemRef("barcode", f"0{UPC}"), sees_admins=True)
    assert found is not None and found.id == 78
    listed = await services.of(Catalogue).page(
        ItemFilter(search="4148"), ItemSort.SKU, False, 9, None
    )
    assert [item.id for _, item in listed] == [77, 78][:1]
    ordered = await services.of(Catalogue).page(ItemFilter(), ItemSort.SKU, False, 9, None)
    assert [item.sku for _, item in ordered] == ["1N4148", "AAA", "CCC", "DDD", "ZZZ"]
    terms = await services.reading.rows(
        "SELECT item_id, term FROM item_term GROUP BY item_id, term HAVING count(*) > 1"
    )
    assert list(terms) == []
    before = await keys(services)
    assert await mend() == 0
    assert await keys(services) == before
    assert before.count((f"00{UPC}", taken.id)) == 1


@contextmanager
def older(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a server of the version before 0170 and 0185 cuts terms and joins keys."""
    with monkeypatch.context() as rules:
        rules.setattr(terms, "typed", lambda text, digraphs=False: plain(text, digraphs))
        rules.setattr(barcodes, "gtin_of", lambda code: code if is_gtin(code) else None)
        yield


async def note_migrations(services: Services, newest_us: int) -> None:
    """Migrated by this version at that time, and by older ones long before."""
    for moment_us, name in ((newest_us - 90 * DAY_US, "0"), (newest_us, "0185")):
        moment: datetime | str = datetime.fromtimestamp(moment_us / 1e6, UTC)
        if services.reading.dialect is Dialect.SQLITE:
            moment = str(moment)
        await services.database.writing.change(
            "UPDATE tortoise_migrations SET applied_at = ? WHERE name >= ?", moment, name
        )


async def found(services: Services, search: str) -> list[str]:
    page = await services.of(Catalogue).page(
        ItemFilter(search=search), ItemSort.SKU, False, 9, None
    )
    return [item.sku for _, item in page]


@on_both
async def test_what_an_older_server_cut_and_joined_by_older_rules_is_computed_anew(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: the migrations read the table once, and the older server wrote on."""
    mend, _ = NOUN.tidying(services)
    items = services.of(Items)
    await note_migrations(services, clock.now_us())
    before = await make_item(services, "BEFORE", barcode=IN_GROUPS)
    named = await make_item(services, "NAMED")
    assert await mend() == 0
    clock.advance(60)
    with older(monkeypatch):
        await items.change(change(named, name="10 \u03bcF"))
        await items.change(change(before, barcode="B-2"))
        await make_item(services, "MADE", barcode="978 3 16 148410 0")
        await make_item(services, "TWICE", barcode=IN_GROUPS)
    assert await found(services, "10uf") == []
    assert await scanned(services, ISBN) is None, "BEFORE's key, which it did not take away"
    assert await scanned(services, IN_GROUPS) == "TWICE", "it is found as it is written meanwhile"
    assert await mend() == 4
    assert await found(services, "10uf") == ["NAMED"]
    assert [await scanned(services, code) for code in (ISBN, IN_GROUPS, "B-2")] == [
        "MADE", "TWICE", "BEFORE",
    ]  # fmt: skip
    assert await mend() == 0
    clock.advance(3_600)
    assert await mend() == 0


@on_both
async def test_items_are_computed_anew_only_while_an_older_server_may_have_been_there(
    services: Services, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mend, _ = NOUN.tidying(services)
    item = await make_item(services, "A")
    with older(monkeypatch):
        await services.of(Items).change(change(item, name="10 \u03bcF"))
    assert await mend() == 0, "this version made the database"
    await note_migrations(services, clock.now_us() + HOUR_US)
    assert await mend() == 0, "the migration came later, and has seen it"
    await note_migrations(services, clock.now_us() - 3 * DAY_US)
    assert await mend() == 0, "no rolling restart takes days"
    await note_migrations(services, clock.now_us())
    mend, _ = NOUN.tidying(services)  # of a process that begins then
    with counted() as sent:
        assert await mend() == 1
    assert 0 < sent.over(services.scanning) < 9
    await note_migrations(services, clock.now_us() - DAY_US)
    clock.advance(3_600)
    assert await mend() == 0
    await move(services, item, 3)
    assert await mend() == 0


@on_both
async def test_a_change_of_what_an_older_server_wrote_leaves_none_of_its_terms(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: only the terms that differ by today's rules were written."""
    item = await make_item(services, "A")
    with older(monkeypatch):
        item = (await services.of(Items).change(change(item, name="10 \u03bcF box"))).item
    await services.of(Items).change(change(item, description="New"))
    assert await found(services, "10uf") == ["A"]
    row = await services.reading.row("SELECT search_text FROM item")
    kept = await services.reading.rows("SELECT term FROM item_term ORDER BY term")
    assert row is not None
    assert sorted(each[0] for each in kept) == sorted(row[0].split())
