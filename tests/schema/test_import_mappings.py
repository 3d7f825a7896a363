"""How a supplier's file is read is said once: saved mappings, which the next file is proposed."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.imports import mappings
from graphql_api.imports.facts import SAVED_READING
from graphql_api.imports.file_imports import FileImports
from tests.conftest import KINDS
from tests.schema.api import Api
from tests.schema.test_imports import uploaded

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

HEADER = "Plim;Plom;Price\n"
FILE = HEADER + "A-1;Hammer;1,50\n"
MAPPED = [{"field": "name", "column": "Plom"}, {"field": "sku", "column": "Plim"}]
OPTIONS = {"kind": "ITEMS", "mapping": MAPPED, "decimal": "COMMA", "lenient": True}
SAVED = "id name kind columns { field column } decimal lenient encoding stockMode wide"
MAPPING = f"mapping {{ {SAVED} user {{ name }} }}"
LIST = f"query($kind: ImportKind) {{ importMappings(kind: $kind) {{ {SAVED} }} }}"
PREVIEW = (
    "query($id: ID!, $options: ImportOptions) { import(id: $id) { preview(options: $options) "
    f"{{ problems rows {{ outcome }} savedMapping {{ {SAVED} }} }} }} }}"
)


async def save(api: Api, import_id: str, name: str, **given: Any) -> Any:
    told = {"import": import_id, "name": name, "options": OPTIONS} | given
    return await api.admin.mutate("saveImportMapping", MAPPING, input=told)


async def proposed(api: Api, text: str) -> Any:
    import_id = await uploaded(api.admin, text)
    data = await api.admin.query(PREVIEW, id=import_id)
    return data["import"]["preview"]["savedMapping"]


async def names(api: Api, **variables: Any) -> list[str]:
    return [one["name"] for one in (await api.admin.query(LIST, **variables))["importMappings"]]


@on_both
async def test_the_next_file_with_the_same_header_is_proposed_the_mapping(api: Api) -> None:
    import_id = await uploaded(api.admin, FILE)
    data = await api.admin.query(PREVIEW, id=import_id)
    seen = data["import"]["preview"]
    assert seen["savedMapping"] is None and seen["problems"], "nobody has said what Plim is"
    saved = (await save(api, import_id, "  Plim & Sons ", options=OPTIONS))["mapping"]
    assert saved["name"] == "Plim & Sons"
    assert saved["columns"] == MAPPED
    assert (saved["decimal"], saved["lenient"], saved["encoding"]) == ("COMMA", True, None)
    assert saved.pop("user") is not None
    # A week later, as a colleague sees it: other rows, the same header.
    assert await proposed(api, HEADER + "B-7;Saw;9\nB-8;Axe;8\n") == saved
    assert await proposed(api, "Plom;Plim;Price\nSaw;B-7;9\n") is None, "another order"
    assert await proposed(api, "sku,name\nB-7,Saw\n") is None
    data = await api.admin.query(PREVIEW, id=import_id, options=OPTIONS)
    assert data["import"]["preview"]["rows"] == [{"outcome": "CREATED"}]
    later = (await save(api, import_id, "Another", options=OPTIONS | {"lenient": False}))["mapping"]
    found = await proposed(api, FILE)
    assert found["id"] == later["id"], "the one that was saved last"
    node = f'{{ node(id: "{saved["id"]}") {{ ... on SavedImportMapping {{ name }} }} }}'
    assert (await api.admin.query(node))["node"] == {"name": "Plim & Sons"}
    assert (await api.user.query(node))["node"] is None


@on_both
async def test_a_name_is_of_one_mapping_of_its_kind_and_is_changed_or_freed(api: Api) -> None:
    import_id = await uploaded(api.admin, FILE)
    first = (await save(api, import_id, "Straße"))["mapping"]
    refused = await save(api, import_id, "STRASSE")
    assert [one["code"] for one in refused["userErrors"]] == ["ALREADY_EXISTS"]
    assert refused["userErrors"][0]["field"] == ["input", "name"]
    again = await save(api, import_id, "STRASSE", replace=True, options={"kind": "ITEMS"})
    assert (again["mapping"]["id"], again["mapping"]["columns"]) == (first["id"], [])
    stock = {"kind": "STOCK", "stockMode": "ADD", "wide": True}
    other = (await save(api, import_id, "strasse", options=stock))["mapping"]
    assert (other["kind"], other["stockMode"], other["wide"]) == ("STOCK", "ADD", True)
    await save(api, import_id, "alpha")
    assert await names(api) == ["alpha", "STRASSE", "strasse"]
    assert await names(api, kind="STOCK") == ["strasse"]
    given = {"id": first["id"], "name": "Strasse"}
    renamed = await api.admin.mutate("renameImportMapping", MAPPING, input=given)
    assert renamed["mapping"]["name"] == "Strasse", "its own name in another case is free"
    given = {"id": first["id"], "name": "Alpha"}
    assert await api.admin.refusals("renameImportMapping", input=given) == ["ALREADY_EXISTS"]
    gone = await api.admin.mutate("deleteImportMapping", MAPPING, id=first["id"])
    assert gone["mapping"]["name"] == "Strasse"
    assert await names(api) == ["alpha", "strasse"]
    assert await api.admin.refusals("deleteImportMapping", id=first["id"]) == ["NOT_FOUND"]
    assert await api.admin.refusals("renameImportMapping", input=given) == ["NOT_FOUND"]


@on_both
async def test_what_cannot_be_saved_is_refused_and_leaves_nothing(
    api: Api, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = await uploaded(api.admin, FILE)
    bad = [{"field": "nonsense", "column": "Plim"}]
    before = await api.recorded()
    for code, field, given in (
        ("INVALID_INPUT", "name", {"name": " "}),
        ("INVALID_INPUT", "name", {"name": "x" * 101}),
        ("INVALID_INPUT", "name", {"name": "a\u0000b"}),
        ("INVALID_INPUT", "kind", {"options": {}}),
        ("INVALID_INPUT", "mapping", {"options": {"kind": "ITEMS", "mapping": bad}}),
        ("NOT_FOUND", "import", {"import": "4711"}),
    ):
        told = {"import": import_id, "name": "a", "options": OPTIONS} | given
        payload = await api.admin.mutate("saveImportMapping", MAPPING, input=told)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"][-1]) == (code, field), payload
    monkeypatch.setattr(mappings, "MAPPINGS_MAX", 0)
    refused = await save(api, import_id, "one too many")
    assert refused["userErrors"][0]["code"] == "INVALID_TRANSITION"
    monkeypatch.undo()
    assert await api.recorded() == before
    clock.advance(DAY_US / SECOND_US + 1)
    await api.services.of(FileImports).clean()
    refused = await save(api, import_id, "too late")
    assert refused["userErrors"][0]["code"] == "INVALID_TRANSITION", "its file is gone"
    assert await names(api) == []


@on_both
async def test_where_stock_goes_and_its_reference_are_kept(api: Api) -> None:
    import_id = await uploaded(api.admin, "Zack;Stk\nA;3\n")
    given = {"code": "DOCK", "name": "Dock"}
    payload = await api.admin.mutate("createLocation", "location { id }", input=given)
    dock = payload["location"]["id"]
    stock = {"kind": "STOCK", "stockMode": "ADD", "location": dock, "reference": " Plim Ltd "}
    told = {"import": import_id, "name": "Deliveries", "options": stock}
    fields = "mapping { reference location { id code } }"
    saved = await api.admin.mutate("saveImportMapping", fields, input=told)
    assert saved["mapping"] == {"reference": "Plim Ltd", "location": {"id": dock, "code": "DOCK"}}
    told = {"import": import_id, "name": "Else", "options": {"kind": "STOCK"}}
    saved = await api.admin.mutate("saveImportMapping", fields, input=told)
    assert saved["mapping"] == {"reference": None, "location": None}
    told["options"] = {"kind": "STOCK", "location": import_id}
    refused = await api.admin.mutate("saveImportMapping", fields, input=told)
    assert refused["userErrors"][0]["code"] == "NOT_FOUND"
    assert refused["userErrors"][0]["field"] == ["input", "options", "location"]


def test_a_mapping_of_the_version_before_places_reads_without_one() -> None:
    stored = '[[["sku","Plim"]],"ADD","cp1252",",","2",true,false,true]'
    read = SAVED_READING.decode(stored)
    assert (read.columns[0].column, read.mode, read.sheet, read.is_wide) == (
        "Plim",
        "ADD",
        "2",
        True,
    )
    assert (read.location_id, read.reference) == (None, "")


async def test_all_that_may_be_kept_is_listed_within_the_limit_of_cost(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = await uploaded(api.admin, FILE)
    for number in range(mappings.MAPPINGS_MAX):
        assert (await save(api, import_id, f"Supplier {number}"))["mapping"]
    assert len(await names(api)) == mappings.MAPPINGS_MAX
