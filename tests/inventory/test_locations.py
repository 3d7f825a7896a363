"""Locations: where stock is kept."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from graphql_api.errors import AlreadyExists, InvalidInput, NotFound
from graphql_api.inventory.locations import Locations, NewLocation
from graphql_api.inventory.stock import StockLedger
from graphql_api.services import Services
from tests.builders import MAIN, adjust, item_now, make_item, make_location
from tests.invariants import assert_sound


async def test_a_database_comes_with_a_default_location(services: Services) -> None:
    (main,) = await services.of(Locations).all()
    assert (main.id, main.code) == (MAIN, "MAIN")


async def test_locations_are_listed_by_code_whatever_its_case(services: Services) -> None:
    for code in ("shop-2", "Annex", "SHOP-1", "z"):
        await make_location(services, code)
    codes = [location.code for location in await services.of(Locations).all()]
    assert codes == ["Annex", "MAIN", "SHOP-1", "shop-2", "z"]


@pytest.mark.parametrize("code", ["MAIN", "main", "\uff2dain"])
async def test_a_code_is_taken_in_any_case(services: Services, code: str) -> None:
    with pytest.raises(AlreadyExists, match="'MAIN' is taken") as refused:
        await make_location(services, code)
    assert refused.value.field == ("input", "code")


async def test_of_many_who_add_one_code_at_once_one_succeeds(services: Services) -> None:
    results = await asyncio.gather(
        *(services.of(Locations).create(NewLocation("SHOP", "x")) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, AlreadyExists) for result in results) == 4
    assert len(await services.of(Locations).all()) == 2


async def test_a_code_that_grows_when_its_case_is_folded_is_kept_or_refused(
    services: Services,
) -> None:
    with suppress(InvalidInput):
        assert (await make_location(services, "ﷺ" * 32)).code == "ﷺ" * 32


async def test_locations_are_found_by_their_ids(services: Services) -> None:
    shop = await make_location(services)
    for _ in range(2):  # the second time from memory
        found = await services.of(Locations).by_ids([shop.id, 4711, MAIN, shop.id])
        assert set(found) == {shop.id, MAIN}
        assert found[shop.id] == shop


async def test_stock_without_a_location_moves_at_the_default_one(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services)
    await services.of(StockLedger).carry_out(adjust(item, 1))
    await services.of(StockLedger).carry_out(adjust(item, 2, location_id=shop.id))
    assert (await item_now(services, item)).level_quantities == {MAIN: 11, shop.id: 2}
    await assert_sound(services)


async def test_an_unknown_location_is_not_found_until_it_is_there(services: Services) -> None:
    item = await make_item(services)
    next_id = item.id + 3  # its level and its movement took the ids between
    with pytest.raises(NotFound) as refused:
        await services.of(StockLedger).carry_out(adjust(item, 1, location_id=next_id))
    assert refused.value.field == ("input", "location")
    shop = await make_location(services)
    assert shop.id == next_id
    await services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))
