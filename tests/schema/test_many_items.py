"""Many items at once, through the API: one transaction, each refusal by its place; their totals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from graphql_api.inventory.items import Items
from graphql_api.inventory.many_items import AT_ONCE_MAX
from tests.builders import archival, hide, make_item, make_location
from tests.conftest import KINDS
from tests.schema.api import Api

CHANGED = "items { id sku category minStock price visibility version archivedAt } applied cursor"


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_many_items_are_changed_as_far_as_they_can_be(api: Api) -> None:
    a, b, c = [await make_item(api.services, sku) for sku in "ABC"]
    secret = (await hide(api.services, await make_item(api.services, "S"))).item
    before = await api.head()
    payload = await api.user.mutate(
        "updateItems",
        CHANGED,
        inputs=[
            {"id": str(a.id), "category": "Tools", "minStock": 7, "price": "2.5"},
            {"id": str(b.id), "category": "x" * 300},
            {"id": str(b.id), "expectedVersion": 9, "category": "Tools"},
            {"id": str(secret.id), "category": "Tools"},
            {"id": str(c.id), "sku": "a"},
            {"id": str(c.id)},
            {"id": str(c.id), "category": "Tools"},
            {"id": str(c.id), "minStock": -1},
            {"id": str(c.id), "minStock": 3},
        ],
    )
    assert payload["applied"] == 3
    assert [(item["sku"], item["category"], item["minStock"]) for item in payload["items"]] == [
        ("A", "Tools", 7),
        ("C", "Tools", 0),
        ("C", "Tools", 3),
    ]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("INVALID_INPUT", ["inputs", "1", "category"]),
        ("VERSION_CONFLICT", ["inputs", "2", "expectedVersion"]),
        ("NOT_FOUND", ["inputs", "3", "id"]),
        ("ALREADY_EXISTS", ["inputs", "4", "sku"]),
        ("INVALID_INPUT", ["inputs", "5"]),
        ("INVALID_INPUT", ["inputs", "7", "minStock"]),
    ]
    assert await api.head() == before + 3  # an event for each that was changed, none for the others


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_many_items_are_archived_as_far_as_they_can_be(api: Api) -> None:
    a, b = await make_item(api.services, "A"), await make_item(api.services, "B")
    payload = await api.user.mutate(
        "archiveItems", CHANGED, ids=[str(a.id), "9", str(b.id), str(a.id)]
    )
    assert [item["sku"] for item in payload["items"]] == ["A", "B"]
    assert all(item["archivedAt"] for item in payload["items"])
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("NOT_FOUND", ["ids", "1"]),
        ("INVALID_TRANSITION", ["ids", "3"]),
    ]


async def test_none_too_many_and_what_a_role_may_not_set_leave_nothing_behind(api: Api) -> None:
    item = await make_item(api.services, "A")
    before = await api.recorded()
    many = [{"id": str(item.id), "name": "x"}] * (AT_ONCE_MAX + 1)
    refused = await api.user.mutate("updateItems", inputs=many)
    assert [error["field"] for error in refused["userErrors"]] == [["inputs"]]
    refused = await api.user.mutate("archiveItems", ids=["9"] * (AT_ONCE_MAX + 1))
    assert [error["field"] for error in refused["userErrors"]] == [["ids"]]
    for hidden in ({"cost": "1"}, {"visibility": "ADMINS"}):
        given = [{"id": str(item.id), "name": "x"}, {"id": str(item.id), **hidden}]
        refused = await api.user.mutate("updateItems", inputs=given)
        assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [
            ("FORBIDDEN", ["inputs", "1", next(iter(hidden))])
        ]
    for name, argument in (("updateItems", "inputs"), ("archiveItems", "ids")):
        assert await api.user.refusals(name, **{argument: []}) == ["INVALID_INPUT"]
    assert await api.recorded() == before


TOTALS = """query($where: ItemFilter, $search: String) {
  items(where: $where, search: $search, first: 1) {
    totals { items units unitsExact value } totalCount
  }
}"""


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_a_list_tells_what_all_of_it_comes_to(api: Api) -> None:
    services = api.services
    shop = await make_location(services)
    for sku, stock, price, category in (
        ("HAMMER-1", 3, 15_000, "Tools"),
        ("HAMMER-2", 1_006_931_492, 999_999_999_999_999, "Tools"),
        ("CANDLE", 2, 10_000, None),
    ):
        await make_item(services, sku, initial_stock=stock, price=price, category=category)
    await make_item(services, "LAMP", initial_stock=5, price=1, location_id=shop.id)
    gone = await make_item(services, "OLD", initial_stock=50, price=10_000)
    await services.of(Items).archive(archival(gone))
    await hide(services, await make_item(services, "SECRET", initial_stock=1_000, price=10_000))
    exact = 3 * 15_000 + 1_006_931_492 * 999_999_999_999_999
    for given, items, units, value in (
        ({"where": {"categories": ["tools"]}}, 2, 1_006_931_495, exact),
        ({"search": "hammer 1"}, 1, 3, 45_000),
        ({"where": {"locationIds": [str(shop.id)]}}, 1, 5, 5),
        ({"where": {"skus": ["none"]}}, 0, 0, 0),
        ({}, 4, 1_006_931_502, exact + 20_000 + 5),
    ):
        found = (await api.viewer.query(TOTALS, **given))["items"]
        assert found["totalCount"] == found["totals"]["items"] == items, given
        assert (found["totals"]["units"], found["totals"]["unitsExact"]) == (units, str(units))
        assert Decimal(found["totals"]["value"]) == Decimal(value).scaleb(-4), given


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_a_lead_time_is_set_told_listed_and_taken_away(api: Api) -> None:
    item = await make_item(api.services, "A", initial_stock=3, min_stock=5)
    changed = "items { leadTimeDays changes { nodes { field from to } } }"
    told = "reorderList { nodes { leadTimeDays suggestedQuantity } }"
    given = {"id": str(item.id), "leadTimeDays": 21}
    payload = await api.user.mutate("updateItems", changed, inputs=[given])
    assert payload["items"][0]["leadTimeDays"] == 21
    history = payload["items"][0]["changes"]["nodes"][0]
    assert history == {"field": "leadTimeDays", "from": None, "to": "21"}
    (line,) = (await api.user.query(f"{{ {told} }}"))["reorderList"]["nodes"]
    assert line["leadTimeDays"] == 21
    too_long = [{**given, "leadTimeDays": 366}]
    assert await api.user.refusals("updateItems", inputs=too_long) == ["INVALID_INPUT"]
    await api.user.mutate("updateItems", changed, inputs=[{**given, "leadTimeDays": None}])
    (line,) = (await api.user.query(f"{{ {told} }}"))["reorderList"]["nodes"]
    assert line["leadTimeDays"] == 7  # REORDER_LEAD_TIME_DAYS
