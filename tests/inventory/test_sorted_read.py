"""Walks along a sort: by what the sort's index holds, and no row that lacks a word is fetched."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from graphql_api.database.dialect import Dialect
from graphql_api.database.signed_items import sign_items
from graphql_api.inventory import catalogue as catalogue_module
from graphql_api.inventory import ranked as ranked_module
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.conditions import Where
from graphql_api.inventory.sorted_read import SortedRead
from graphql_api.services import Services
from tests.builders import make_item
from tests.conftest import KINDS
from tests.plans import plan

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
BY_SORT = {
    ItemSort.SKU: "item_by_sku",
    ItemSort.NAME: "item_by_name",
    ItemSort.STOCK: "item_by_stock",
    ItemSort.PRICE: "item_by_price",
    ItemSort.UPDATED_AT: "item_by_update",
}


@pytest.fixture(autouse=True)
def _walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where each word is common."""
    monkeypatch.setattr(ranked_module, "FETCHED_MAX", 0)
    monkeypatch.setattr(catalogue_module, "WALK_BEGIN", 3)


async def found(services: Services, text: str, sort: ItemSort = ItemSort.NAME) -> list[str]:
    page = await services.of(Catalogue).page(ItemFilter(search=text), sort, False, 9, None)
    return [item.sku for _, item in page]


@pytest.mark.parametrize("maker", ["sqlite"], indirect=True)  # PostgreSQL reads few rows otherwise
@pytest.mark.parametrize("sort", list(ItemSort), ids=lambda sort: sort.name)
async def test_signatures_are_read_from_the_index_alone(services: Services, sort: ItemSort) -> None:
    read = SortedRead(Dialect.SQLITE, sort.value, "id, sku", False, None, None, False, 6)
    sql, *parameters = read.walking(Where(), 150, 5)
    told = await plan(services, sql, *parameters)
    assert f"SCAN item USING COVERING INDEX {BY_SORT[sort]}" in told
    assert "SEARCH item USING INTEGER PRIMARY KEY" in told, "what is let through is fetched by id"


@on_both
async def test_a_row_whose_signature_lacks_a_word_is_passed_over(services: Services) -> None:
    """What shows that the walks here go by signatures, and that those must be right."""
    item = await make_item(services, "A", name="red hammer")
    assert await found(services, "red hammer") == ["A"]
    await services.database.writing.change("UPDATE item SET signature = 0 WHERE id = ?", item.id)
    assert await found(services, "red hammer") == []
    for text in ("A", "re h"):  # its SKU; words too short for a bit
        assert await found(services, text) == ["A"]


@on_both
async def test_an_item_is_signed_with_all_that_changes_it(services: Services) -> None:
    """As created, as changed, and as the migration does it: one rule."""
    for number, name in enumerate(("red hammer", "blue hammer", "螺丝钉 red drill")):
        await make_item(services, f"S-{number}", name=name, barcode=f"40063813339{number}")
    rows = "SELECT id, signature FROM item ORDER BY id"
    signed = [tuple(row) for row in await services.reading.rows(rows)]
    assert all(signature > 0 for _, signature in signed)
    await services.database.writing.change("UPDATE item SET signature = ?", -1)
    for sort in ItemSort:  # a server of an older version has written them
        assert await found(services, "red hammer", sort) == ["S-0"]
        assert await found(services, "螺丝 drill", sort) == ["S-2"]
    editor = SimpleNamespace(client=services.database.writing.client, collect_sql=False)
    await sign_items(None, editor)
    assert [tuple(row) for row in await services.reading.rows(rows)] == signed


@on_both
async def test_what_has_no_bits_for_a_word_is_found_by_it_all_the_same(services: Services) -> None:
    """A barcode that is typed in groups, whose words begin no term; words of a description."""
    await make_item(services, "PEN", name="thing", barcode="9783161484100")
    await make_item(services, "BOX", name="thing", description="a sturdy red box")
    await make_item(services, "LIST", name="978 3 16 148410 0")  # each word has an item
    assert await found(services, "978-3-16-148410-0") == ["LIST", "PEN"]
    told = ItemFilter(search="sturdy red", search_description=True)
    page = await services.of(Catalogue).page(told, ItemSort.NAME, False, 9, None)
    assert [item.sku for _, item in page] == ["BOX"]
