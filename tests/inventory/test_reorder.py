"""How much to order: by the pace of sales, at least above the minimum, null without a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.inventory.item import made_item
from graphql_api.inventory.reorder import Reorder, suggestion
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.services import Services
from tests.builders import adjust, make_item

ITEM = made_item(1, 0, {"sku": "A", "name": "A"})


@pytest.mark.parametrize(
    ("stock", "min_stock", "sold", "age_days", "expected"),
    [
        (5, 10, 0, 100, 6),  # it does not sell: above its minimum
        (0, 0, 0, 100, None),  # nothing says how much is enough
        (0, 0, -3, 100, None),  # more came back than was sold
        (0, 0, 60, 100, 60),  # two a day, thirty days
        (10, 20, 60, 100, 70),
        (500, 20, 60, 100, 0),  # enough is there
        (0, 0, 4, 2, 60),  # young: two a day
        (0, 0, 4, 0.1, 120),  # by one day at least
        (0, 0, 1, 30, 1),  # rounded up
        (0, 3, 31, 30, 34),
    ],
)
def test_a_suggestion_is_what_the_pace_and_the_minimum_call_for(
    stock: int, min_stock: int, sold: int, age_days: float, expected: int | None
) -> None:
    item = replace(ITEM, stock=stock, min_stock=min_stock)
    assert suggestion(item, stock, sold, age_days, 30) == expected


async def test_only_sales_of_the_window_count_and_what_came_back_was_not_sold(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services, initial_stock=1_000, min_stock=0)
    quiet = await make_item(services, "QUIET", initial_stock=5, min_stock=0)

    async def book(quantity: int, action: ActionType) -> None:
        await services.of(StockLedger).carry_out(adjust(item, quantity, action_type=action))

    await book(-500, ActionType.SALE)  # before the window
    clock.advance(40 * DAY_US / SECOND_US)
    assert await services.of(Reorder).suggestions([item.id]) == {item.id: None}
    await book(-90, ActionType.SALE)
    await book(30, ActionType.RETURN)
    await book(-320, ActionType.WRITE_OFF)
    await book(-70, ActionType.CORRECTION)
    # 60 in thirty days, 50 are there.
    assert await services.of(Reorder).suggestions([item.id, quiet.id, 4_711]) == {
        item.id: 10,
        quiet.id: None,
        4_711: None,
    }
