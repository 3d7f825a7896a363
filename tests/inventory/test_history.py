"""Reading the ledger, newest first."""

from __future__ import annotations

from graphql_api.inventory.history import History
from graphql_api.inventory.stock import Movement, StockLedger
from graphql_api.services import Services
from tests.builders import make_item, make_location, move, transfer


async def all_pages(services: Services, item_id: int | None, limit: int) -> list[Movement]:
    movements: list[Movement] = []
    before: int | None = None
    while page := await services.of(History).page(item_id, True, limit, before):
        assert len(page) <= limit
        movements += page
        before = page[-1].id
    return movements


async def test_pages_join_to_the_whole_ledger(services: Services) -> None:
    one = await make_item(services, "A")
    other = await make_item(services, "B", initial_stock=0)
    for quantity in (1, 2, 3):
        await move(services, one, quantity)
        await move(services, other, quantity)
    for limit in (1, 2, 3, 100):
        assert [m.quantity for m in await all_pages(services, one.id, limit)] == [3, 2, 1, 10]
        assert [m.quantity for m in await all_pages(services, other.id, limit)] == [3, 2, 1]
        every = await all_pages(services, None, limit)
        assert [m.quantity for m in every] == [3, 3, 2, 2, 1, 1, 10]
    assert await services.of(History).count(one.id, True) == 4
    assert await services.of(History).count(None, True) == 7


async def test_what_comes_while_one_reads_does_not_shift_the_pages(services: Services) -> None:
    item = await make_item(services)
    for quantity in (1, 2, 3, 4):
        await move(services, item, quantity)
    first = await services.of(History).page(item.id, True, 2, None)
    await move(services, item, 5)
    second = await services.of(History).page(item.id, True, 2, first[-1].id)
    assert [m.quantity for m in (*first, *second)] == [4, 3, 2, 1]


async def test_the_same_page_of_many_items_takes_one_statement(services: Services) -> None:
    items = [await make_item(services, f"SKU-{n}", initial_stock=n) for n in range(6)]
    for item in items:
        for quantity in (1, 2, 3):
            await move(services, item, quantity)
    before = services.database.reading.statements
    pages = await services.of(History).pages([item.id for item in items], 2, None)
    assert services.database.reading.statements == before + 1
    for item in items:
        single = await services.of(History).page(item.id, True, 2, None)
        assert pages[item.id] == single
        assert [m.quantity for m in single] == [3, 2]
    older = pages[items[0].id][-1].id
    pages = await services.of(History).pages([items[0].id, 4711], 5, older)
    assert [m.quantity for m in pages[items[0].id]] == [1]
    assert pages[4711] == []


async def test_both_legs_of_a_transfer_are_there(services: Services) -> None:
    item = await make_item(services)
    shop = await make_location(services)
    result = await services.of(StockLedger).carry_out(transfer(item, 4, 1, shop.id))
    page = await services.of(History).page(item.id, True, 2, None)
    assert page == list(reversed(result.movements))
