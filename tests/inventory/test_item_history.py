"""Who changed which field of an item, and when."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.database.writer import single
from graphql_api.events.log import LogTransaction
from graphql_api.inventory.barcodes import WantedBarcode
from graphql_api.inventory.item import Item
from graphql_api.inventory.item_history import ItemFieldChange, ItemHistory, differences
from graphql_api.inventory.items import Items, Visibility
from graphql_api.inventory.units import ItemUnit
from graphql_api.services import Services
from tests.builders import USER_ID, change, item_now, make_item, move, removal
from tests.imports.test_items import take
from tests.statements import counted

Told = tuple[str, str | None, str | None]


async def told(services: Services, item: Item, *, sees_cost: bool = True) -> list[Told]:
    """What became of the item's fields, newest first."""
    found = await services.of(ItemHistory).pages([item.id], 100, None, sees_cost=sees_cost)
    count = await services.of(ItemHistory).counts([item.id], sees_cost=sees_cost)
    assert count[item.id] == len(found[item.id])
    return [(one.field, one.old_value, one.new_value) for one in found[item.id]]


async def test_each_field_that_changed_is_told_with_what_it_was_and_became(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services, price=125_000)
    items = services.of(Items)
    clock.advance(5)
    await items.change(change(item, price=Decimal("13.75"), category="Tools"))
    await items.change(change(item, name="Item SKU-1", minStock=3))  # the name is as it was
    hidden = change(item, category=None, cost=Decimal("0.0001"), visibility=Visibility.ADMINS)
    await items.change(hidden)
    await move(services, item, 3)
    clock.advance(5)
    await items.remove(removal(item))
    deleted_at = "2026-01-01T00:00:10Z"
    expected: list[Told] = [
        ("deletedAt", None, deleted_at),
        ("visibility", "EVERYONE", "ADMINS"),
        ("cost", None, "0.0001"),
        ("category", "Tools", None),
        ("minStock", "0", "3"),
        ("price", "12.50", "13.75"),
        ("category", None, "Tools"),
    ]
    found = await told(services, item)
    assert (sorted(found, key=str), found[0]) == (sorted(expected, key=str), expected[0])
    assert [one[0] for one in await told(services, item, sees_cost=False)] == [
        one[0] for one in found if one[0] != "cost"
    ]
    pages = await services.of(ItemHistory).pages([item.id], 1, None, backwards=True, sees_cost=True)
    (oldest,) = pages[item.id]
    assert oldest == ItemFieldChange(
        oldest.id, item.id, oldest.field, oldest.old_value, oldest.new_value, USER_ID,
        clock.now_us() - 5_000_000,
    )  # fmt: skip


async def test_every_field_of_an_item_is_told_but_what_follows_from_a_change(
    services: Services,
) -> None:
    """Fields that come later are told without anybody thinking of it."""
    before = await item_now(services, await make_item(services))
    assert differences(before, before) == []
    quiet = {"id", "stock", "version", "created_at", "updated_at", "level_quantities"}
    for field in fields(Item):
        value = getattr(before, field.name)
        other: Any = f"{value}x" if isinstance(value, str) else 1
        if other == value:
            other = 2
        changed = differences(before, replace(before, **{field.name: other}))
        assert len(changed) == (field.name not in quiet), field.name


async def test_what_changed_is_told_by_its_name_in_the_schema(services: Services) -> None:
    item = await make_item(services, units=[ItemUnit("box", 5)])
    barcodes = [WantedBarcode("A"), WantedBarcode("B", unit="crate")]
    renamed = change(item, units=[ItemUnit("crate", 12)], barcodes=barcodes)
    await services.of(Items).change(renamed)
    names = {name for name, _, _ in await told(services, item)}
    assert names == {"barcode", "barcodes", "units"}


async def test_pages_of_several_items_join_to_their_whole_histories(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}") for n in range(3)]
    for number in range(7):
        for item in items[:2]:
            await services.of(Items).change(change(item, name=f"{item.sku} {number}"))
    history = services.of(ItemHistory)
    found: dict[int, list[str | None]] = {item.id: [] for item in items}
    before: int | None = None
    for _ in range(4):
        with counted() as sent:
            pages = await history.pages([item.id for item in items], 4, before, sees_cost=True)
        assert len(sent) == 1
        newest = {one.id for page in pages.values() for one in page[:2]}
        for item in items:
            found[item.id] += [one.new_value for one in pages[item.id] if one.id in newest]
        before = min(newest, default=before)
    assert found[items[2].id] == []
    for item in items[:2]:
        assert found[item.id] == [f"{item.sku} {number}" for number in range(6, -1, -1)]


async def test_an_import_is_a_change_of_the_fields_that_it_changes(services: Services) -> None:
    item = await make_item(services, price=125_000)
    taken = await take(services, "sku,name,price,initialStock\nSKU-1,New name,12.5,\nNEW,New,1,\n")
    assert (taken.counts.updated, taken.counts.created) == (1, 1)
    assert await told(services, item) == [("name", "Item SKU-1", "New name")]


async def test_a_change_that_is_taken_back_leaves_no_history(services: Services) -> None:
    item = await make_item(services)

    async def fails(transaction: LogTransaction, _: None) -> None:
        await services.of(Items)._change_one(transaction, change(item, name="never"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await services.writer.submit(single(fails), None)
    assert await told(services, item) == []
