"""Places over GraphQL: what they lie in, what is kept there, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.services import Services
from schema.streams import FILTER_VALUES_MAX
from tests.builders import MAIN, hide, make_item, transfer
from tests.conftest import KINDS
from tests.inventory.test_place_figures import carry_out
from tests.schema.api import Api

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
FIELDS = "id code name archivedAt parent { code } children { code } path { code }"
PLACE = f"location {{ {FIELDS} }} cursor"


async def place(api: Api, code: str, parent: str | None = None) -> Any:
    given = {"code": code, "name": f"Place {code}", "parentId": parent}
    payload = await api.user.mutate("createLocation", PLACE, input=given)
    assert payload["userErrors"] == []
    return payload["location"]


def codes(places: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in places]


@on_both
async def test_a_place_is_made_moved_renamed_archived_and_restored(api: Api) -> None:
    shop = await place(api, "SHOP")
    shelf = await place(api, "SHELF", shop["id"])
    bin_ = await place(api, "BIN", shelf["id"])
    assert codes(bin_["path"]) == ["SHOP", "SHELF", "BIN"]
    assert bin_["parent"] == {"code": "SHELF"}
    for ref in ({"id": shelf["id"]}, {"code": " shelf "}):
        found = (
            await api.viewer.query(
                f"query($ref: LocationRef!) {{ location(ref: $ref) {{ {FIELDS} }} }}", ref=ref
            )
        )["location"]
        assert codes(found["children"]) == ["BIN"]
    for ref in ({"id": "9"}, {"code": "x" * 500}, {"code": "\0"}, {"id": "no id"}):
        query = "query($ref: LocationRef!) { location(ref: $ref) { id } }"
        assert await api.viewer.query(query, ref=ref) == {"location": None}
    changed = await api.user.mutate(
        "updateLocation", PLACE, input={"id": bin_["id"], "name": "The bin"}
    )
    assert codes(changed["location"]["path"]) == ["SHOP", "SHELF", "BIN"], "absent: it stays"
    assert changed["cursor"]
    changed = await api.user.mutate(
        "updateLocation", PLACE, input={"id": bin_["id"], "parentId": None}
    )
    assert (changed["location"]["parent"], changed["location"]["name"]) == (None, "The bin")
    refused = await api.user.mutate(
        "updateLocation", input={"id": shop["id"], "parentId": shelf["id"]}
    )
    (error,) = refused["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["input", "parentId"])
    archived = await api.user.mutate("archiveLocation", PLACE, input={"id": bin_["id"]})
    assert archived["location"]["archivedAt"]
    listed = "{ locations { code } all: locations(includeArchived: true) { code } }"
    data = await api.viewer.query(listed)
    assert codes(data["locations"]) == ["MAIN", "SHELF", "SHOP"]
    assert codes(data["all"]) == ["BIN", "MAIN", "SHELF", "SHOP"]
    receipt = {
        "idempotencyKey": "k", "item": {"sku": "A"}, "quantity": 1, "actionType": "RECEIPT",
        "location": bin_["id"],
    }  # fmt: skip
    await make_item(api.services, "A")
    assert await api.user.refusals("adjustStock", input=receipt) == ["INVALID_TRANSITION"]
    for given in ({"id": str(MAIN)}, {"id": shop["id"]}):
        assert await api.user.refusals("archiveLocation", input=given) == ["INVALID_TRANSITION"]
    restored = await api.user.mutate("restoreLocation", PLACE, input={"id": bin_["id"]})
    assert restored["location"]["archivedAt"] is None
    payload = await api.user.mutate("adjustStock", "movement { newStock }", input=receipt)
    assert payload["movement"] == {"newStock": 11}


async def test_every_change_of_a_place_is_told(api: Api) -> None:
    socket = await api.socket(Role.VIEWER)
    await socket.subscribe(
        "subscription { locationUpdated { cursor type userId location { code path { code } } } }"
    )
    await api.subscribed(1)
    shop = await place(api, "SHOP")
    for name, more in (
        ("updateLocation", {"code": "STORE", "parentId": str(MAIN)}),
        ("archiveLocation", {}),
        ("restoreLocation", {}),
    ):
        await api.user.mutate(name, input={"id": shop["id"], **more})
    events = [await socket.event() for _ in range(4)]
    assert [event["type"] for event in events] == ["CREATED", "UPDATED", "ARCHIVED", "RESTORED"]
    assert {event["userId"] for event in events} == {"12"}
    assert [event["location"]["code"] for event in events] == ["SHOP", *["STORE"] * 3]
    assert codes(events[-1]["location"]["path"]) == ["MAIN", "STORE"]


async def contents(api: Api, caller: Any, code: str, **more: Any) -> Any:
    query = (
        "query($ref: LocationRef!, $first: Int, $after: String, $nested: Boolean) { "
        "locationContents(ref: $ref, first: $first, after: $after, includeNested: $nested) { "
        "totalCount pageInfo { hasNextPage endCursor } nodes { quantity item { sku } } } }"
    )
    data = await caller.query(query, ref={"code": code}, **more)
    return data["locationContents"]


async def stocked(services: Services, shop: int, bin_: int) -> None:
    """Items at two places, one that is hidden."""
    for sku in ("A", "B", "C"):
        item = await make_item(services, sku, initial_stock=10)
        await carry_out(services, transfer(item, 4, MAIN, shop))
        if sku != "B":
            await carry_out(services, transfer(item, 1, MAIN, bin_))
    hidden = await make_item(services, "SECRET", initial_stock=7, location_id=bin_)
    await hide(services, hidden)
    await make_item(services, "ELSEWHERE")


@on_both
async def test_what_is_kept_at_a_place_is_listed_page_by_page(api: Api) -> None:
    shop = await place(api, "SHOP")
    bin_ = await place(api, "BIN", shop["id"])
    await stocked(api.services, int(shop["id"]), int(bin_["id"]))
    first = await contents(api, api.viewer, "shop", first=2)
    told = [(node["item"]["sku"], node["quantity"]) for node in first["nodes"]]
    assert told == [("A", 5), ("B", 4)]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (3, True)
    rest = await contents(api, api.viewer, "SHOP", first=2, after=first["pageInfo"]["endCursor"])
    assert [(node["item"]["sku"], node["quantity"]) for node in rest["nodes"]] == [("C", 5)]
    alone = await contents(api, api.viewer, "SHOP", nested=False)
    assert [node["quantity"] for node in alone["nodes"]] == [4, 4, 4]
    assert (await contents(api, api.admin, "BIN"))["totalCount"] == 3
    assert (await contents(api, api.user, "BIN"))["totalCount"] == 2
    assert (await contents(api, api.user, "NONE"))["nodes"] == []


@on_both
async def test_figures_are_asked_for_by_place(api: Api) -> None:
    shop = await place(api, "SHOP")
    bin_ = await place(api, "BIN", shop["id"])
    await stocked(api.services, int(shop["id"]), int(bin_["id"]))
    query = (
        "query($at: [ID!]) { inventorySummary(locationIds: $at) { items units liveAlerts } "
        "movementSeries(days: 1, locationIds: $at) { unitsIn unitsOut } "
        "fastestMovers(locationIds: $at) { unitsOut daysOfCover } }"
    )
    item = await make_item(api.services, "D", initial_stock=20)
    await carry_out(api.services, transfer(item, 6, MAIN, int(shop["id"])))
    sale = {
        "idempotencyKey": "k", "item": {"sku": "D"}, "quantity": -2, "actionType": "SALE",
        "location": shop["id"],
    }  # fmt: skip
    await api.user.mutate("adjustStock", input=sale)
    data = await api.viewer.query(query, at=[shop["id"]])
    assert data == {
        "inventorySummary": {"items": 4, "units": 18, "liveAlerts": 0},
        "movementSeries": [{"unitsIn": 20, "unitsOut": 2}],
        "fastestMovers": [{"unitsOut": 2, "daysOfCover": 2.0}],
    }
    assert (await api.viewer.query(query, at=[]))["inventorySummary"]["units"] == 0
    assert (await api.viewer.query(query, at=["nothing"]))["inventorySummary"]["units"] == 0
    many = [str(n) for n in range(FILTER_VALUES_MAX + 1)]
    answer = await api.viewer.post(query, {"at": many})
    assert set(answer.codes) == {"INVALID_INPUT"}


@on_both
async def test_a_place_gets_a_minimum_and_its_alert_names_it(api: Api) -> None:
    shop = await place(api, "SHOP")
    await make_item(api.services, "A", initial_stock=10)
    given = {"item": {"sku": "A"}, "location": shop["id"], "minStock": 4}
    payload = await api.user.mutate(
        "setLocationMinimum",
        "cursor item { version levels { quantity minStock location { code } } }",
        input=given,
    )
    assert payload["cursor"]
    assert payload["item"] == {
        "version": 2,
        "levels": [
            {"quantity": 10, "minStock": None, "location": {"code": "MAIN"}},
            {"quantity": 0, "minStock": 4, "location": {"code": "SHOP"}},
        ],
    }
    alerts = "{ alerts { nodes { title currentStock minStock location { code } status } } }"
    (alert,) = (await api.viewer.query(alerts))["alerts"]["nodes"]
    assert (alert["location"], alert["minStock"]) == ({"code": "SHOP"}, 4)
    await api.user.mutate("setLocationMinimum", input=given | {"minStock": None})
    (alert,) = (await api.viewer.query(alerts))["alerts"]["nodes"]
    assert alert["status"] == "RESOLVED"
    for wrong, field in ((-1, "minStock"), (4, "location")):
        refused = await api.user.mutate(
            "setLocationMinimum",
            input=given | ({"minStock": wrong} if wrong < 0 else {"location": "9"}),
        )
        assert refused["userErrors"][0]["field"] == ["input", field]


@on_both
async def test_items_and_their_updates_are_filtered_by_place(api: Api) -> None:
    """By an outer place too; an update by where it happened, and as places lay then."""
    shop = await place(api, "SHOP")
    bin_ = await place(api, "BIN", shop["id"])
    other = await place(api, "OTHER")
    cursor = (await api.viewer.query("{ syncCursor }"))["syncCursor"]
    await stocked(api.services, int(shop["id"]), int(bin_["id"]))
    items = "query($where: ItemFilter) { items(where: $where) { totalCount nodes { sku } } }"
    for at, skus in ((shop, ["A", "B", "C"]), (bin_, ["A", "C"]), (other, [])):
        found = (await api.viewer.query(items, where={"locationIds": [at["id"]]}))["items"]
        assert [item["sku"] for item in found["nodes"]] == skus
        assert found["totalCount"] == len(skus)
    await api.user.mutate("updateLocation", input={"id": bin_["id"], "parentId": other["id"]})
    socket = await api.socket(Role.VIEWER)
    query = (
        "subscription($after: Cursor, $at: [ID!]) { inventoryUpdated(after: $after, "
        "where: { locationIds: $at, types: [STOCK_UPDATED, UPDATED] }) { type item { sku } "
        "details { quantity location { code } from { code } } } }"
    )
    moved = [("A", "SHOP"), ("A", "BIN"), ("B", "SHOP"), ("C", "SHOP"), ("C", "BIN")]
    for number, (at, places) in enumerate(
        [(shop, {"SHOP", "BIN"}), (bin_, {"BIN"}), (other, set())]
    ):
        await socket.subscribe(query, id=str(number), after=cursor, at=[at["id"]])
        wanted = [(sku, code) for sku, code in moved if code in places]
        for sku, code in wanted:
            event = await socket.event()
            assert event["item"]["sku"] == sku
            assert event["details"]["location"] == {"code": code}
            assert event["details"]["from"] == {"code": "MAIN"}
        await socket.settle()
        await socket.send({"id": str(number), "type": "complete"})
    await socket.subscribe(query, id="9", at=[other["id"]])
    await api.subscribed(1)
    sale = {"idempotencyKey": "k", "item": {"sku": "A"}, "quantity": -1, "actionType": "SALE"}
    await api.user.mutate("adjustStock", input=sale)
    await api.user.mutate(
        "adjustStock", input=sale | {"idempotencyKey": "l", "location": bin_["id"]}
    )
    event = await socket.event()
    assert event["details"] == {"quantity": -1, "location": {"code": "BIN"}, "from": None}


@on_both
async def test_alerts_of_places_are_found_by_outer_places_and_suggest_for_their_own(
    api: Api,
) -> None:
    """How the bug came about: a bin that sold out was told to order what the whole item needs."""
    shop = await place(api, "SHOP")
    bin_ = await place(api, "BIN", shop["id"])
    other = await place(api, "OTHER")
    item = await make_item(api.services, "A", initial_stock=100, min_stock=0)
    await carry_out(api.services, transfer(item, 10, MAIN, int(bin_["id"])))
    socket = await api.socket(Role.VIEWER)
    raised = (
        "subscription($at: [ID!]) { alertRaised(where: { locationIds: $at }) "
        "{ alert { location { code } } } }"
    )
    for number, at in enumerate((shop, bin_, other)):
        await socket.subscribe(raised, id=str(number), at=[at["id"]])
    await api.subscribed(3)
    minimum = {"item": {"sku": "A"}, "location": bin_["id"], "minStock": 5}
    await api.user.mutate("setLocationMinimum", input=minimum)
    sale = {"idempotencyKey": "k", "item": {"sku": "A"}, "quantity": -8, "actionType": "SALE"}
    await api.user.mutate("adjustStock", input=sale | {"location": bin_["id"]})
    elsewhere = {"idempotencyKey": "l", "quantity": -2}
    await api.user.mutate("adjustStock", input=sale | elsewhere)
    for _ in range(2):
        assert (await socket.event())["alert"] == {"location": {"code": "BIN"}}
    await socket.settle()
    query = (
        "query($at: [ID!]) { alerts(where: { locationIds: $at }) { totalCount nodes "
        "{ suggestedQuantity item { suggestedQuantity } } } }"
    )
    # Sold on its first day: 8 there, 10 of the item, for 30 days; with the minimum of 5 there.
    found = [{"suggestedQuantity": 240 + 5 - 2, "item": {"suggestedQuantity": 300 - 90}}]
    for at, nodes in ((shop, found), (bin_, found), (other, [])):
        alerts = (await api.viewer.query(query, at=[at["id"]]))["alerts"]
        assert alerts == {"totalCount": len(nodes), "nodes": nodes}
    nobody = await api.viewer.query("{ alerts(where: { locationIds: [] }) { totalCount } }")
    assert nobody["alerts"]["totalCount"] == 0
