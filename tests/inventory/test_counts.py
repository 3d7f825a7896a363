"""Many counts at once: each replaces the level that it was made against, and no other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from graphql_api.errors import InvalidInput
from graphql_api.inventory.items import ItemRef
from graphql_api.inventory.quantities import NO_STOCK
from graphql_api.inventory.stock import (
    BATCH_LINES_MAX,
    ActionType,
    BatchRefused,
    BulkPolicy,
    CountLine,
    StockLedger,
)
from graphql_api.inventory.units import ItemUnit
from graphql_api.services import Services
from tests.builders import MAIN, count_batch, item_now, make_item, make_location, move, ref
from tests.invariants import assert_sound


async def test_each_count_is_booked_and_the_same_key_books_nothing_again(
    services: Services,
) -> None:
    screws = await make_item(services, "SCREW", units=[ItemUnit("box", 12)])
    nails = await make_item(services, "NAIL")
    shop = await make_location(services)
    command = count_batch(
        CountLine(ref(screws), NO_STOCK, 10, unit="box", amount=Decimal(2)),
        CountLine(ItemRef("sku", "nail"), 0, 10, reference="2026"),
        CountLine(ref(nails), 7, 0, shop.id),
        CountLine(ref(screws), 0, 0, shop.id),  # nothing, as it should be: a count too
    )
    for is_again in (False, True):
        result = await services.of(StockLedger).carry_out(command)
        assert [(m.quantity, m.action_type) for m in result.movements] == [
            (quantity, ActionType.COUNT) for quantity in (14, -10, 7, 0)
        ]
        assert result.replayed is is_again
    assert (await item_now(services, screws)).stock == 24
    assert (await item_now(services, nails)).level_quantities == {MAIN: 0, shop.id: 7}
    await assert_sound(services)


@pytest.mark.parametrize("on_error", list(BulkPolicy))
async def test_a_level_that_moved_is_told_and_the_policy_says_what_becomes_of_the_others(
    services: Services, on_error: BulkPolicy
) -> None:
    moved, other = await make_item(services, "MOVED"), await make_item(services, "OTHER")
    await move(services, moved, -3)
    command = count_batch(
        CountLine(ref(moved), 9, 10),
        CountLine(ref(other), 11, 10),
        CountLine(ItemRef("sku", "other"), 12, 10),  # the same place of the same item
        CountLine(ItemRef("sku", "NONE"), 1, 0),
        on_error=on_error,
    )
    told = [
        ("STOCK_CONFLICT", ("input", "lines", "0", "expectedStock")),
        ("INVALID_INPUT", ("input", "lines", "2", "item")),
        ("NOT_FOUND", ("input", "lines", "3", "item")),
    ]
    if on_error is BulkPolicy.ABORT_ALL:
        with pytest.raises(BatchRefused) as refused:
            await services.of(StockLedger).carry_out(command)
        refusals = refused.value.refusals
    else:
        refusals = (await services.of(StockLedger).carry_out(command)).refusals
        again = await services.of(StockLedger).carry_out(command)
        assert [(r.code, r.field) for r in again.refusals] == told, "a replay tells them too"
    assert [(r.code, r.field) for r in refusals] == told
    assert (await item_now(services, moved)).stock == 7
    assert (await item_now(services, other)).stock == (
        10 if on_error is BulkPolicy.ABORT_ALL else 11
    )
    await assert_sound(services)


async def test_a_batch_has_1_to_250_counts_that_can_be(services: Services) -> None:
    item = await make_item(services)
    good, bad = CountLine(ref(item), 1, 10), CountLine(ref(item), -5, 10)
    for lines, field in (
        ((), ("input", "lines")),
        ((good,) * (BATCH_LINES_MAX + 1), ("input", "lines")),
        ((good, bad), ("input", "lines", "1", "stock")),
    ):
        with pytest.raises(InvalidInput) as refused:
            await services.of(StockLedger).carry_out(
                count_batch(*lines, on_error=BulkPolicy.SKIP_FAILED)
            )
        assert refused.value.field == field
    assert (await item_now(services, item)).stock == 10
