"""Items: creating, changing and deleting them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from graphql_api import values
from graphql_api.clock import SECOND_US, HeldClock
from graphql_api.delivery import audience
from graphql_api.errors import AlreadyExists, InvalidInput, NotFound, VersionConflict
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.items import (
    Item,
    ItemRef,
    Items,
    StockStatus,
    Visibility,
    checked_fields,
    item_of,
    parse_id,
    status_of,
)
from graphql_api.inventory.stock import StockLedger
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    change,
    item_now,
    make_item,
    make_location,
    move,
    new_item,
    removal,
)
from tests.invariants import assert_sound, events_of, fact_of


async def test_a_new_item_stands_in_the_database_as_it_was_answered(
    services: Services, clock: HeldClock
) -> None:
    made = await make_item(
        services,
        "AR-1",
        name="Hammer",
        description="heavy\nand red",
        category="Tools",
        barcode="4006381",
        unit="box",
        price=185_000,
        cost=1,
        min_stock=3,
        initial_stock=7,
    )
    assert await item_now(services, made) == made
    assert (made.version, made.stock, made.level_quantities) == (1, 7, {MAIN: 7})
    assert made.created_at == made.updated_at == clock.now_us()
    assert made.status is StockStatus.IN_STOCK
    assert made.visibility is Visibility.EVERYONE


async def test_opening_stock_is_the_ledgers_first_movement(services: Services) -> None:
    item = await make_item(services, initial_stock=7)
    (movement,) = await services.of(History).page(item.id, True, 10, None)
    assert movement.action_type.value == "RECEIPT"
    assert (movement.quantity, movement.old_stock, movement.new_stock) == (7, 0, 7)
    assert movement.user_id == USER_ID
    await assert_sound(services)


async def test_an_item_without_opening_stock_has_no_movement(services: Services) -> None:
    item = await make_item(services, initial_stock=0)
    assert await services.of(History).page(item.id, True, 10, None) == []
    assert item.status is StockStatus.OUT_OF_STOCK
    await assert_sound(services)


async def test_opening_stock_may_stand_at_any_location(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, initial_stock=5, location_id=shop.id)
    assert item.level_quantities == {shop.id: 5}
    await assert_sound(services)


async def test_an_unknown_location_refuses_the_item_whole(services: Services) -> None:
    for location_id in (2, -1, 10**17):
        with pytest.raises(NotFound) as refused:
            await make_item(services, location_id=location_id)
        assert refused.value.field == ("input", "location")
    assert (await assert_sound(services)).items == {}


async def test_a_sku_is_taken_in_any_case_and_width(services: Services) -> None:
    first = await make_item(services, "AR-1")
    for again in ("AR-1", "ar-1", "Ar-1", "\uff21R-1"):
        with pytest.raises(AlreadyExists, match=f"'AR-1' is taken.*{first.id}") as refused:
            await make_item(services, again)
        assert refused.value.field == ("input", "sku")
    await assert_sound(services)


async def test_a_deleted_items_sku_stays_taken_and_the_answer_says_what_to_do(
    services: Services,
) -> None:
    first = await make_item(services, "AR-1")
    await services.of(Items).remove(removal(first))
    with pytest.raises(AlreadyExists) as refused:
        await make_item(services, "ar-1")
    assert refused.value.code == "ALREADY_EXISTS"
    for told in ("'AR-1'", f"deleted item {first.id}", "Choose another SKU"):
        assert told in refused.value.message


async def test_a_barcode_belongs_to_one_living_item(services: Services) -> None:
    first = await make_item(services, "A", barcode="4006381")
    with pytest.raises(AlreadyExists, match=f"item {first.id}") as refused:
        await make_item(services, "B", barcode="4006381")
    assert refused.value.field == ("input", "barcode")
    await services.of(Items).remove(removal(first))
    assert (await make_item(services, "C", barcode="4006381")).barcode == "4006381"


@pytest.mark.parametrize("is_deleted", [False, True], ids=["there", "deleted"])
async def test_what_a_hidden_item_has_is_taken_without_a_word_about_the_item(
    services: Services, is_deleted: bool
) -> None:
    """How the bug came about: the refusal named the id, and the SKU as it was written there."""
    hidden = await make_item(services, "AR-1", barcode="4006381", admins_only=1)
    own = await make_item(services, "OWN")
    refused = []
    wishes: list[dict[str, Any]] = [{"sku": "ar-1"}, {"barcode": "4006381"}]
    if is_deleted:  # it has its SKU for ever, and no barcode any more
        await services.of(Items).remove(removal(hidden))
        del wishes[1]
    for given in wishes:
        with pytest.raises(AlreadyExists) as creating:
            await services.of(Items).create(new_item(**{"sku": "NEW", **given}))
        with pytest.raises(AlreadyExists) as changing:
            await services.of(Items).change(change(own, sees_admins=False, **given))
        refused += [creating.value.message, changing.value.message]
    told = ["SKU 'ar-1' is taken."] * 2 + ["Barcode '4006381' is taken."] * 2
    assert refused == told[: 2 * len(wishes)]


async def test_an_admin_is_told_which_hidden_item_has_it(services: Services) -> None:
    hidden = await make_item(services, "AR-1", barcode="4006381", admins_only=1)
    for given in ({"sku": "AR-1"}, {"barcode": "4006381"}):
        command = replace(new_item(**{"sku": "NEW", **given}), sees_admins=True)
        with pytest.raises(AlreadyExists, match=f"item {hidden.id}"):
            await services.of(Items).create(command)


async def test_any_number_of_items_may_have_no_barcode(services: Services) -> None:
    for sku in "ABC":
        await make_item(services, sku, barcode=None)


async def test_of_many_who_create_one_sku_at_once_one_succeeds(services: Services) -> None:
    results = await asyncio.gather(
        *(services.of(Items).create(new_item(sku)) for sku in ("AR-1", "ar-1", "AR-1", "Ar-1")),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, AlreadyExists) for result in results[1:])
    assert len((await assert_sound(services)).items) == 1


LONGEST_FOLDED: list[tuple[str, Any]] = [
    ("sku", "ﷺ" * 64),  # one character that folds to eighteen
    ("name", "ﷺ" * 200),
    ("name", "½" * 200),
    ("name", "ΐ" * 200),
]


@pytest.mark.parametrize(("name", "value"), LONGEST_FOLDED, ids=["sku", "name", "half", "greek"])
async def test_text_that_grows_when_its_case_is_folded_is_kept_or_refused_like_any_other(
    services: Services, name: str, value: str
) -> None:
    # How the bug came about: the folded text had a column of twice the length, but some
    # characters fold to many more, which PostgreSQL answered with a fault.
    with suppress(InvalidInput):
        fields: dict[str, Any] = {"sku": "AR-1"} | checked_fields({name: value})
        item = await make_item(services, **fields)
        assert getattr(await item_now(services, item), name) == value


# ---- changing --------------------------------------------------------------------------------


async def test_a_change_touches_what_it_names_and_nothing_else(
    services: Services, clock: HeldClock
) -> None:
    before = await make_item(services, category="Tools", barcode="1", cost=5)
    clock.advance(9)
    result = await services.of(Items).change(
        change(before, name="New name", price=Decimal("2.5"), category=None)
    )
    after = result.item
    assert await item_now(services, before) == after
    assert (after.name, after.price, after.category) == ("New name", 25_000, None)
    assert (after.barcode, after.cost, after.stock) == ("1", 5, 10)
    assert after.version == 2
    assert after.updated_at == before.updated_at + 9 * SECOND_US
    assert after.created_at == before.created_at


async def test_every_field_can_be_changed(services: Services) -> None:
    before = await make_item(services)
    wanted: dict[str, Any] = {
        "sku": "NEW-1",
        "name": "n",
        "description": "d",
        "category": "c",
        "barcode": "b",
        "unit": "u",
        "price": Decimal(1),
        "cost": Decimal(2),
        "minStock": 3,
        "visibility": Visibility.ADMINS,
    }
    await services.of(Items).change(change(before, **wanted))
    after = await item_now(services, before)
    assert (after.sku, after.name, after.description) == ("NEW-1", "n", "d")
    assert (after.category, after.barcode, after.unit) == ("c", "b", "u")
    assert (after.price, after.cost, after.min_stock) == (10_000, 20_000, 3)
    assert after.visibility is Visibility.ADMINS


async def test_a_change_of_nothing_is_refused(services: Services) -> None:
    item = await make_item(services)
    with pytest.raises(InvalidInput, match="Nothing to change"):
        await services.of(Items).change(change(item))
    assert (await item_now(services, item)).version == 1


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_a_stale_version_is_refused_with_the_current_one(
    services: Services, expected: int
) -> None:
    item = await make_item(services)
    await services.of(Items).change(change(item, 1, name="first"))
    for command in (
        services.of(Items).change(change(item, expected, name="second")),
        services.of(Items).remove(removal(item, expected)),
    ):
        with pytest.raises(VersionConflict) as refused:
            await command
        assert refused.value.current == 2
        assert refused.value.field == ("input", "expectedVersion")
    assert (await item_now(services, item)).name == "first"


async def test_a_movement_of_stock_makes_a_version_stale_too(services: Services) -> None:
    item = await make_item(services)
    await move(services, item, 1)
    with pytest.raises(VersionConflict):
        await services.of(Items).change(change(item, 1, name="late"))
    await services.of(Items).change(change(item, 2, name="in time"))
    await assert_sound(services)


async def test_of_many_who_change_one_version_at_once_one_succeeds(services: Services) -> None:
    item = await make_item(services)
    results = await asyncio.gather(
        *(services.of(Items).change(change(item, 1, name=f"name {n}")) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, VersionConflict) for result in results) == 7
    assert (await item_now(services, item)).version == 2


async def test_a_sku_may_change_its_case_but_not_become_anothers(services: Services) -> None:
    item = await make_item(services, "AR-1")
    await make_item(services, "AR-2")
    changed = await services.of(Items).change(change(item, sku="ar-1"))
    assert changed.item.sku == "ar-1"
    with pytest.raises(AlreadyExists):
        await services.of(Items).change(change(item, sku="ar-2"))


async def test_a_freed_sku_or_barcode_may_be_taken(services: Services) -> None:
    item = await make_item(services, "AR-1", barcode="1")
    await services.of(Items).change(change(item, sku="AR-9", barcode=None))
    assert (await make_item(services, "AR-1", barcode="1")).id != item.id


async def test_a_barcode_of_another_item_is_refused_on_change_and_ones_own_is_not(
    services: Services,
) -> None:
    await make_item(services, "A", barcode="1")
    item = await make_item(services, "B", barcode="2")
    with pytest.raises(AlreadyExists):
        await services.of(Items).change(change(item, barcode="1"))
    await services.of(Items).change(change(item, barcode="2"))


async def test_an_unknown_item_cannot_be_changed_or_deleted(services: Services) -> None:
    for item_id in (1, 0, -1, 10**17):
        for command in (
            services.of(Items).change(change(item_id, name="x")),
            services.of(Items).remove(removal(item_id)),
        ):
            with pytest.raises(NotFound) as refused:
                await command
            assert refused.value.field == ("input", "id")


# ---- deleting --------------------------------------------------------------------------------


async def test_a_deleted_item_is_out_of_lists_and_its_history_stays(
    services: Services, clock: HeldClock
) -> None:
    item = await make_item(services)
    clock.advance(3)
    removed = (await services.of(Items).remove(removal(item, 1))).item
    assert removed.deleted_at == clock.now_us()
    assert removed.version == 2
    found = await services.of(Catalogue).find(ItemRef("sku", "sku-1"), False)
    assert found is not None
    assert found.deleted_at == removed.deleted_at
    assert len(await services.of(History).page(item.id, False, 10, None)) == 1
    await assert_sound(services)


async def test_a_deleted_item_can_neither_be_changed_nor_deleted_nor_moved(
    services: Services,
) -> None:
    item = await make_item(services)
    await services.of(Items).remove(removal(item))
    before = await services.log.head()
    for command in (
        services.of(Items).change(change(item, name="x")),
        services.of(Items).remove(removal(item)),
        services.of(StockLedger).carry_out(adjust(item, 1)),
    ):
        with pytest.raises(NotFound):
            await command
    assert await services.log.head() == before


# ---- events ----------------------------------------------------------------------------------


async def test_every_change_is_one_event_with_the_state_right_after_it(
    services: Services,
) -> None:
    made = await services.of(Items).create(new_item())
    moved = await move(services, made.item, 2)
    changed = await services.of(Items).change(change(made.item, name="New"))
    removed = await services.of(Items).remove(removal(made.item))
    events = await events_of(services)
    assert [event["kind"] for event in events] == ["CREATED", "STOCK_UPDATED", "UPDATED", "DELETED"]
    results: list[Any] = [made, moved, changed, removed]
    for event, result in zip(events, results, strict=True):
        assert item_of(fact_of(event).item) == result.item
        assert event["position"] == result.cursor.position
        assert event["payload"]["userId"] == USER_ID
        assert (event["topic"], event["roles"]) == ("inventory", audience.EVERYONE)
    assert events[1]["payload"]["details"] == [10, 12, 2, "CORRECTION", MAIN, None]


async def test_a_refused_command_leaves_no_event(services: Services) -> None:
    await make_item(services)
    before = await services.log.head()
    with pytest.raises(AlreadyExists):
        await make_item(services)
    assert await services.log.head() == before


async def test_an_items_state_reads_back_as_it_was_written(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services, category="c", cost=3)
    await services.of(StockLedger).carry_out(adjust(item, 4, location_id=shop.id))
    now = await item_now(services, item)
    assert item_of(now.state()) == now
    assert isinstance(now, Item)
    assert now.level_quantities == {MAIN: 10, shop.id: 4}


# ---- what needs no database --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stock", "min_stock", "status"),
    [(0, 0, "OUT_OF_STOCK"), (0, 5, "OUT_OF_STOCK"), (5, 5, "LOW_STOCK"), (1, 0, "IN_STOCK")],
)
def test_a_status_follows_from_stock_and_minimum(stock: int, min_stock: int, status: str) -> None:
    assert status_of(stock, min_stock).value == status


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ("1001", 1001),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.0", None),
        ("٣", None),
        ("²", None),
        ("x", None),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        (" 1", None),
    ],
)
def test_an_id_is_digits_that_fit_a_big_integer(text: str, item_id: int | None) -> None:
    assert parse_id(text) == item_id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", ""),
        ("sku", "x" * 65),
        ("sku", None),
        ("name", " "),
        ("name", "x" * 201),
        ("description", "x" * 5_001),
        ("description", None),
        ("category", "x" * 256),
        ("barcode", "x" * 65),
        ("barcode", "a\nb"),
        ("unit", ""),
        ("unit", "x" * 33),
        ("price", Decimal("-1")),
        ("price", Decimal("0.00001")),
        ("price", None),
        ("cost", Decimal("NaN")),
        ("minStock", -1),
        ("minStock", values.INT32_MAX + 1),
        ("minStock", None),
        ("initialStock", -1),
        ("visibility", None),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_fields({field: value}, ("input",))
    assert refused.value.field == ("input", field)


def test_fields_become_columns_and_absent_ones_stay_absent() -> None:
    given = {
        "cost": Decimal("1.5"),
        "minStock": 3,
        "category": " ",
        "visibility": Visibility.ADMINS,
    }
    assert checked_fields(given) == {
        "cost": 15_000,
        "min_stock": 3,
        "category": None,
        "admins_only": 1,
    }
    assert checked_fields({"cost": None, "barcode": None}) == {"cost": None, "barcode": None}
    assert checked_fields({}) == {}
