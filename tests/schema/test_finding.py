"""Finding as clients do it: ranked pages and their cursors, suggestions, categories."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from graphql_api.accounts.roles import Role
from tests.builders import hide, make_item
from tests.conftest import KINDS
from tests.schema.api import Api

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

SEARCH = """query($s: String, $first: Int, $after: String, $where: ItemFilter, $by: ItemOrder) {
  items(search: $s, first: $first, after: $after, where: $where, orderBy: $by) {
    nodes { sku } totalCount suggestions pageInfo { endCursor hasNextPage }
  }
}"""
CATEGORIES = """query($prefix: String, $first: Int, $after: String, $last: Int) {
  categories(prefix: $prefix, first: $first, after: $after, last: $last) {
    nodes { name items } totalCount pageInfo { endCursor hasNextPage }
  }
}"""


def skus(answer: Any) -> list[str]:
    return [node["sku"] for node in answer["items"]["nodes"]]


@on_both
async def test_items_are_found_ranked_paged_and_suggested(api: Api) -> None:
    for sku, name in (
        ("Z-1", "Claw hammer"),
        ("R10", "Hammer"),
        ("R2", "Hammerhead"),
        ("HAM-16", "Steel nail"),
        ("1N4148", "\u00e4hre"),
    ):
        await make_item(api.services, sku, name=name, category="Tools", description="Sturdy")
    await hide(api.services, await make_item(api.services, "S-1", name="hammer secretium"))
    user = api.user

    page = await user.query(SEARCH, s="hammer")
    assert skus(page) == ["R10", "Z-1", "R2"]
    assert page["items"]["totalCount"] == 3
    assert page["items"]["suggestions"] == []
    assert skus(await user.query(SEARCH, s="ham16")) == ["HAM-16"]
    assert skus(await user.query(SEARCH, s="4148 AHRE")) == ["1N4148"]
    assert skus(await user.query(SEARCH, s="hammer", by={"by": "SKU"})) == ["R2", "R10", "Z-1"]
    assert skus(await user.query(SEARCH, s="sturdy")) == []
    told = await user.query(SEARCH, s="sturdy", where={"searchDescription": True})
    assert len(skus(told)) == 5
    assert skus(await api.admin.query(SEARCH, s="hammer")) == ["R10", "Z-1", "S-1", "R2"]

    for text, suggested in (("hamer", ["hammer"]), ("secretum", []), ("", [])):
        data = await user.query(SEARCH, s=text)
        assert data["items"]["suggestions"] == suggested, text
    assert (await api.admin.query(SEARCH, s="secretum"))["items"]["suggestions"] == ["secretium"]

    met, after = [], None
    while True:
        data = await user.query(SEARCH, s="hammer", first=1, after=after)
        met += skus(data)
        after = data["items"]["pageInfo"]["endCursor"]
        if not data["items"]["pageInfo"]["hasNextPage"]:
            break
    assert met == ["R10", "Z-1", "R2"]
    # A cursor of another search, or of the time before keys changed, is refused.
    assert await user.codes(SEARCH, s="claw", after=after) == ["CURSOR_INVALID"]
    for old in (["item SKU ASC", "r10", 1], ["item NAME ASC", "hammer", 1]):
        text = base64.urlsafe_b64encode(orjson.dumps(old)).decode().rstrip("=")
        for by in ("SKU", "NAME"):
            assert await user.codes(SEARCH, after=text, by={"by": by}) == ["CURSOR_INVALID"]


@on_both
async def test_a_space_too_much_or_missing_is_suggested(api: Api) -> None:
    """Letters of two words are no slip of one: nothing was suggested for them."""
    for sku, name in (
        ("1", "Claw hammer"),
        ("2", "Screwdriver set"),
        ("3", "\u05de\u05d1\u05e8\u05d2"),
    ):
        await make_item(api.services, sku, name=name)
    await make_item(api.services, "4", name="Oring 12")
    await hide(api.services, await make_item(api.services, "5", name="secret thing"))
    for text, suggested in (
        ("clawhammer", ["claw hammer"]),
        ("screw driver", ["screwdriver"]),
        ("screw driver set", ["screwdriver set"]),
        ("set of clawhammers", []),
        ("O-Ring", ["oring"]),
        ("secretthing", []),
        ("hammerhammer", ["hammer hammer"]),
        ("\u05de\u05d1\u05e8\u05d7", ["\u05de\u05d1\u05e8\u05d2"]),
    ):
        data = await api.user.query(SEARCH, s=text)
        assert data["items"]["suggestions"] == suggested, text


@on_both
async def test_names_and_skus_stand_as_people_look_for_them(api: Api) -> None:
    for sku, name in (("R1", "Zebra"), ("R10", "\u00e4hre"), ("R2", "Apfel"), ("r3", "Ahorn")):
        await make_item(api.services, sku, name=name)
    assert skus(await api.user.query(SEARCH)) == ["R1", "R2", "r3", "R10"]
    named = await api.user.query(SEARCH, by={"by": "NAME"})
    assert skus(named) == ["r3", "R10", "R2", "R1"]


@on_both
async def test_categories_are_one_without_case_and_form(api: Api) -> None:
    user = api.user
    for sku, category in (("1", "Tools"), ("2", " tOOLS\u200b"), ("3", "K" * 255), ("4", None)):
        await user.mutate("createItem", input={"sku": sku, "name": "x", "category": category})
    refused = {"sku": "5", "name": "x", "category": "K" * 256}
    assert await user.refusals("createItem", input=refused) == ["INVALID_INPUT"]
    unseen = {"sku": "5", "name": "x", "category": "\u200b"}
    assert await user.refusals("createItem", input=unseen) == ["INVALID_INPUT"]
    await hide(api.services, await make_item(api.services, "6", category="Secrets"))

    data = await user.query(CATEGORIES)
    assert data["categories"]["nodes"] == [
        {"name": "K" * 255, "items": 1},
        {"name": "Tools", "items": 2},
    ]
    assert data["categories"]["totalCount"] == 2
    assert b"ecret" not in orjson.dumps(data)
    first = await user.query(CATEGORIES, first=1)
    info = first["categories"]["pageInfo"]
    assert info["hasNextPage"] is True
    rest = await user.query(CATEGORIES, after=info["endCursor"])
    assert [node["name"] for node in rest["categories"]["nodes"]] == ["Tools"]
    last = await user.query(CATEGORIES, last=1)
    assert [node["name"] for node in last["categories"]["nodes"]] == ["Tools"]
    begun = await user.query(CATEGORIES, prefix="too")
    assert [node["items"] for node in begun["categories"]["nodes"]] == [2]
    assert await user.codes(CATEGORIES, prefix="x" * 256) == ["INVALID_INPUT"]
    assert len(skus(await user.query(SEARCH, where={"categories": ["TOOLS"]}))) == 2
    admins = await api.admin.query(CATEGORIES, prefix="secret")
    assert admins["categories"]["nodes"] == [{"name": "Secrets", "items": 1}]


@on_both
async def test_updates_are_filtered_by_category_without_case_and_form(api: Api) -> None:
    socket = await api.socket(Role.USER)
    await socket.subscribe(
        'subscription { inventoryUpdated(where: { categories: ["TOOLS\u200b"] }) { item { sku } } }'
    )
    await api.subscribed(1)
    for sku, category in (("1", "Garden"), ("2", "tools"), ("3", None), ("4", "Tools")):
        await make_item(api.services, sku, category=category)
    met = [(await socket.event())["item"]["sku"] for _ in range(2)]
    assert met == ["2", "4"]
