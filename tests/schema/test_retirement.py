"""Archiving, deleting and restoring items, and their attributes, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import hide, make_item
from tests.conftest import KINDS
from tests.schema.api import USER_ERRORS, Api

ITEM = f"item {{ id sku barcode version stock archivedAt deletedAt attributes }} {USER_ERRORS}"
ARCHIVE = f"mutation($input: ArchiveItemInput!) {{ archiveItem(input: $input) {{ {ITEM} }} }}"
RESTORE = f"mutation($input: RestoreItemInput!) {{ restoreItem(input: $input) {{ {ITEM} }} }}"
DELETE = f"mutation($input: DeleteItemInput!) {{ deleteItem(input: $input) {{ {ITEM} }} }}"
CREATE = f"mutation($input: CreateItemInput!) {{ createItem(input: $input) {{ {ITEM} }} }}"
UPDATE = f"mutation($input: UpdateItemInput!) {{ updateItem(input: $input) {{ {ITEM} }} }}"
LIST = "query($where: ItemFilter) { items(where: $where) { totalCount nodes { sku } } }"
ONE = "query($id: ID!) { node(id: $id) { ... on InventoryItem { sku archivedAt } } }"


async def carried_out(caller: Any, mutation: str, **input: Any) -> Any:
    ((_, payload),) = (await caller.query(mutation, input=input)).items()
    return payload


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_an_item_goes_and_comes_back(api: Api) -> None:
    item = await make_item(api.services, "A", barcode="12", initial_stock=3)
    secret = await hide(api.services, await make_item(api.services, "S"))
    name = str(item.id)
    stale = await carried_out(api.user, ARCHIVE, id=name, expectedVersion=9)
    assert [error["code"] for error in stale["userErrors"]] == ["VERSION_CONFLICT"]
    archived = (await carried_out(api.user, ARCHIVE, id=name, expectedVersion=1))["item"]
    assert (archived["archivedAt"], archived["version"]) == ("2026-01-01T00:00:00Z", 2)
    again = (await carried_out(api.user, ARCHIVE, id=name))["userErrors"]
    assert (again[0]["code"], again[0]["field"]) == ("INVALID_TRANSITION", ["input", "id"])
    for where, skus in (
        ({}, []),
        ({"includeArchived": True}, ["A"]),
        ({"includeDeleted": True}, []),
    ):
        found = (await api.viewer.query(LIST, where=where))["items"]
        assert (found["totalCount"], [node["sku"] for node in found["nodes"]]) == (len(skus), skus)
    node = (await api.viewer.query(ONE, id=name))["node"]
    assert node == {"sku": "A", "archivedAt": archived["archivedAt"]}
    back = (await carried_out(api.user, RESTORE, id=name, sku=None))["item"]
    assert (back["archivedAt"], back["sku"], back["barcode"]) == (None, "A", "12")
    gone = (await carried_out(api.user, DELETE, id=name, stock="WRITE_OFF"))["item"]
    assert (gone["stock"], gone["barcode"], gone["deletedAt"] is None) == (0, "12", False)
    await make_item(api.services, "B", barcode="12")
    taken = (await carried_out(api.user, RESTORE, id=name))["userErrors"]
    assert (taken[0]["code"], taken[0]["field"]) == ("ALREADY_EXISTS", ["input", "barcode"])
    bad = (await carried_out(api.user, RESTORE, id=name, sku="x" * 65))["userErrors"]
    assert (bad[0]["code"], bad[0]["field"]) == ("INVALID_INPUT", ["input", "sku"])
    back = (await carried_out(api.user, RESTORE, id=name, barcode=None, sku="A-2"))["item"]
    assert (back["sku"], back["barcode"], back["deletedAt"]) == ("A-2", None, None)
    for mutation in (ARCHIVE, RESTORE):
        unknown = (await carried_out(api.user, mutation, id=str(secret.item.id)))["userErrors"]
        assert [error["code"] for error in unknown] == ["NOT_FOUND"]


async def test_attributes_come_and_go_as_an_object(api: Api) -> None:
    given = {"colour": "red", "size": "XL"}
    made = await carried_out(api.user, CREATE, sku="A", name="A", attributes=given)
    assert (made["item"]["attributes"], made["userErrors"]) == (given, [])
    name = made["item"]["id"]
    same = await carried_out(api.user, UPDATE, id=name, name="Other")
    assert same["item"]["attributes"] == given
    less = await carried_out(api.user, UPDATE, id=name, attributes={"size": "M"})
    assert less["item"]["attributes"] == {"size": "M"}
    for bad in (["red"], {"size": 5}, {"size": "x" * 1_001}):
        refused = (await carried_out(api.user, UPDATE, id=name, attributes=bad))["userErrors"]
        assert refused[0]["code"] == "INVALID_INPUT"
        assert refused[0]["field"][:2] == ["input", "attributes"]
    none = await carried_out(api.user, UPDATE, id=name, attributes=None)
    assert none["item"]["attributes"] == {}
