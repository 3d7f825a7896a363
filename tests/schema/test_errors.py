"""What goes wrong inside is told under an id that stands in the log too, and nothing else of it."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.errors import Unavailable
from graphql_api.events.cursor import decode_cursor
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import Items
from graphql_api.notifications.notifications import Notifications
from schema import item_fields as item_types
from tests.builders import make_item
from tests.schema.api import Answer, Api

SECRET = "the table user_account has 3 rows"


class Broken(Exception):
    """A fault that nobody foresaw."""


async def broken(*_: Any, **__: Any) -> Any:
    raise Broken(SECRET)


def assert_masked(errors: list[dict[str, Any]], caplog: pytest.LogCaptureFixture) -> None:
    """One error that says nothing but an id, which the log has, with all of it."""
    (error,) = errors
    extensions = error["extensions"]
    assert extensions["code"] == "INTERNAL_SERVER_ERROR"
    assert set(extensions) == {"code", "errorId"}
    assert extensions["errorId"] in error["message"]
    assert SECRET not in str(errors)
    assert "Broken" not in str(errors)
    (record,) = [
        record for record in caplog.records if extensions["errorId"] in record.getMessage()
    ]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], Broken)
    assert record.levelno == logging.ERROR
    caplog.clear()


@pytest.mark.parametrize(
    ("owner", "method", "query"),
    [
        (Catalogue, "rows_of_page", "{ items { nodes { id } } }"),
        (Catalogue, "find", '{ item(ref: { sku: "A" }) { id } }'),
        (Notifications, "page", "{ notifications { nodes { id } } }"),
        (Items, "create", 'mutation { createItem(input: { sku: "A", name: "A" }) { __typename } }'),
    ],
)
async def test_a_fault_in_a_use_case_is_masked_over_http_and_over_a_socket(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    owner: type,
    method: str,
    query: str,
) -> None:
    monkeypatch.setattr(owner, method, broken)
    answer = await api.admin.post(query)
    assert answer.status == 200
    assert_masked(answer.errors, caplog)
    socket = await api.socket(Role.ADMIN)
    await socket.subscribe(query)
    message = await socket.next()
    assert_masked(message["payload"]["errors"], caplog)


async def test_a_fault_in_a_loader_is_masked_for_each_field_that_needed_it(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await make_item(api.services)
    monkeypatch.setattr(Catalogue, "levels", broken)
    answer = await api.admin.post("{ items { nodes { sku levels { quantity } } } }")
    assert answer.data is None
    assert_masked(answer.errors, caplog)


async def test_a_fault_while_rendering_an_event_is_masked_and_the_stream_goes_on(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    item = await make_item(api.services)
    socket = await api.socket(Role.ADMIN)
    await socket.subscribe(
        "subscription { inventoryUpdated { item { sku alerts { totalCount } } } }"
    )
    await api.subscribed(1)
    with monkeypatch.context() as patched:
        patched.setattr(item_types, "item_alerts", broken)
        await api.admin.mutate("updateItem", input={"id": str(item.id), "name": "B"})
        message = await socket.next()
        assert message["type"] == "next"
        assert_masked(message["payload"]["errors"], caplog)
    await api.admin.mutate("updateItem", input={"id": str(item.id), "name": "C"})
    assert (await socket.event())["item"]["sku"] == item.sku


async def test_a_fault_outside_of_any_field_is_masked(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(api.services.log), "head", broken)
    answer = await api.admin.post("{ syncCursor }")
    assert_masked(answer.errors, caplog)
    socket = await api.socket(Role.ADMIN)
    await socket.subscribe("{ syncCursor }")
    assert_masked((await socket.next())["payload"], caplog)
    monkeypatch.setattr(type(api.services.of(Sessions)), "viewer_of", broken)
    answer = await api.admin.post("{ viewer { id } }")
    assert answer.status == 500
    assert SECRET not in str(answer.body)
    assert answer.codes == ["INTERNAL_SERVER_ERROR"]
    assert any(SECRET in str(record.exc_info) for record in caplog.records)


async def test_a_fault_does_not_spoil_the_fields_beside_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Catalogue, "find", broken)
    answer = await api.admin.post('{ viewer { email } item(ref: { sku: "A" }) { id } }')
    assert answer.data == {"viewer": {"email": "admin@example.com"}, "item": None}
    assert answer.codes == ["INTERNAL_SERVER_ERROR"]
    assert answer.errors[0]["path"] == ["item"]


async def test_a_server_that_is_closing_says_so_by_code(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def closing(*_: Any) -> Any:
        raise Unavailable("The server is closing; try again on the next connection.")

    monkeypatch.setattr(Items, "create", closing)
    answer = await api.admin.try_mutate("createItem", input={"sku": "A", "name": "A"})
    assert answer.codes == ["UNAVAILABLE"]
    assert caplog.records == []


REFUSALS = [
    "{ viewer { id }",
    "{ nonsense }",
    "{ items(first: 0) { totalCount } }",
    '{ items(after: "x") { totalCount } }',
    "{ items(first: 100) { nodes { movements(first: 100) { nodes { id } } } } }",
    "query($x: Int!) { items(first: $x) { totalCount } }",
    'mutation { deleteItem(input: { id: "9" }) { userErrors { code } } }',
    'mutation { login(input: { email: "a", password: "b" }) { userErrors { code } } }',
    'mutation { createItem(input: { sku: "", name: "" }) { userErrors { code } } }',
]


async def test_what_is_refused_is_no_fault_and_leaves_no_traceback(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    socket = await api.socket(Role.VIEWER)
    for query in [*REFUSALS, "{ ledgerCheck { ok } }"]:
        for caller in (api.admin, api.viewer, api.nobody):
            answer: Answer = await caller.post(query)
            assert "INTERNAL_SERVER_ERROR" not in answer.codes
        await socket.subscribe(query)
        while (await socket.next())["type"] == "next":
            pass
    for after in ("x", "", "A" * 100):
        await socket.subscribe(
            "subscription($a: Cursor) { alertRaised(after: $a) { cursor } }", a=after
        )
        assert await socket.refusal() == ["CURSOR_INVALID"]
    others = ("httpx", "asyncio", "graphql_api.accounts.failures")  # the last has a line for each
    ours = [record for record in caplog.records if not record.name.startswith(others)]
    assert not any(record.exc_info for record in caplog.records)
    assert [record.getMessage() for record in ours if record.exc_info] == []
    assert [record.getMessage() for record in ours if record.levelno >= logging.WARNING] == []


# ---- syncCursor --------------------------------------------------------------------------------


async def test_the_sync_cursor_is_read_before_anything_else_in_the_operation(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that is committed while the operation runs comes after its cursor: it may be in
    the data already, and the subscription brings it all the same. Never the other way round."""
    page = Catalogue.rows_of_page

    async def page_after_a_change(self: Catalogue, *arguments: Any) -> Any:
        await make_item(api.services, f"NEW-{await api.head()}")
        return await page(self, *arguments)

    for query in (
        "{ items { nodes { sku } } syncCursor }",
        "{ syncCursor items { nodes { sku } } }",
        "query A { ...F } fragment F on Query { items { nodes { sku } } later: syncCursor }",
    ):
        before = await api.head()
        with monkeypatch.context() as patched:
            patched.setattr(Catalogue, "rows_of_page", page_after_a_change)
            data = await api.admin.query(query)
        cursor = decode_cursor(data.get("syncCursor") or data["later"])
        assert cursor.position == before
        assert await api.head() > before
        assert f"NEW-{before}" in orjson.dumps(data).decode(), "the change was seen already"


