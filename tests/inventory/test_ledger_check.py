"""The proof of the ledger finds every kind of drift."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from graphql_api.database.connection import Connection
from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.inventory.stock import StockLedger
from graphql_api.services import Services
from tests.builders import adjust, make_item, make_location, move, transfer
from tests.invariants import assert_sound
from tests.plans import plan


async def busy_item(services: Services, sku: str) -> int:
    """An item with five movements at two locations: 10, +5, -3, 4 moved to the shop."""
    item = await make_item(services, sku)
    shop = await make_location(services, f"AT-{sku}")
    await move(services, item, 5)
    await move(services, item, -3)
    await services.of(StockLedger).carry_out(transfer(item, 4, 1, shop.id))
    return item.id


async def test_a_sound_ledger_is_proven(services: Services) -> None:
    await busy_item(services, "A")
    await make_item(services, "B", initial_stock=0)
    check = await check_ledger(services.database.scanning)
    assert (check.items_checked, check.movements_checked) == (2, 5)
    assert check.drifted == ()
    assert check.ok


async def test_an_empty_ledger_is_proven(services: Services) -> None:
    check = await check_ledger(services.database.scanning)
    assert (check.items_checked, check.movements_checked, check.ok) == (0, 0, True)


async def test_no_table_is_looked_through_for_each_row_of_another(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: all movements of a place were read for each level there."""
    asked: list[str] = []
    rows = Connection.rows

    async def kept(self: Connection, sql: str, *parameters: object) -> object:
        asked.append(sql)
        return await rows(self, sql, *parameters)

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "rows", kept)
        await check_ledger(services.database.scanning)
    statement = max(asked, key=len)
    told = await plan(services, statement)
    assert "CORRELATED" not in told
    assert "SubPlan" not in told.replace("hashed SubPlan", "")


_NTH = "(SELECT id FROM movement WHERE item_id = {item} ORDER BY id LIMIT 1 OFFSET {n})"

DRIFTS = {
    "stock is not the sum of the levels": "UPDATE item SET stock = stock + 1 WHERE id = {item}",
    "a level is not the sum of its movements": (
        "UPDATE level SET quantity = quantity + 1 WHERE item_id = {item} AND location_id = 1"
    ),
    "levels that make up for each other": (
        "UPDATE level SET quantity = CASE location_id WHEN 1 THEN quantity + 1 "
        "ELSE quantity - 1 END WHERE item_id = {item}"
    ),
    "a level is gone": "DELETE FROM level WHERE item_id = {item} AND location_id = 1",
    "all levels are gone": "DELETE FROM level WHERE item_id = {item}",
    "a level without movements": (
        "INSERT INTO level (id, item_id, location_id, quantity) VALUES (5, {item}, 4711, 1)"
    ),
    "the first movement is gone": "DELETE FROM movement WHERE id = "
    + _NTH.format(item="{item}", n=0),
    "a movement within is gone": "DELETE FROM movement WHERE id = "
    + _NTH.format(item="{item}", n=1),
    "the last movement is gone": "DELETE FROM movement WHERE id = "
    + _NTH.format(item="{item}", n=4),
    "all movements are gone": "DELETE FROM movement WHERE item_id = {item}",
    "a movement tells another quantity": (
        "UPDATE movement SET quantity = quantity + 1 WHERE id = " + _NTH.format(item="{item}", n=1)
    ),
    "a movement begins elsewhere": (
        "UPDATE movement SET old_stock = old_stock + 1 WHERE id = "
        + _NTH.format(item="{item}", n=1)
    ),
    "a movement ends elsewhere": (
        "UPDATE movement SET new_stock = new_stock + 1 WHERE id = "
        + _NTH.format(item="{item}", n=4)
    ),
    "a movement happened at another location": (
        "UPDATE movement SET location_id = 4711 WHERE id = " + _NTH.format(item="{item}", n=1)
    ),
    "a movement belongs to another item": (
        "UPDATE movement SET item_id = 4711 WHERE id = " + _NTH.format(item="{item}", n=4)
    ),
}


class TakenBack(Exception):
    """Ends a transaction that was not meant to stay."""


async def test_planted_drift_is_found_and_its_item_named(services: Services) -> None:
    await busy_item(services, "A")
    item_id = await busy_item(services, "B")
    await busy_item(services, "C")
    for drift, statement in DRIFTS.items():
        with suppress(TakenBack):
            async with services.database.transaction() as connection:
                await connection.change(statement.format(item=item_id))
                check = await check_ledger(connection)
                raise TakenBack
        assert item_id in check.drifted, drift
        assert set(check.drifted) <= {item_id, 4711}, drift
        assert not check.ok, drift
    assert (await check_ledger(services.database.scanning)).ok


async def test_every_drifted_item_is_named_once_and_in_order(services: Services) -> None:
    ids = [await busy_item(services, sku) for sku in "ABC"]
    await services.database.writing.change("UPDATE item SET stock = stock + 1")
    await services.database.writing.change("UPDATE movement SET old_stock = old_stock + 1")
    check = await check_ledger(services.database.scanning)
    assert check.drifted == tuple(ids)


async def test_a_check_amid_changes_sees_one_state(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}", initial_stock=0) for n in range(4)]
    is_over = False

    async def write(number: int) -> None:
        for _ in range(25):
            await services.of(StockLedger).carry_out(adjust(items[number], 1))

    async def check() -> int:
        checks = 0
        while not is_over:
            assert (await check_ledger(services.database.scanning)).ok
            checks += 1
        return checks

    checking = asyncio.create_task(check())
    await asyncio.gather(*(write(number) for number in range(4)))
    is_over = True
    assert await checking >= 1
    await assert_sound(services)
