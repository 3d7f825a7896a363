"""Holds as clients see them: over HTTP, and live."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from tests.builders import hide, make_item
from tests.schema.api import USER_IDS, Api

HOLD = """id status reference note createdAt expiresAt endedAt
  placedBy { userId name } endedBy { userId name }
  lines { itemId quantity item { sku held available } location { code } }"""
FIGURES = "stock held available version levels { quantity held available location { code } }"

on_both = pytest.mark.parametrize("maker", ["sqlite", "postgres"], indirect=True)


def basket(key: str, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    wanted = [{"item": {"sku": sku}, "quantity": quantity} for sku, quantity in lines]
    return {"idempotencyKey": key, "lines": wanted, **more}


@on_both
async def test_a_basket_is_held_then_sold(api: Api, clock: HeldClock) -> None:
    item = await make_item(api.services, "HAM")
    wanted = basket("k", ("ham", 2), ("HAM", 1), reference=" CART-1 ", note="for Eva")
    done = await api.user.mutate("placeHold", f"hold {{ {HOLD} }} replayed cursor", input=wanted)
    hold = done["hold"]
    assert done["userErrors"] == []
    assert not done["replayed"]
    assert hold["lines"] == [
        {
            "itemId": str(item.id),
            "quantity": 3,
            "item": {"sku": "HAM", "held": 3, "available": 7},
            "location": {"code": "MAIN"},
        }
    ]
    assert (hold["status"], hold["reference"], hold["note"]) == ("HELD", "CART-1", "for Eva")
    assert hold["placedBy"] == {"userId": str(USER_IDS[Role.USER]), "name": "User"}
    assert (hold["createdAt"], hold["expiresAt"]) == (
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:15:00Z",
    )
    again = await api.user.mutate("placeHold", "hold { id } replayed", input=wanted)
    assert (again["hold"]["id"], again["replayed"]) == (hold["id"], True)
    read = await api.viewer.query(
        f"query($id: ID!) {{ hold(id: $id) {{ {HOLD} }} node(id: $id) {{ __typename id }} "
        f'item(ref: {{ sku: "HAM" }}) {{ {FIGURES} }} }}',
        id=hold["id"],
    )
    assert read["hold"] == hold
    assert read["node"] == {"__typename": "Hold", "id": hold["id"]}
    assert read["item"] == {
        "stock": 10, "held": 3, "available": 7, "version": 2,
        "levels": [
            {"quantity": 10, "held": 3, "available": 7, "location": {"code": "MAIN"}}
        ],
    }  # fmt: skip
    longer = {"id": hold["id"], "expiresInSeconds": 3_600}
    extended = await api.user.mutate("extendHold", "hold { expiresAt }", input=longer)
    assert extended["hold"]["expiresAt"] == "2026-01-01T01:00:00Z"
    clock.advance(1_800)
    sale = {"idempotencyKey": "s", "id": hold["id"], "reason": "paid"}
    sold = await api.admin.mutate(
        "consumeHold",
        "hold { status endedAt endedBy { name } } movements { quantity reference reason newStock }",
        input=sale,
    )
    assert sold["hold"] == {
        "status": "CONSUMED", "endedAt": "2026-01-01T00:30:00Z", "endedBy": {"name": "Admin"},
    }  # fmt: skip
    assert sold["movements"] == [
        {"quantity": -3, "reference": "CART-1", "reason": "paid", "newStock": 7}
    ]
    assert await api.user.refusals("releaseHold", id=hold["id"]) == ["INVALID_TRANSITION"]


async def test_refusals_tell_each_line_and_leave_nothing(api: Api) -> None:
    await make_item(api.services, "HAM")
    before = await api.recorded()
    wanted = basket("k", ("HAM", 6), ("NONE", 1), ("HAM", 6))
    refused = await api.user.mutate("placeHold", "hold { id }", input=wanted)
    assert refused["hold"] is None
    assert [(e["code"], e["field"]) for e in refused["userErrors"]] == [
        ("NOT_FOUND", ["input", "lines", "1", "item"]),
        ("INSUFFICIENT_STOCK", ["input", "lines", "2", "quantity"]),
    ]
    for more in (
        {"expiresInSeconds": 0},
        {"expiresInSeconds": 9, "expiresAt": "2027-01-01T00:00:00Z"},
        {"expiresAt": "2025-01-01T00:00:00Z"},
        {"note": "x" * 501},
        {"reference": "a\x00b"},
    ):
        wanted = basket("k", ("HAM", 1), **more)
        assert await api.user.refusals("placeHold", input=wanted) == ["INVALID_INPUT"], more
    assert await api.user.refusals("placeHold", input=basket("k")) == ["INVALID_INPUT"]
    assert await api.viewer.refusals("placeHold", input=basket("k", ("HAM", 1))) == ["FORBIDDEN"]
    assert await api.user.refusals("extendHold", input={"id": "x"}) == ["INVALID_INPUT"]
    assert await api.user.refusals("releaseHold", id="x" * 99) == ["NOT_FOUND"]
    assert await api.recorded() == before


async def test_warnings_tell_what_is_held_in_vain(api: Api) -> None:
    await make_item(api.services, "HAM")
    await api.user.mutate("placeHold", input=basket("k", ("HAM", 9)))
    count = {"idempotencyKey": "c", "item": {"sku": "HAM"}, "stock": 4, "expectedStock": 10}
    warnings = "warnings { code message field sentence { message template values } }"
    told = await api.user.mutate("setStock", f"item {{ available }} {warnings}", input=count)
    assert told["item"] == {"available": -5}
    (warning,) = told["warnings"]
    assert (warning["code"], warning["field"]) == ("HELD_EXCEEDS_STOCK", ["input", "stock"])
    sentence = warning["sentence"]
    assert sentence["template"].startswith("{sku} has {level} at {code} now")
    assert sentence["template"].format_map(sentence["values"]) == warning["message"]
    again = await api.user.mutate("setStock", f"replayed {warnings}", input=count)
    assert again["replayed"] and again["warnings"] == told["warnings"]
    lines = [{"item": {"sku": "HAM"}, "quantity": -1, "actionType": "WRITE_OFF"}]
    batch = {"idempotencyKey": "b", "lines": lines}
    told = await api.user.mutate("adjustStockBatch", "warnings { field }", input=batch)
    assert told["warnings"] == [{"field": ["input", "lines", "0", "quantity"]}]


@on_both
async def test_holds_are_listed_and_filtered(api: Api) -> None:
    for sku in ("A", "B"):
        await make_item(api.services, sku)
    ids = []
    for n in range(4):
        wanted = basket(f"k{n}", ("AB"[n % 2], 1), reference=f"R{n // 2}")
        ids.append((await api.user.mutate("placeHold", "hold { id }", input=wanted))["hold"]["id"])
    await api.user.mutate("releaseHold", id=ids[0])
    listed = """query($where: HoldFilter, $after: String) {
      holds(where: $where, first: 3, after: $after) {
        nodes { id } totalCount pageInfo { hasNextPage endCursor } } }"""
    page = (await api.viewer.query(listed))["holds"]
    assert [node["id"] for node in page["nodes"]] == ids[:0:-1]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (4, True)
    rest = await api.viewer.query(listed, after=page["pageInfo"]["endCursor"])
    assert [node["id"] for node in rest["holds"]["nodes"]] == ids[:1]
    item = (await api.viewer.query('{ item(ref: { sku: "A" }) { id } }'))["item"]["id"]
    for where, expected in (
        ({"statuses": ["RELEASED", "EXPIRED"]}, ids[:1]),
        ({"itemIds": [item], "statuses": ["HELD"]}, ids[2:3]),
        ({"reference": " R1"}, [ids[3], ids[2]]),
        ({"itemIds": []}, []),
        ({"statuses": []}, []),
        ({"reference": "\x00"}, []),
    ):
        found = (await api.viewer.query(listed, where=where))["holds"]
        assert [node["id"] for node in found["nodes"]] == expected, where
        assert found["totalCount"] == len(expected)


@on_both
async def test_a_hold_is_followed_live_and_so_is_what_is_free(api: Api, clock: HeldClock) -> None:
    item = await make_item(api.services, "HAM")
    sockets = [await api.socket(Role.USER), await api.socket(Role.VIEWER)]
    await sockets[0].subscribe(
        "subscription($where: HoldFilter) { holdUpdated(where: $where) "
        "{ type userId hold { id status lines { quantity item { sku } } } } }",
        where={"itemIds": [str(item.id)]},
    )
    await sockets[1].subscribe(
        "subscription { inventoryUpdated { type item { held available version "
        "levels { held available } } details { quantity } } }"
    )
    await api.subscribed(2)
    hold = (await api.user.mutate("placeHold", "hold { id }", input=basket("k", ("HAM", 4))))[
        "hold"
    ]
    placed = await sockets[0].event()
    assert placed == {
        "type": "PLACED",
        "userId": str(USER_IDS[Role.USER]),
        "hold": {
            "id": hold["id"], "status": "HELD", "lines": [{"quantity": 4, "item": {"sku": "HAM"}}],
        },
    }  # fmt: skip
    assert await sockets[1].event() == {
        "type": "UPDATED",
        "item": {
            "held": 4, "available": 6, "version": 2, "levels": [{"held": 4, "available": 6}],
        },
        "details": None,
    }  # fmt: skip
    clock.advance(900)
    assert await api.user.refusals(
        "consumeHold", input={"idempotencyKey": "s", "id": hold["id"]}
    ) == ["INVALID_TRANSITION"]
    expired = await sockets[0].event()
    assert (expired["type"], expired["userId"], expired["hold"]["status"]) == (
        "EXPIRED", None, "EXPIRED",
    )  # fmt: skip
    assert (await sockets[1].event())["item"]["available"] == 10


async def test_what_exists_for_admins_is_held_unseen(api: Api) -> None:
    secret, plain = await make_item(api.services, "SECRET"), await make_item(api.services, "PLAIN")
    hidden = await api.socket(Role.USER)
    await hidden.subscribe("subscription { holdUpdated { hold { id reference } } }")
    await api.subscribed(1)
    await hide(api.services, secret)
    wanted = basket("k", ("SECRET", 1), ("PLAIN", 2), reference="HIDDEN")
    hold = (await api.admin.mutate("placeHold", "hold { id }", input=wanted))["hold"]["id"]
    seen = await api.user.query(
        "query($id: ID!) { hold(id: $id) { id } node(id: $id) { id } "
        "holds { nodes { id } totalCount } }",
        id=hold,
    )
    assert seen == {"hold": None, "node": None, "holds": {"nodes": [], "totalCount": 0}}
    assert await api.user.refusals("releaseHold", id=hold) == ["NOT_FOUND"]
    sale = {"idempotencyKey": "s", "id": hold}
    assert await api.user.refusals("consumeHold", input=sale) == ["NOT_FOUND"]
    refused = await api.user.mutate("placeHold", input=basket("u", ("SECRET", 99)))
    assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]
    mine = basket("u", ("PLAIN", 1), reference="MINE")
    await api.user.mutate("placeHold", input=mine)
    assert (await hidden.event())["hold"]["reference"] == "MINE", "nothing before it"
    assert (await api.admin.query("query($id: ID!) { hold(id: $id) { id } }", id=hold))["hold"]
    assert plain.id != secret.id