async def test_query_then_subscribe_after_its_cursor_leaves_no_hole(api: Api) -> None:
    await make_item(api.services, "A")
    data = await api.user.query("{ syncCursor items { nodes { sku } } }")
    await make_item(api.services, "B")
    socket = await api.socket(Role.USER)
    await socket.subscribe(
        "subscription($after: Cursor) { inventoryUpdated(after: $after) { cursor item { sku } } }",
        after=data["syncCursor"],
    )
    assert (await socket.event())["item"]["sku"] == "B"
    await make_item(api.services, "C")
    event = await socket.event()
    assert event["item"]["sku"] == "C"
    assert event["cursor"] == (await api.user.query("{ syncCursor }"))["syncCursor"]


async def test_a_mutations_cursor_is_its_own_event(api: Api) -> None:
    socket = await api.socket(Role.USER)
    await socket.subscribe("subscription { inventoryUpdated { cursor type item { id version } } }")
    await api.subscribed(1)
    made = await api.user.mutate(
        "createItem", "cursor item { id version }", input={"sku": "A", "name": "A"}
    )
    assert await socket.event() == {
        "cursor": made["cursor"], "type": "CREATED", "item": made["item"]
    }  # fmt: skip
    change = {"idempotencyKey": "k", "item": {"sku": "A"}, "quantity": 2, "actionType": "RECEIPT"}
    moved = await api.user.mutate(
        "adjustStock", "cursor replayed item { id version }", input=change
    )
    assert (await socket.event())["cursor"] == moved["cursor"]
    again = await api.user.mutate(
        "adjustStock", "cursor replayed item { id version }", input=change
    )
    assert again == {**moved, "replayed": True}
