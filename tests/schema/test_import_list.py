"""The list of imports: its pages, and what each entry says can be done with it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.imports import undo_blocks
from graphql_api.imports.file_imports import FileImports
from tests.conftest import KINDS
from tests.schema.api import Api
from tests.schema.test_imports import IMPORT, ended, start, uploaded
from tests.schema.test_pagination import walk

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

BLOCKER = "undoBlocker { reason message sentence { template values } }"
LISTED = f"nodes {{ id name status startable hasRejects user {{ name }} {BLOCKER} }}"


async def taken_over(api: Api, text: str, key: str) -> str:
    import_id = await uploaded(api.admin, text, f"{key}.csv")
    await start(api.admin, import_id, key, kind="ITEMS")
    assert (await ended(api.admin, import_id))["status"] == "DONE"
    return import_id


async def listed(api: Api) -> dict[str, Any]:
    """Entries by the names of their files."""
    data = await api.admin.query(f"{{ fileImports {{ {LISTED} }} }}")
    return {one["name"]: one for one in data["fileImports"]["nodes"]}


async def reason(api: Api, name: str) -> str | None:
    blocker = (await listed(api))[name]["undoBlocker"]
    return None if blocker is None else str(blocker["reason"])


@on_both
async def test_imports_are_walked_by_pages_newest_first_from_either_end(api: Api) -> None:
    files = api.services.of(FileImports)
    ids = [str(await files.begin_command("ITEMS", f"{number}.csv")) for number in range(5)]
    await files.begin("coming in.csv", None)
    newest_first = ids[::-1]
    assert await walk(api.admin, "fileImports(%s)", 2) == newest_first
    data = await api.admin.query(
        "{ fileImports(first: 2) { totalCount pageInfo { endCursor } } imports(first: 2) { id } }"
    )
    assert data["fileImports"]["totalCount"] == 5
    assert [one["id"] for one in data["imports"]] == newest_first[:2]
    after = data["fileImports"]["pageInfo"]["endCursor"]
    await files.begin_command("ITEMS", "meanwhile.csv")
    page = f'{{ fileImports(first: 2, after: "{after}") {{ nodes {{ id }} }} }}'
    found = (await api.admin.query(page))["fileImports"]["nodes"]
    assert [one["id"] for one in found] == newest_first[2:4], "none repeats, none is lost"
    page = "{ fileImports(last: 2) { nodes { id } pageInfo { hasPreviousPage } } }"
    data = await api.admin.query(page)
    assert [one["id"] for one in data["fileImports"]["nodes"]] == newest_first[-2:]
    assert data["fileImports"]["pageInfo"]["hasPreviousPage"] is True
    assert await api.admin.codes('{ fileImports(after: "x") { nodes { id } } }') == [
        "CURSOR_INVALID"
    ]
    assert await api.admin.codes("{ fileImports(first: 101) { nodes { id } } }") == [
        "INVALID_INPUT"
    ]
    assert await api.user.codes("{ fileImports { nodes { id } } }") == ["FORBIDDEN"]


@on_both
async def test_an_entry_says_whether_it_can_be_undone_and_undo_says_the_same(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await taken_over(api, "sku,name,initialStock\nA,One,5\nB,Two,0\n", "first")
    assert await reason(api, "first.csv") is None
    second = await taken_over(api, "sku,name\nB,Zwei\n", "second")
    assert await reason(api, "second.csv") is None
    await taken_over(api, "sku,name\nB,Zwei\n", "same")
    seen = await listed(api)
    assert seen["same.csv"]["undoBlocker"]["reason"] == "NOTHING_WRITTEN"
    assert seen["first.csv"]["undoBlocker"] == {
        "reason": "TOUCHED",
        "message": "1 of its items were touched since: B.",
        "sentence": {
            "template": "{count} of its items were touched since: {named}.",
            "values": {"count": 1, "named": "B"},
        },
    }
    refused = await api.admin.mutate("undoImport", IMPORT, id=first)
    assert [one["message"] for one in refused["userErrors"]] == [
        "1 of its items were touched since: B."
    ]
    payload = await api.admin.mutate("undoImport", f"import {{ {BLOCKER} }}", id=second)
    assert payload["import"]["undoBlocker"]["reason"] == "UNDONE"
    assert await reason(api, "first.csv") == "TOUCHED", "an undoing touches too"

    third = await taken_over(api, "sku,name,initialStock\nC,Three,4\nD,Four,0\n", "third")
    for most, name in ((1, "third.csv"), (0, "same.csv")):
        monkeypatch.setattr(undo_blocks, "UNDO_ITEMS_MAX", most)
        assert await reason(api, name) == ("TOO_LARGE" if most else "NOTHING_WRITTEN")
    refused = await api.admin.mutate("undoImport", IMPORT, id=third)
    assert "more than 0 items" in refused["userErrors"][0]["message"]
    monkeypatch.undo()
    monkeypatch.setattr(undo_blocks, "NAMED_MAX", 0)
    assert (await listed(api))["first.csv"]["undoBlocker"]["message"].endswith("and 1 more.")
    assert await reason(api, "third.csv") is None
    basket = [{"item": {"sku": "C"}, "quantity": 1}]
    given = {"idempotencyKey": "h", "lines": basket, "expiresInSeconds": 60}
    assert not (await api.admin.mutate("placeHold", input=given))["userErrors"]
    assert await reason(api, "third.csv") == "TOUCHED", "what is held is somebody's"


@on_both
async def test_an_entry_says_whether_it_can_be_started_and_has_rejects(
    api: Api, clock: HeldClock
) -> None:
    waiting = await uploaded(api.admin, "sku,name\nA,One\n", "waiting.csv")
    done = await taken_over(api, "sku,name,price\nB,Two,1\nC,Three,x\n", "done")
    seen = await listed(api)
    assert (seen["waiting.csv"]["startable"], seen["waiting.csv"]["hasRejects"]) == (True, False)
    assert (seen["done.csv"]["startable"], seen["done.csv"]["hasRejects"]) == (False, True)
    assert seen["done.csv"]["user"] is not None and seen["done.csv"]["id"] == done
    clock.advance(DAY_US / SECOND_US + 1)
    await api.services.of(FileImports).clean()
    seen = await listed(api)
    assert seen["waiting.csv"]["id"] == waiting
    assert (seen["waiting.csv"]["status"], seen["waiting.csv"]["startable"]) == ("CANCELLED", False)
    assert seen["done.csv"]["hasRejects"] is False, "they are kept for a day"
    assert await reason(api, "done.csv") is None, "what it wrote is known for ever"


async def test_many_imports_are_listed_at_once_within_the_limit_of_cost(api: Api) -> None:
    files = api.services.of(FileImports)
    await asyncio.gather(*(files.begin_command("ITEMS", f"{n}.csv") for n in range(100)))
    data = await api.admin.query(f"{{ fileImports(first: 100) {{ {LISTED} }} }}")
    assert len(data["fileImports"]["nodes"]) == 100
