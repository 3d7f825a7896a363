"""Items for ADMINS: they, their events and their alerts exist for ADMIN only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.delivery import audience
from graphql_api.errors import NotFound
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Item, ItemRef, Items, Visibility
from graphql_api.inventory.movement_filter import MovementFilter
from graphql_api.inventory.stock import BulkPolicy, StockLedger
from graphql_api.notifications.alert_notices import ACTS_ON_STOCK
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    batch,
    change,
    hide,
    line,
    make_item,
    make_location,
    move,
    removal,
    set_stock,
    transfer,
)
from tests.conftest import OpenServices
from tests.invariants import assert_sound, events_of
from tests.streams import eventually


async def hidden_item(services: Services) -> Item:
    """An item with a barcode, stock below its minimum, an alert, and for ADMINS only."""
    return await make_item(
        services, "SECRET-1", barcode="777", category="Secret", min_stock=20, admins_only=1
    )


@pytest.mark.parametrize("by", ["id", "sku", "barcode"])
async def test_a_hidden_item_is_found_by_admins_alone(services: Services, by: str) -> None:
    item = await hidden_item(services)
    named = ItemRef(by, {"id": str(item.id), "sku": "secret-1", "barcode": "777"}[by])
    assert await services.of(Catalogue).find(named, sees_admins=True)
    assert await services.of(Catalogue).find(named, sees_admins=False) is None


async def test_a_hidden_item_is_in_no_list_count_or_search_of_others(services: Services) -> None:
    item = await hidden_item(services)
    shown = await make_item(services, "SHOWN-1")
    for sees_admins, wanted in ((True, {item.id, shown.id}), (False, {shown.id})):
        found = await services.of(Catalogue).by_ids([item.id, shown.id], sees_admins)
        assert set(found) == wanted
        for narrowed in (
            {},
            {"search": "1"},
            {"include_deleted": True},
            {"skus": ("secret-1", "shown-1")},
        ):
            chosen = ItemFilter(sees_admins=sees_admins, **narrowed)
            page = await services.of(Catalogue).page(chosen, ItemSort.SKU, False, 10, None)
            assert {row.id for _, row in page} == wanted
            assert await services.of(Catalogue).count(chosen) == len(wanted)
    secret = ItemFilter(categories=("Secret",), search="secret")
    assert await services.of(Catalogue).page(secret, ItemSort.NAME, True, 10, None) == []


async def test_a_hidden_items_movements_are_in_nobody_elses_history(services: Services) -> None:
    await hidden_item(services)
    shown = await make_item(services)
    for sees_admins, count in ((True, 2), (False, 1)):
        page = await services.of(History).page(None, sees_admins, 10, None)
        assert (
            len(page)
            == await services.of(History).count(MovementFilter(sees_admins=sees_admins))
            == count
        )
        assert page[0].item_id == shown.id


async def test_a_hidden_items_alerts_exist_for_admins_alone(services: Services) -> None:
    await hidden_item(services)
    (alert,) = await services.of(AlertListing).page(AlertFilter(), True, 10, None)
    assert await services.of(AlertListing).page(AlertFilter(), False, 10, None) == []
    assert await services.of(AlertListing).count(AlertFilter(), False) == 0
    until_us = services.clock.now_us() + 10**9
    for command in (
        services.of(Alerts).acknowledge(alert.id, 5, sees_admins=False),
        services.of(Alerts).snooze(alert.id, until_us, 5, sees_admins=False),
        services.of(Alerts).resolve(alert.id, 5, sees_admins=False),
    ):
        with pytest.raises(NotFound):
            await command
    await services.of(Alerts).acknowledge(alert.id, 5, sees_admins=True)


async def test_for_others_a_hidden_item_looks_like_one_that_was_never_there(
    services: Services,
) -> None:
    item = await hidden_item(services)
    shop = await make_location(services)
    commands: list[Any] = [
        adjust(item, 1, sees_admins=False),
        adjust(ItemRef("sku", "SECRET-1"), 1, sees_admins=False),
        adjust(ItemRef("barcode", "777"), 1, sees_admins=False),
        set_stock(item, 1, 10, sees_admins=False),
        transfer(item, 1, MAIN, shop.id, sees_admins=False),
    ]
    for command in commands:
        with pytest.raises(NotFound) as refused:
            await services.of(StockLedger).carry_out(command)
        assert "no item with" in refused.value.message
        assert "delete" not in refused.value.message
    for changing in (
        services.of(Items).change(change(item, sees_admins=False, name="x")),
        services.of(Items).remove(removal(item, sees_admins=False)),
    ):
        with pytest.raises(NotFound, match="There is no item"):
            await changing
    await services.of(Items).remove(removal(item))
    with pytest.raises(NotFound, match="There is no item"):
        await services.of(StockLedger).carry_out(adjust(item, 1, sees_admins=False))


async def test_a_hidden_items_events_are_for_admins(services: Services) -> None:
    item = await hidden_item(services)
    await move(services, item, -5)
    await services.of(Items).remove(removal(item))
    events = await events_of(services)
    assert {event["topic"] for event in events} == {"inventory", "alerts", "notifications"}
    assert {event["roles"] for event in events} == {audience.ADMINS}


async def test_hiding_an_item_hides_its_earlier_events_too(services: Services) -> None:
    item = await make_item(services, min_stock=20)
    other = await make_item(services, "SKU-2")
    await move(services, item, -5)
    await hide(services, item)
    await assert_events_hidden(services, item, other)


async def assert_events_hidden(services: Services, item: Item, other: Item) -> None:
    for event in await events_of(services):
        if event["subject"] == item.id and event["topic"] != audience.TOPIC:
            assert event["roles"] == audience.ADMINS, event
        elif event["subject"] == other.id:
            assert event["roles"] == audience.EVERYONE, event


async def test_hiding_an_item_hides_what_happened_to_it_in_the_same_transaction(
    services: Services,
) -> None:
    # How the bug came about: the audience of stored events was narrowed, but events of the
    # same transaction are stored at its end, with the audience that they were made with.
    item = await make_item(services, min_stock=20)
    other = await make_item(services, "SKU-2")
    before = services.writer.transactions
    await asyncio.gather(move(services, other, 1), move(services, item, -5), hide(services, item))
    assert services.writer.transactions == before + 1, "the test needs one transaction"
    await assert_events_hidden(services, item, other)


async def test_hiding_an_item_hides_its_events_in_the_memory_of_every_server(
    open_again: OpenServices,
) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one, min_stock=20)
        await move(one, item, -5)
        await hide(one, item)
        other.hub.hint()
        await eventually(lambda: other.hub.head.position == one.hub.head.position)
        for hub in (one.hub, other.hub):
            events = await hub.read(0)
            assert len(events) == (await one.log.head()).position
            assert {e.roles for e in events if e.topic != audience.TOPIC} == {audience.ADMINS}


async def test_hiding_an_item_hides_its_alerts_the_resolved_ones_too(services: Services) -> None:
    # How the bug came about: the live alert follows its item, those that ended were forgotten.
    item = await make_item(services, min_stock=20)
    await move(services, item, 50)  # the first alert ends
    await move(services, item, -55)  # a second one is live
    assert len(await services.of(AlertListing).page(AlertFilter(), False, 10, None)) == 2
    await hide(services, item)
    assert len(await services.of(AlertListing).page(AlertFilter(), True, 10, None)) == 2
    assert await services.of(AlertListing).page(AlertFilter(), False, 10, None) == []
    assert await services.of(AlertListing).count(AlertFilter(item_ids=(item.id,)), False) == 0


async def test_showing_an_item_again_shows_it_and_what_happens_from_now_on(
    services: Services,
) -> None:
    item = await hidden_item(services)
    last = (await services.log.head()).position
    await services.of(Items).change(change(item, visibility=Visibility.EVERYONE))
    await move(services, item, -5)
    assert await services.of(Catalogue).by_ids([item.id], sees_admins=False)
    (alert,) = await services.of(AlertListing).page(AlertFilter(), False, 10, None)
    assert alert.item_id == item.id
    for event in await events_of(services):
        everyone = ACTS_ON_STOCK if event["topic"] == "notifications" else audience.EVERYONE
        assert event["roles"] == (audience.ADMINS if event["position"] <= last else everyone)
    await assert_sound(services)


@pytest.mark.parametrize("kind", ["adjust", "batch", "transfer"])
async def test_a_key_does_not_bring_back_an_item_that_was_hidden_since(
    services: Services, kind: str
) -> None:
    # How the bug came about: whether a replayed result may be seen was judged by the item as
    # it was then, and for a batch not at all.
    item = await make_item(services)
    shop = await make_location(services)
    commands: dict[str, Any] = {
        "adjust": adjust(item, 1, key="k", sees_admins=False),
        "batch": batch(line(item, 1), key="k", sees_admins=False),
        "transfer": transfer(item, 1, MAIN, shop.id, key="k", sees_admins=False),
    }
    command = commands[kind]
    await services.of(StockLedger).carry_out(command)
    await hide(services, item)
    with pytest.raises(NotFound):
        await services.of(StockLedger).carry_out(command)


async def test_a_replayed_batch_leaves_out_what_was_hidden_since(services: Services) -> None:
    """How the bug came about: only the movements were looked at, not the refused lines, whose
    words name the item."""
    seen = await make_item(services, "SEEN")
    short = await make_item(services, "SECRET")
    moved = await make_item(services, "HIDDEN")
    lines = [line(ItemRef("sku", sku), quantity) for sku, quantity in (
        ("SEEN", 1), ("SECRET", -99), ("HIDDEN", 1), ("NOWHERE", 1), ("SEEN", -99),
    )]  # fmt: skip
    command = batch(*lines, on_error=BulkPolicy.SKIP_FAILED, key="k", sees_admins=False)
    first = await services.of(StockLedger).carry_out(command)
    assert len(first.movements) == 2
    for item in (short, moved):
        await hide(services, item)
    again = await services.of(StockLedger).carry_out(command)
    assert again.replayed
    assert [movement.item_id for movement in again.movements] == [seen.id]
    assert again.applied == 2, "what was done was done"
    told = [(refusal.code, refusal.field) for refusal in again.refusals]
    assert told == [
        ("NOT_FOUND", ("input", "lines", "1", "item")),
        ("NOT_FOUND", ("input", "lines", "3", "item")),
        ("INSUFFICIENT_STOCK", ("input", "lines", "4", "quantity")),
    ]
    assert again.refusals[0].message == "There is no item with sku 'SECRET'."
    admin = await services.of(StockLedger).carry_out(replace(command, sees_admins=True))
    assert admin.movements == first.movements
    assert [refusal.message for refusal in admin.refusals] == [
        refusal.message for refusal in first.refusals
    ]


async def test_a_replayed_refusal_does_not_name_an_item_that_the_barcode_left(
    services: Services,
) -> None:
    """The barcode stands for another item now; the words are of the one it stood for then."""
    secret = await make_item(services, "SECRET", barcode="123")
    other = await make_item(services, "OTHER")
    command = batch(
        line(ItemRef("barcode", "123"), -99), line(other, 1),
        on_error=BulkPolicy.SKIP_FAILED, key="k", sees_admins=False,
    )  # fmt: skip
    first = await services.of(StockLedger).carry_out(command)
    assert "SECRET" in first.refusals[0].message
    await services.of(Items).change(change(secret, barcode=None))
    await services.of(Items).change(change(other, barcode="123"))
    await hide(services, secret)
    again = await services.of(StockLedger).carry_out(command)
    assert "SECRET" not in str([refusal.message for refusal in again.refusals])
