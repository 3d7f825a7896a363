"""The ledger through the API: who and when, filters, taking back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import UserChange, Users
from graphql_api.clock import HeldClock
from graphql_api.inventory.stock import ActionType, StockLedger
from tests.builders import adjust, hide, make_item, make_location, transfer
from tests.conftest import KINDS
from tests.schema.api import USER_IDS, Api

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

LIST = (
    "query($where: MovementFilter, $first: Int, $after: String) { stockMovements(where: $where, "
    "first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } "
    "nodes { id quantity occurredAt } } }"
)
REVERSE = (
    "replayed item { stock } movement { id quantity actionType location { id } occurredAt "
    "reverses { id reversedBy { id } } reversedBy { id } }"
)


async def book(api: Api, item: Any, quantity: int, role: Role = Role.USER, **fields: Any) -> str:
    """The id of a movement that somebody booked."""
    command = adjust(item, quantity, fields.pop("kind", ActionType.CORRECTION), **fields)
    command = replace(command, user_id=USER_IDS[role])
    result = await api.services.of(StockLedger).carry_out(command)
    return str(result.movements[0].id)


@on_both
async def test_everybody_sees_who_booked_something_by_name_and_no_more(api: Api) -> None:
    item = await make_item(api.services)  # by nobody's account
    await book(api, item, 1, Role.USER)
    await book(api, item, 2, Role.ADMIN)
    await api.services.of(Users).change(UserChange(USER_IDS[Role.USER], name="Ada", active=False))
    query = "{ stockMovements { nodes { quantity userId user { userId name } } } }"
    for caller in (api.viewer, api.admin):
        nodes = (await caller.query(query))["stockMovements"]["nodes"]
        people = {node["quantity"]: node["user"] for node in nodes}
        assert people[1] == {"userId": "12", "name": "Ada"}
        assert people[2]["userId"] == "11"
        assert people[10] is None
    assert (await api.viewer.post("{ stockMovements { nodes { user { email } } } }")).errors


@on_both
async def test_a_filter_finds_its_movements_page_by_page_and_counts_them(
    api: Api, clock: HeldClock
) -> None:
    one, other = [await make_item(api.services, sku) for sku in ("ONE", "OTHER")]
    shop = await make_location(api.services)
    clock.advance(86_400)
    await book(
        api, one, 1, reference="INV-2026-0815", occurred_at_us=clock.now_us() - 3_600_000_000
    )
    await book(api, one, 2, location_id=shop.id, reason="broken seal")
    await book(api, other, 3, Role.ADMIN, kind=ActionType.RECEIPT)

    async def found(**where: Any) -> list[int]:
        quantities: list[int] = []
        after = None
        while True:
            page = (await api.viewer.query(LIST, where=where, first=2, after=after))[
                "stockMovements"
            ]
            quantities += [node["quantity"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                assert page["totalCount"] == len(quantities)
                return quantities
            after = page["pageInfo"]["endCursor"]

    assert await found() == [3, 2, 1, 10, 10]
    assert await found(itemIds=[str(one.id)]) == [2, 1, 10]
    assert await found(itemIds=[str(one.id), str(other.id)]) == [3, 2, 1, 10, 10]
    assert await found(locationIds=[str(shop.id)]) == [2]
    assert await found(actionTypes=["CORRECTION"]) == [2, 1]
    assert await found(userIds=["11", "12"]) == [3, 2, 1]
    assert await found(reference="0815") == [1]
    assert await found(reason="Broken") == [2]
    assert await found(occurredFrom="2026-01-01T23:00:00Z") == [3, 2, 1]
    assert await found(occurredTo="2026-01-01T23:00:00Z") == [1, 10, 10]
    assert await found(occurredFrom="2026-01-01T23:00:01Z", userIds=["12"]) == [2]
    assert await found(itemIds=[]) == []
    assert await found(itemIds=["nothing"]) == []
    both = f'item: {{ sku: "ONE" }}, where: {{ itemIds: ["{other.id}"] }}'
    data = await api.viewer.query(f"{{ stockMovements({both}) {{ totalCount }} }}")
    assert data["stockMovements"] == {"totalCount": 0}


async def test_a_filter_shows_nobody_what_is_hidden_from_them(api: Api) -> None:
    hidden = await make_item(api.services, "HIDDEN")
    await book(api, hidden, 1, reference="SECRET")
    await hide(api.services, hidden)
    for where in (
        {"itemIds": [str(hidden.id)]},
        {"itemIds": [str(hidden.id), "1"]},
        {"reference": "SECRET"},
        {"userIds": ["12"], "occurredFrom": "2020-01-01T00:00:00Z"},
    ):
        seen = (await api.user.query(LIST, where=where))["stockMovements"]
        assert (seen["nodes"], seen["totalCount"]) == ([], 0)
        assert (await api.admin.query(LIST, where=where))["stockMovements"]["nodes"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        *(
            ({name: ["1"] * 1_001}, f"{name} has 1001 values; at most 1000 may be.")
            for name in ("itemIds", "locationIds", "userIds")
        ),
        ({"reference": "x" * 201}, "reference has 201 characters; at most 200 are allowed."),
        ({"reason": "x" * 201}, "reason has 201 characters; at most 200 are allowed."),
        (
            {"occurredFrom": "2026-01-02T00:00:00Z", "occurredTo": "2026-01-01T00:00:00Z"},
            "occurredFrom is after occurredTo: nothing can be between them.",
        ),
    ],
)
async def test_bounds_of_a_filter_are_told(api: Api, where: dict[str, Any], message: str) -> None:
    answer = await api.viewer.post(LIST, {"where": where})
    assert (answer.codes, answer.errors[0]["message"]) == (["INVALID_INPUT"], message)


async def test_a_cursor_of_one_order_is_none_of_the_other(api: Api) -> None:
    item = await make_item(api.services)
    await book(api, item, 1)
    page = (await api.viewer.query(LIST, first=1))["stockMovements"]
    where = {"occurredFrom": "2020-01-01T00:00:00Z"}
    after = page["pageInfo"]["endCursor"]
    answer = await api.viewer.post(LIST, {"where": where, "after": after})
    assert answer.codes == ["CURSOR_INVALID"]


@on_both
async def test_a_movement_is_taken_back_once_and_each_side_names_the_other(
    api: Api, clock: HeldClock
) -> None:
    item = await make_item(api.services)
    movement = await book(api, item, 5)
    given = {"idempotencyKey": "k", "movementId": movement, "reason": "5, not 50"}
    clock.advance(3_600)
    payload = await api.user.mutate(
        "reverseMovement", REVERSE, input={**given, "occurredAt": "2026-01-01T00:30:00Z"}
    )
    back = payload["movement"]
    assert (payload["replayed"], payload["item"]) == (False, {"stock": 10})
    assert back == {
        "id": back["id"], "quantity": -5, "actionType": "CORRECTION", "location": {"id": "1"},
        "occurredAt": "2026-01-01T00:30:00Z",
        "reverses": {"id": movement, "reversedBy": {"id": back["id"]}}, "reversedBy": None,
    }  # fmt: skip
    query = "query($id: ID!) { stockMovement(id: $id) { reversedBy { id } reverses { id } } }"
    assert (await api.viewer.query(query, id=movement))["stockMovement"] == {
        "reversedBy": {"id": back["id"]},
        "reverses": None,
    }
    again = await api.user.mutate(
        "reverseMovement", REVERSE, input={**given, "occurredAt": "2026-01-01T00:30:00Z"}
    )
    assert again == payload | {"replayed": True}
    other = await api.user.try_mutate("reverseMovement", input={**given, "idempotencyKey": "l"})
    (error,) = other.data["reverseMovement"]["userErrors"]
    assert error == {
        "code": "INVALID_TRANSITION",
        "message": f"This movement was reversed already, by {back['id']}.",
        "field": ["input", "movementId"],
    }


@on_both
async def test_of_a_transfer_the_payload_tells_what_takes_back_the_leg_that_was_named(
    api: Api,
) -> None:
    item = await make_item(api.services)
    shop = await make_location(api.services)
    for leg in (0, 1):
        moved = await api.services.of(StockLedger).carry_out(transfer(item, 4, 1, shop.id))
        named = moved.movements[leg]
        payload = await api.user.mutate(
            "reverseMovement",
            REVERSE,
            input={"idempotencyKey": f"k{leg}", "movementId": str(named.id)},
        )
        back = payload["movement"]
        assert (back["quantity"], back["actionType"]) == (-named.quantity, "TRANSFER")
        assert back["reverses"]["id"] == str(named.id)


async def test_the_settings_and_the_figures_go_by_the_business(api: Api) -> None:
    data = await api.viewer.query(
        '{ settings { currency timeZone } inventorySummary(timeZone: "Asia/Tokyo") '
        '{ today { start unitsIn } } movementSeries(days: 1, timeZone: "Asia/Tokyo", by: OCCURRED) '
        '{ start } fastestMovers(timeZone: "Asia/Tokyo", by: OCCURRED) { unitsOut } }'
    )
    tokyo = "2025-12-31T15:00:00Z"
    assert data == {
        "settings": {"currency": "EUR", "timeZone": "UTC"},
        "inventorySummary": {"today": {"start": tokyo, "unitsIn": 0}},
        "movementSeries": [{"start": tokyo}],
        "fastestMovers": [],
    }
    for field in ("inventorySummary", "movementSeries", "fastestMovers"):
        part = "{ start }" if field == "movementSeries" else "{ __typename }"
        answer = await api.viewer.post(f'{{ {field}(timeZone: "Mars/Base") {part} }}')
        assert answer.codes == ["INVALID_INPUT"]
        assert "'Mars/Base' is no time zone" in answer.errors[0]["message"]
