"""Figures for dashboards, through the API."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.clock import HeldClock
from graphql_api.inventory.figures import KEPT_S
from graphql_api.inventory.items import Items
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.values import INT32_MAX
from tests.builders import adjust, hide, make_item, removal
from tests.conftest import KINDS
from tests.schema.api import Api
from tests.statements import counted

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

SUMMARY = (
    "{ inventorySummary { items units stockValue byStatus { status items } liveAlerts asOf } }"
)
MOVERS = "query($days: Int, $first: Int) { fastestMovers(days: $days, first: $first) %s }"


@on_both
async def test_the_summary_tells_the_stock_of_what_the_caller_may_see(api: Api) -> None:
    await make_item(api.services, "A", initial_stock=10, price=12_500)
    await make_item(api.services, "B", initial_stock=1, min_stock=1, price=10_000)
    await hide(api.services, await make_item(api.services, "C", initial_stock=5, price=10_000))
    found = (await api.viewer.query(SUMMARY))["inventorySummary"]
    assert found == {
        "items": 2,
        "units": 11,
        "stockValue": "13.50",
        "byStatus": [
            {"status": "IN_STOCK", "items": 1},
            {"status": "LOW_STOCK", "items": 1},
            {"status": "OUT_OF_STOCK", "items": 0},
        ],
        "liveAlerts": 1,
        "asOf": "2026-01-01T00:00:00Z",
    }
    assert (await api.user.query(SUMMARY))["inventorySummary"] == found
    assert (await api.admin.query(SUMMARY))["inventorySummary"]["stockValue"] == "18.50"


@on_both
async def test_sums_beyond_an_int_are_told_and_fail_nothing(api: Api) -> None:
    """GraphQL's Int ends at 2^31 - 1; each sum has a field beside it that has no end."""
    item = await make_item(api.services, "SAND", initial_stock=INT32_MAX)
    await make_item(api.services, "GRAVEL", initial_stock=INT32_MAX)
    for quantity in (-INT32_MAX, INT32_MAX, -INT32_MAX):
        kind = ActionType.SALE if quantity < 0 else ActionType.RECEIPT
        await api.services.of(StockLedger).carry_out(adjust(item, quantity, kind))
    await make_item(api.services, "DUST", initial_stock=INT32_MAX)
    sums = "unitsIn unitsInExact unitsOut unitsOutExact"
    data = await api.viewer.query(
        "{ inventorySummary { units unitsExact } fastestMovers { unitsOut unitsOutExact } "
        f"movementSeries(days: 1) {{ {sums} }} }}"
    )
    assert data["inventorySummary"] == {"units": INT32_MAX, "unitsExact": str(2 * INT32_MAX)}
    sold = {"unitsOut": INT32_MAX, "unitsOutExact": str(2 * INT32_MAX)}
    assert data["fastestMovers"] == [sold]
    came = {"unitsIn": INT32_MAX, "unitsInExact": str(4 * INT32_MAX)}
    assert data["movementSeries"] == [came | sold]


@on_both
async def test_the_series_tells_each_day_and_thirty_unless_told_otherwise(
    api: Api, clock: HeldClock
) -> None:
    item = await make_item(api.services, initial_stock=10)
    clock.advance(86_400)
    await api.services.of(StockLedger).carry_out(adjust(item, -3, ActionType.SALE))
    query = "query($days: Int) { movementSeries(days: $days) { start movements unitsIn unitsOut } }"
    found = (await api.viewer.query(query, days=2))["movementSeries"]
    assert found == [
        {"start": "2026-01-01T00:00:00Z", "movements": 1, "unitsIn": 10, "unitsOut": 0},
        {"start": "2026-01-02T00:00:00Z", "movements": 1, "unitsIn": 0, "unitsOut": 3},
    ]
    for months in ("{ movementSeries { start } }", "{ movementSeries(days: null) { start } }"):
        assert len((await api.viewer.query(months))["movementSeries"]) == 30


@on_both
async def test_the_fastest_movers_come_with_their_items_and_days_of_cover(
    api: Api, clock: HeldClock
) -> None:
    slow, fast = [await make_item(api.services, sku, initial_stock=20) for sku in ("SLOW", "FAST")]
    clock.advance(4 * 86_400)
    await api.services.of(StockLedger).carry_out(adjust(slow, -2, ActionType.SALE))
    await api.services.of(StockLedger).carry_out(adjust(fast, -12, ActionType.SALE))
    selection = "{ item { sku stock } unitsOut unitsPerDay daysOfCover }"
    found = (await api.viewer.query(MOVERS % selection, days=30, first=5))["fastestMovers"]
    assert found == [
        {
            "item": {"sku": "FAST", "stock": 8},
            "unitsOut": 12, "unitsPerDay": 3.0, "daysOfCover": 8 / 3,
        },
        {
            "item": {"sku": "SLOW", "stock": 18},
            "unitsOut": 2, "unitsPerDay": 0.5, "daysOfCover": 36.0,
        },
    ]  # fmt: skip
    assert len((await api.viewer.query(MOVERS % "{ unitsOut }", first=1))["fastestMovers"]) == 1


async def test_an_item_hidden_or_deleted_since_the_figures_were_read_is_left_out(
    api: Api, clock: HeldClock
) -> None:
    items = [await make_item(api.services, sku, initial_stock=9) for sku in ("A", "B", "C")]
    for item in items:
        await api.services.of(StockLedger).carry_out(adjust(item, -1, ActionType.SALE))
    query = MOVERS % "{ item { sku } }"
    assert len((await api.viewer.query(query))["fastestMovers"]) == 3
    await hide(api.services, items[0])
    await api.services.of(Items).remove(removal(items[1]))
    assert (await api.viewer.query(query))["fastestMovers"] == [{"item": {"sku": "C"}}]
    clock.advance(KEPT_S)
    assert (await api.viewer.query(query))["fastestMovers"] == [{"item": {"sku": "C"}}]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("movementSeries(days: 0) { start }", "days must be from 1 to 90, not 0."),
        ("movementSeries(days: 91) { start }", "days must be from 1 to 90, not 91."),
        ("fastestMovers(days: -1) { unitsOut }", "days must be from 1 to 90, not -1."),
        ("fastestMovers(first: 0) { unitsOut }", "first must be from 1 to 50, not 0."),
        ("fastestMovers(first: 51) { unitsOut }", "first must be from 1 to 50, not 51."),
    ],
)
async def test_bounds_are_told(api: Api, call: str, message: str) -> None:
    answer = await api.viewer.post(f"{{ {call} }}")
    assert (answer.codes, answer.errors[0]["message"]) == (["INVALID_INPUT"], message)


async def test_a_hundred_dashboards_at_once_ask_the_database_as_one(api: Api) -> None:
    item = await make_item(api.services)
    await api.services.of(StockLedger).carry_out(adjust(item, -1, ActionType.SALE))
    await api.viewer.query("{ viewer { id } }")
    query = (
        "{ inventorySummary { units } movementSeries { unitsIn } fastestMovers { unitsOut } "
        "more: fastestMovers(first: 3) { unitsOut } }"
    )
    with counted() as sent:
        found = await asyncio.gather(*(api.viewer.query(query) for _ in range(100)))
    assert all(data == found[0] for data in found)
    assert sent.over(api.services.scanning) == 4  # items, live alerts, the series, the sellers
