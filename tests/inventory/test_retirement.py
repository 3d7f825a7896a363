"""How an item goes, and comes back: archive, delete, restore."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.clock import HeldClock
from graphql_api.errors import (
    AlreadyExists,
    InvalidInput,
    InvalidTransition,
    NotFound,
    Refusal,
    VersionConflict,
)
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.item import Item, ItemRef, checked_fields
from graphql_api.inventory.items import DeletedStock, Items
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    archival,
    batch,
    change,
    hide,
    item_now,
    line,
    make_item,
    make_location,
    move,
    removal,
    restoration,
    set_stock,
    transfer,
)
from tests.invariants import assert_sound, events_of, fact_of


async def listed(services: Services, **wanted: Any) -> list[str]:
    catalogue, chosen = services.of(Catalogue), ItemFilter(**wanted)
    rows = await catalogue.page(chosen, ItemSort.SKU, False, 99, None)
    assert await catalogue.count(chosen) == len(rows)
    return [item.sku for _, item in rows]


async def live_alerts(services: Services) -> set[int]:
    return set((await assert_sound(services)).live_alerts)


async def test_an_archived_item_is_out_of_lists_and_still_found_changed_and_booked(
    services: Services, clock: HeldClock
) -> None:
    kept, item = await make_item(services, "A"), await make_item(services, "B", barcode="12")
    clock.advance(5)
    archived = (await services.of(Items).archive(archival(item, 1))).item
    assert (archived.archived_at, archived.version) == (clock.now_us(), 2)
    for search in (None, "b", "12"):
        left = [kept.sku] if search is None else []
        assert await listed(services, search=search) == left
        both = [*left, "B"]
        assert await listed(services, search=search, include_archived=True) == both
        assert await listed(services, search=search, include_deleted=True) == left
    for ref in (ItemRef("sku", "b"), ItemRef("barcode", "12"), ItemRef("id", str(item.id))):
        assert await services.of(Catalogue).find(ref, False) == archived_of(archived)
    moved = await move(services, item, -3)
    changed = await services.of(Items).change(change(item, name="Other"))
    assert moved.item is not None and moved.item.archived_at == archived.archived_at
    assert (changed.item.archived_at, changed.item.stock) == (archived.archived_at, 7)
    updates = [fact_of(e).item for e in await events_of(services) if e["subject"] == item.id]
    assert [state.archived_at for state in updates] == [None] + 3 * [archived.archived_at]
    await assert_sound(services)


def archived_of(item: Item) -> Item:
    """As a query reads it: without levels."""
    return replace(item, level_quantities=None)


async def test_an_archived_item_has_no_alerts_until_it_is_back(services: Services) -> None:
    item = await make_item(services, initial_stock=3, min_stock=5)
    assert await live_alerts(services) == {item.id}
    await services.of(Items).archive(archival(item))
    assert await live_alerts(services) == set()
    await move(services, item, -3)
    await services.of(Items).change(change(item, minStock=90))
    checked = await services.of(Alerts).check()
    assert (checked.checked, checked.raised, checked.resolved) == (0, 0, 0)
    assert await live_alerts(services) == set()
    before = len(await events_of(services))
    await services.of(Items).restore(restoration(item))
    assert await live_alerts(services) == {item.id}
    told = [(e["topic"], e["kind"]) for e in (await events_of(services))[before:]]
    assert told[:2] == [("inventory", "UPDATED"), ("alerts", "RAISED")]
    assert (await item_now(services, item)).archived_at is None


async def test_what_cannot_be_archived_or_restored_is_refused_and_leaves_nothing(
    services: Services,
) -> None:
    item, secret = await make_item(services, "A"), await make_item(services, "S")
    gone = await make_item(services, "G")
    await hide(services, secret)
    await services.of(Items).remove(removal(gone))
    archive, restore = services.of(Items).archive, services.of(Items).restore
    refused: list[tuple[type[Refusal], Any]] = [
        (NotFound, archive(archival(99))),
        (NotFound, archive(archival(gone))),
        (NotFound, archive(archival(secret, sees_admins=False))),
        (VersionConflict, archive(archival(item, 7))),
        (NotFound, restore(restoration(99))),
        (NotFound, restore(restoration(secret, sees_admins=False))),
        (InvalidTransition, restore(restoration(item))),
    ]
    head = await services.log.head()
    for kind, command in refused:
        with pytest.raises(kind):
            await command
    assert await services.log.head() == head
    await archive(archival(item))
    with pytest.raises(InvalidTransition, match="restoreItem"):
        await archive(archival(item))


async def test_a_deleted_item_gives_its_barcode_free_and_asks_for_it_when_it_is_back(
    services: Services,
) -> None:
    first = await make_item(services, "A", barcode="12", category="tools")
    removed = await services.of(Items).remove(removal(first))
    assert removed.item.barcode == "12", "which it was is told still"
    assert await services.of(Catalogue).find(ItemRef("barcode", "12"), True) is None
    second = await make_item(services, "B", barcode="12")
    with pytest.raises(AlreadyExists, match=f"item {second.id}") as refused:
        await services.of(Items).restore(restoration(first))
    assert refused.value.field == ("input", "barcode")
    with pytest.raises(AlreadyExists):
        await services.of(Items).restore(restoration(first, barcode="13", sku="b"))
    with pytest.raises(NotFound):
        await move(services, first, 1)
    back = (await services.of(Items).restore(restoration(first, barcode="13", sku="A-2"))).item
    assert (back.sku, back.barcode, back.deleted_at, back.version) == ("A-2", "13", None, 3)
    assert await listed(services, search="13") == ["A-2"]
    assert await listed(services, search="12") == ["B"]
    assert await listed(services, search="tools") == ["A-2"]
    await move(services, first, 1)
    # The barcode that it has now is the one that it would come back with.
    await services.of(Items).remove(removal(first))
    assert (await services.of(Items).restore(restoration(first))).item.barcode == "13"
    await services.of(Items).remove(removal(first))
    assert (await services.of(Items).restore(restoration(first, barcode=None))).item.barcode is None
    await services.of(Items).remove(removal(first))
    assert (await services.of(Items).restore(restoration(first))).item.barcode is None
    await assert_sound(services)


async def test_a_restored_item_is_judged_anew(services: Services) -> None:
    item = await make_item(services, initial_stock=1, min_stock=5)
    await services.of(Items).archive(archival(item))
    deleted = (await services.of(Items).remove(removal(item))).item
    assert deleted.archived_at is None, "an item is archived or deleted, not both"
    assert await live_alerts(services) == set()
    await services.of(Items).restore(restoration(item))
    assert await live_alerts(services) == {item.id}
    assert await listed(services) == [item.sku]


async def test_what_a_deleted_item_has_is_only_booked_out(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10, min_stock=5)
    await services.of(Items).remove(removal(item))
    ledger = services.of(StockLedger)
    for command in (
        adjust(item, 1),
        adjust(item, 1, ActionType.RECEIPT),
        set_stock(item, 11, 10),
        set_stock(item, 10, 10),
    ):
        with pytest.raises(NotFound, match="only be booked out"):
            await ledger.carry_out(command)
    await ledger.carry_out(adjust(item, -2, ActionType.SALE))
    await ledger.carry_out(transfer(item, 3, MAIN, shop.id))
    await ledger.carry_out(set_stock(item, 4, 5))
    done = await ledger.carry_out(batch(line(item, -4), line(item, -3, location_id=shop.id)))
    assert len(done.movements) == 2
    now = await item_now(services, item)
    assert (now.stock, now.deleted_at is None) == (0, False)
    with pytest.raises(NotFound, match="was deleted"):
        await ledger.carry_out(adjust(item, -1))
    assert await live_alerts(services) == set()


async def test_deleting_writes_its_stock_off_when_asked(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=10, min_stock=5)
    await services.of(StockLedger).carry_out(transfer(item, 4, MAIN, shop.id))
    before = len(await events_of(services))
    removed = (await services.of(Items).remove(removal(item, stock=DeletedStock.WRITE_OFF))).item
    assert (removed.stock, removed.level_quantities) == (0, {MAIN: 0, shop.id: 0})
    written = (await services.of(History).page(item.id, True, 2, None))[::-1]
    assert [(m.action_type, m.quantity, m.location_id) for m in written] == [
        (ActionType.WRITE_OFF, -6, MAIN),
        (ActionType.WRITE_OFF, -4, shop.id),
    ]
    told = [(e["topic"], e["kind"]) for e in (await events_of(services))[before:]]
    assert told == [("inventory", "STOCK_UPDATED"), ("inventory", "DELETED")], "and no alert"
    assert await item_now(services, item) == removed
    empty = await make_item(services, "E", initial_stock=0)
    await services.of(Items).remove(removal(empty, stock=DeletedStock.WRITE_OFF))
    await assert_sound(services)


async def test_the_totals_have_what_is_there_and_the_counts_what_is_listed(
    services: Services,
) -> None:
    price: dict[str, Any] = {"price": 10_000, "initial_stock": 2}
    items = [await make_item(services, sku, **price) for sku in ("A", "B", "C", "D")]
    await services.of(Items).archive(archival(items[1]))
    await services.of(Items).remove(removal(items[2]))
    await services.of(Items).remove(removal(items[3], stock=DeletedStock.WRITE_OFF))
    found = await services.of(Figures).summary(True)
    assert (found.items, found.units, found.stock_value) == (1, 6, 60_000)
    assert sum(found.by_status.values()) == 1


async def test_attributes_are_texts_by_name(services: Services) -> None:
    columns = checked_fields({"attributes": {" colour ": "red", "Größe": "XL\n2"}})
    item = await make_item(services, **columns)
    assert item.attributes == '{"Größe":"XL\\n2","colour":"red"}'
    assert await item_now(services, item) == item
    await services.of(Items).change(change(item, attributes={}))
    assert (await item_now(services, item)).attributes is None
    assert checked_fields({"attributes": None, "price": Decimal(1)})["attributes"] is None


@pytest.mark.parametrize(
    "given",
    [
        "red", ["red"], 5, True, {"a": 1}, {"a": None}, {"a": {}}, {"": "x"}, {"a\0": "x"},
        {"a": "x\0"}, {"a": "x" * 1_001}, {"x" * 101: "a"}, {"a": "1", " a": "2"},
        {str(number): "" for number in range(101)}, {str(number): "x" * 999 for number in range(5)},
    ],
    ids=repr,
)  # fmt: skip
def test_attributes_of_another_form_are_refused(given: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_fields({"attributes": given}, ("input",))
    assert (refused.value.field or ())[:2] == ("input", "attributes")
