"""Taking imports back: all of it or nothing, while nothing else has touched their items. On both
databases."""

from __future__ import annotations

import io
from typing import Any

import pytest

from graphql_api.errors import AlreadyExists, InvalidTransition, NotFound, Refusal
from graphql_api.files.tables import Table
from graphql_api.imports import undo_blocks
from graphql_api.imports.facts import RowCounts
from graphql_api.imports.file_imports import FileImports, ImportStatus, TellImport
from graphql_api.imports.items import ImportCounts, ImportOptions, ItemImports
from graphql_api.imports.starting import StartImport, Wanted
from graphql_api.imports.stock import StockCounts, StockOptions
from graphql_api.imports.stock_tables import StockMode, stock_table
from graphql_api.imports.undo import Undo, UndoImport
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import Item, ItemRef, Items
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.reversals import Reversals
from graphql_api.services import Services
from tests.builders import MAIN, USER_ID, change, item_now, make_item, make_location, move
from tests.imports.test_stock import importing
from tests.invariants import assert_sound


async def take_items(services: Services, text: str) -> tuple[int, ImportCounts]:
    """Import items, as the command does: the import's id, and its counts."""
    import_id = await services.of(FileImports).begin_command("ITEMS", "items.csv")
    imports = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    table, counts = Table(io.BytesIO(text.encode()), "utf-8", {}), ImportCounts()
    async for progress in imports.run(table, ImportOptions(import_id=import_id)):
        counts = progress.counts
    return import_id, counts


async def take_stock(services: Services, text: str, mode: StockMode) -> tuple[int, StockCounts]:
    table = stock_table(io.BytesIO(text.encode()), "utf-8", {}, ())
    import_id, counts = None, StockCounts()
    async for progress in importing(services).run(table, StockOptions(mode, MAIN)):
        import_id, counts = progress.import_id, progress.counts
    assert import_id is not None
    return import_id, counts


async def undo(services: Services, import_id: int) -> Any:
    return await services.of(Undo).undo(UndoImport(import_id, USER_ID))


async def refused(services: Services, import_id: int, kind: type[Refusal]) -> str:
    """The words of a refusal, which must have left no trace."""
    before = await services.log.head()
    with pytest.raises(kind) as caught:
        await undo(services, import_id)
    assert await services.log.head() == before
    return caught.value.message


def fields_of(item: Item) -> tuple[Any, ...]:
    return (
        item.sku, item.name, item.description, item.category, item.price, item.min_stock,
        item.admins_only, [one.code for one in item.barcodes], item.stock,
    )  # fmt: skip


async def find(services: Services, sku: str) -> Item | None:
    return await services.of(Catalogue).find(ItemRef("sku", sku), sees_admins=True)


async def test_created_items_go_and_changed_ones_are_what_they_were(services: Services) -> None:
    first, _ = await take_items(
        services,
        "sku,name,category,barcode,price,minStock,initialStock\n"
        "A,One,Tools,111,1,2,5\nB,Two,Toys,222,2,0,0\n",
    )
    before = [await find(services, sku) for sku in "AB"]
    second, counts = await take_items(
        services,
        "sku,name,category,barcode,price,minStock,visibility,initialStock\n"
        "a,Uno,Food,222x,9,50,ADMINS,5\nB,Two,Toys,111,2,0,EVERYONE,0\nC,New,,222,3,9,EVERYONE,7\n",
    )
    assert (counts.created, counts.updated) == (1, 2)
    await assert_sound(services)
    created = await find(services, "C")
    assert created is not None
    undone = await undo(services, second)
    assert undone.undone_at is not None
    for one in before:
        assert one is not None
        assert fields_of(await item_now(services, one)) == fields_of(one)
    gone = await item_now(services, created)
    assert gone.deleted_at is not None and gone.stock == 0
    await assert_sound(services)
    assert "undone already" in await refused(services, second, InvalidTransition)
    assert "2 of its items were touched since" in await refused(services, first, InvalidTransition)


