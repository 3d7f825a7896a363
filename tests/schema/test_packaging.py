"""Barcodes, units and scans as clients see them."""

from __future__ import annotations

from typing import Any

from tests.schema.api import Api

ITEM = "item { id barcode barcodes { code factor unit } unit units { name factor } displayUnit "
ITEM += "stock minStock } warnings"
EAN, ODD = "4006381333931", "4006381333930"
FLOUR: dict[str, Any] = {
    "sku": "FLOUR", "name": "Flour", "unit": "g", "displayUnit": "KG",
    "units": [{"name": "kg", "factor": 1_000}, {"name": "sack", "factor": 25_000}],
    "barcodes": [{"code": EAN, "unit": "kg"}, {"code": "SACK", "unit": "Sack"}, {"code": ODD}],
    "minQuantity": {"amount": "0.5", "unit": "kg"},
    "initialQuantity": {"amount": "2.25", "unit": "kg"},
}  # fmt: skip


async def test_an_item_has_units_and_barcodes_with_factors(api: Api) -> None:
    made = await api.admin.mutate("createItem", ITEM, input=FLOUR)
    assert made["userErrors"] == []
    item = made["item"]
    assert item["barcodes"] == [
        {"code": EAN, "factor": 1_000, "unit": "kg"},
        {"code": "SACK", "factor": 25_000, "unit": "sack"},
        {"code": ODD, "factor": 1, "unit": None},
    ]
    assert (item["barcode"], item["unit"], item["displayUnit"]) == (EAN, "g", "kg")
    assert item["units"][0] == {"name": "g", "factor": 1}
    assert (item["stock"], item["minStock"]) == (2_250, 500)
    assert len(made["warnings"]) == 1
    assert ODD in made["warnings"][0]
    booked = await api.user.mutate(
        "adjustStock", "movement { quantity newStock }",
        input={"idempotencyKey": "k", "item": {"barcode": "SACK"}, "actionType": "SALE",
               "amount": "-0.5", "unit": "kg"},
    )  # fmt: skip
    assert booked["movement"] == {"quantity": -500, "newStock": 1_750}
    scan = await api.viewer.query(
        "query($code: String!) { scan(code: $code) { item { sku } factor code lot expiresOn "
        "message } }",
        code=f"]C1010{EAN}10AB-12\x1d17271200",
    )
    assert scan["scan"] == {
        "item": {"sku": "FLOUR"}, "factor": 1_000, "code": EAN, "lot": "AB-12",
        "expiresOn": "2027-12-31", "message": None,
    }  # fmt: skip
    changed = await api.user.mutate(
        "updateItem", ITEM, input={"id": item["id"], "name": "Fine flour"}
    )
    assert changed["warnings"] == [], "told when the barcode is given"
    changed = await api.user.mutate(
        "updateItem", ITEM, input={"id": item["id"], "barcodes": [], "displayUnit": None}
    )
    assert (changed["item"]["barcode"], changed["item"]["displayUnit"]) == (None, "g")


async def test_what_is_refused_is_told_where_it_stands_and_changes_nothing(api: Api) -> None:
    made = await api.admin.mutate("createItem", ITEM, input=FLOUR)
    item_id = made["item"]["id"]
    key = {"idempotencyKey": "new", "item": {"id": item_id}}
    before = await api.recorded()
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        ("updateItem", {"id": item_id, "barcode": "4.00638E+12"}, ["barcode"]),
        ("updateItem", {"id": item_id, "barcodes": [{"code": "x", "factor": 0}]},
         ["barcodes", "0", "factor"]),
        ("updateItem", {"id": item_id, "barcodes": [{"code": "x", "unit": "box"}]},
         ["barcodes", "0", "unit"]),
        ("updateItem", {"id": item_id, "barcodes": None}, ["barcodes"]),
        ("updateItem", {"id": item_id, "units": []}, ["units"]),
        ("updateItem", {"id": item_id, "minQuantity": {"amount": "0.0001", "unit": "kg"}},
         ["minQuantity", "amount"]),
        ("createItem", {"sku": "B", "name": "B", "units": [{"name": "kg", "factor": 1}]},
         ["units", "0", "factor"]),
        ("createItem", {"sku": "B", "name": "B", "initialStock": 1,
                        "initialQuantity": {"amount": "1"}}, ["initialQuantity"]),
        ("adjustStock", {**key, "actionType": "RECEIPT", "amount": "0.0001", "unit": "kg"},
         ["amount"]),
        ("adjustStock", {**key, "actionType": "RECEIPT", "unit": "kg"}, ["quantity"]),
        ("adjustStock", {**key, "actionType": "RECEIPT", "quantity": 1, "unit": "box"}, ["unit"]),
        ("setStock", {**key, "expectedStock": 2_250}, ["stock"]),
        ("setStock", {**key, "expectedStock": 2_250, "amount": "0.0001", "unit": "kg"},
         ["amount"]),
    ]  # fmt: skip
    for name, given, field in cases:
        payload = await api.admin.mutate(name, input=given)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", ["input", *field]), given
    assert await api.recorded() == before
