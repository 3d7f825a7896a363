"""What a server of an older version writes in a rolling restart is put right."""

from __future__ import annotations

import logging

import pytest

from graphql_api.clock import HOUR_US, HeldClock
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.item import ItemRef
from graphql_api.inventory.items import Items
from graphql_api.inventory.noun import NOUN
from graphql_api.inventory.scanning import Scanner
from graphql_api.services import Services
from tests.builders import change, make_item
from tests.conftest import KINDS

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
EAN, UPC = "4006381333931", "036000291452"
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
