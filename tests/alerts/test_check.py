"""The scheduled check: live alerts are made to agree with stock, whatever went wrong before."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.alerts import check
from graphql_api.alerts.check import CheckResult
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.inventory.items import Items
from graphql_api.services import Services
from tests.builders import change, make_item, move, removal
from tests.conftest import OpenServices
from tests.invariants import ALERTS, assert_sound, events_of

_ITEM = "(SELECT id FROM item WHERE sku = 'LOW')"
_OUT = "(SELECT id FROM item WHERE sku = 'OUT')"
_WELL = "(SELECT id FROM item WHERE sku = 'WELL')"

PLANTED = {
    "an alert is missing": (f"DELETE FROM alert WHERE item_id = {_ITEM}", (1, 0)),
    "all alerts are missing": ("DELETE FROM alert", (2, 0)),
    "an alert has a severity that is too mild": (
        f"UPDATE alert SET severity = 1, told_severity = 1 WHERE item_id = {_ITEM}",
        (1, 0),
    ),
    "an alert has a severity that is too grave": (
        f"UPDATE alert SET severity = 3 WHERE item_id = {_ITEM}",
        (0, 0),
    ),
    "an alert is of the wrong type": (
        f"UPDATE alert SET type = 'LOW_STOCK' WHERE item_id = {_OUT}",
        (0, 0),
    ),
    "an alert tells another figure": (
        f"UPDATE alert SET current_stock = 1, min_stock = 2 WHERE item_id = {_ITEM}",
        (0, 0),
    ),
    "an alert is there without a cause": (
        "UPDATE alert SET item_id = {well}, live_item_id = {well} WHERE item_id = " + _OUT,
        (1, 1),
    ),
    "an item was made well by hand": (f"UPDATE item SET min_stock = 0 WHERE id = {_ITEM}", (0, 1)),
    "an item was deleted by hand": (f"UPDATE item SET deleted_at = 1 WHERE id = {_ITEM}", (0, 1)),
    "an item got a higher minimum by hand": (
        f"UPDATE item SET min_stock = 1000 WHERE id = {_WELL}",
        (1, 0),
    ),
}


async def shelf(services: Services) -> None:
    await make_item(services, "LOW", min_stock=20, initial_stock=8)
    await make_item(services, "OUT", min_stock=1, initial_stock=0)
    await make_item(services, "WELL", min_stock=5, initial_stock=50)


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_planted_disagreement_is_repaired_and_twice_has_the_effect_of_once(
    services: Services, planted: str
) -> None:
    await shelf(services)
    statement, (raised, resolved) = PLANTED[planted]
    await services.database.writing.change(statement.replace("{well}", _WELL))
    result = await services.of(Alerts).check()
    assert (result.raised, result.resolved) == (raised, resolved)
    await assert_sound(services)
    head = await services.log.head()
    again = await services.of(Alerts).check()
    assert (again.raised, again.resolved) == (0, 0)
    assert await services.log.head() == head


async def test_a_check_of_what_agrees_writes_nothing(services: Services) -> None:
    await shelf(services)
    head, transactions = await services.log.head(), services.writer.transactions
    assert await services.of(Alerts).check() == CheckResult(3, 0, 0)
    assert await services.log.head() == head
    assert services.writer.transactions == transactions


async def test_a_check_leaves_handled_alerts_alone(services: Services) -> None:
    await shelf(services)
    first, second = await services.of(AlertListing).page(AlertFilter(), True, 10, None)
    await services.of(Alerts).acknowledge(first.id, 5, True)
    await services.of(Alerts).snooze(second.id, services.clock.now_us() + 1, 5, True)
    assert await services.of(Alerts).check() == CheckResult(3, 0, 0)


async def test_deleted_items_are_not_counted_as_checked(services: Services) -> None:
    await shelf(services)
    item = await make_item(services, "GONE", initial_stock=0)
    await services.of(Items).remove(removal(item))
    assert await services.of(Alerts).check() == CheckResult(3, 0, 0)


async def test_a_check_of_many_items_is_cut_into_bounded_transactions(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ITEMS_PER_CHECK", 3)
    for number in range(8):
        await make_item(services, f"SKU-{number}", initial_stock=number % 2, min_stock=5)
    await services.database.writing.change("DELETE FROM alert")
    before = services.writer.transactions
    result = await services.of(Alerts).check()
    assert (result.checked, result.raised) == (8, 8)
    assert services.writer.transactions == before + 3
    await assert_sound(services)


async def test_checks_of_two_servers_at_once_have_the_effect_of_one(
    open_again: OpenServices,
) -> None:
    async with open_again() as one, open_again() as other:
        for number in range(6):
            await make_item(one, f"SKU-{number}", min_stock=1, initial_stock=0)
        await one.database.writing.change("DELETE FROM alert")
        results = await asyncio.gather(one.of(Alerts).check(), other.of(Alerts).check())
        assert sum(result.raised for result in results) == 6
        await assert_sound(one)


async def test_a_check_amid_changes_never_raises_what_is_not_so(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}", min_stock=6) for n in range(4)]

    async def change_all(number: int) -> None:
        for turn in range(12):
            await move(services, items[number], -6 if turn % 2 else 6)
            if turn % 5 == 0:
                await services.of(Items).change(change(items[number], minStock=turn))

    async def check() -> None:
        for _ in range(8):
            await services.of(Alerts).check()
            await asyncio.sleep(0)

    await asyncio.gather(*(change_all(n) for n in range(4)), check(), check())
    await assert_sound(services)


async def test_alerts_of_items_never_stocked_end_quietly_after_an_upgrade(
    services: Services,
) -> None:
    """Versions before raised an alert for each such item; nobody is told of their end."""
    items = [await make_item(services, f"SKU-{n}", min_stock=1, initial_stock=0) for n in range(3)]
    ids = ", ".join(str(item.id) for item in items)
    await services.database.writing.change(f"UPDATE item SET min_stock = 0 WHERE id IN ({ids})")
    told = len(await events_of(services))
    result = await services.of(Alerts).check()
    assert (result.raised, result.resolved) == (0, 3)
    events = (await events_of(services))[told:]
    assert [(event["topic"], event["kind"]) for event in events] == [(ALERTS, "CHANGED")] * 3
    await assert_sound(services)


async def test_a_check_raises_what_had_stock_and_no_minimum(services: Services) -> None:
    item = await make_item(services, "SOLD", initial_stock=2)
    await make_item(services, "NEVER", initial_stock=0)
    await move(services, item, -2)
    await services.database.writing.change("DELETE FROM alert")
    assert await services.of(Alerts).check() == CheckResult(2, 1, 0)
    await assert_sound(services)