async def test_stock_goes_back_by_reversals_and_the_file_can_be_taken_again(
    services: Services,
) -> None:
    shop = await make_location(services)
    a = await make_item(services, "A", initial_stock=10)
    b = await make_item(services, "B", initial_stock=1)
    counted = "sku,location,quantity\nA,MAIN,4\nA,SHOP,3\nB,MAIN,1\n"
    count, _ = await take_stock(services, counted, StockMode.COUNT)
    await undo(services, count)
    now = await item_now(services, a)
    assert now.level_quantities == {1: 10, shop.id: 0}
    rows = await services.reading.rows("SELECT id FROM movement WHERE action_type = 'COUNT'")
    found = await services.of(Reversals).of([row[0] for row in rows])
    assert len(found) == 2 and not any(one.reverses for one in found.values())
    _, counts = await take_stock(services, counted, StockMode.COUNT)
    assert counts == StockCounts(booked=2, unchanged=1), "it can be taken over again"

    added, _ = await take_stock(services, "sku,quantity\n" + "A,1\n" * 5 + "B,2\n", StockMode.ADD)
    await move(services, b, 1)
    words = await refused(services, added, InvalidTransition)
    assert words == "1 of its items were touched since: B."
    assert (await item_now(services, a)).stock == 12
    await assert_sound(services)


async def test_what_cannot_be_undone_says_why_and_stays_whole(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id, _ = await take_items(services, "sku,name,barcode\nA,One,111\nB,Two,222\n")
    second, _ = await take_items(services, "sku,name,barcode\nA,One,333\n")
    other = await make_item(services, "C")
    await services.of(Items).change(change(other, barcode="111"))
    assert "belongs to the item 'C'" in await refused(services, second, AlreadyExists)
    await services.of(Items).change(change(other, barcode=None))
    monkeypatch.setattr(undo_blocks, "UNDO_ITEMS_MAX", 1)
    assert "more than 1 items" in await refused(services, import_id, InvalidTransition)
    monkeypatch.undo()
    await refused(services, 9, NotFound)
    empty, _ = await take_items(services, "sku,name,barcode\nB,Two,222\n")
    assert "changed nothing" in await refused(services, empty, InvalidTransition)
    await undo(services, second)
    await assert_sound(services)


async def test_an_import_that_was_undone_and_started_again_can_be_undone_again(
    services: Services,
) -> None:
    a, b = await make_item(services, "A", name="One"), await make_item(services, "B", name="Two")
    files = services.of(FileImports)
    import_id = await files.begin("items.csv", USER_ID)
    await files.put(import_id, 0, b"sku,name")
    await files.close(import_id, 8)
    await taken_again(services, import_id, "sku,name\nA,Uno\nC,New\n")
    await undo(services, import_id)
    assert (await item_now(services, a)).name == "One"
    await files.start(StartImport("check", import_id, Wanted("ITEMS", dry_run=True), "r", USER_ID))
    await files.tell(TellImport(import_id, "r", ImportStatus.CHECKED, RowCounts(), 8))
    assert "undone already" in await refused(services, import_id, InvalidTransition)

    await taken_again(services, import_id, "sku,name\nA,Uno\nB,Due\nD,Newer\n")
    found = await files.find(import_id)
    assert found is not None and found.undone_at is None
    assert [(await item_now(services, one)).name for one in (a, b)] == ["Uno", "Due"]
    undone = await undo(services, import_id)
    assert undone.undone_at is not None
    assert [(await item_now(services, one)).name for one in (a, b)] == ["One", "Two"]
    created = await find(services, "D")
    assert created is not None and created.deleted_at is not None
    assert "undone already" in await refused(services, import_id, InvalidTransition)
    await assert_sound(services)


async def taken_again(services: Services, import_id: int, text: str) -> None:
    """Start an import of an uploaded file, which fails once it has taken all rows."""
    files, key = services.of(FileImports), f"key {len(text)}"
    await files.start(StartImport(key, import_id, Wanted("ITEMS"), "runner", USER_ID))
    imports = ItemImports(services.writer, services.of(Locations), services.database.scanning)
    table = Table(io.BytesIO(text.encode()), "utf-8", {})
    async for _ in imports.run(table, ImportOptions(import_id=import_id)):
        pass
    await files.tell(TellImport(import_id, "runner", ImportStatus.FAILED, RowCounts(), 8))
