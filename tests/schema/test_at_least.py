"""Reads that are at least as new as a cursor, answers that tell one, and validators over GET."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import pytest

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.delivery import seen
from graphql_api.delivery.hub import Hub
from graphql_api.events.cursor import Cursor, decode_cursor
from graphql_api.process import open_services
from graphql_api.settings import Settings
from tests.builders import make_item, move
from tests.conftest import KINDS
from tests.schema.api import Answer, Api, Socket, running

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
STOCKS = "{ items(first: 5) { nodes { stock } } }"
ADJUST = """mutation($key: String!, $id: ID!) {
  adjustStock(input: {idempotencyKey: $key, item: {id: $id}, quantity: 1, actionType: RECEIPT}) {
    cursor userErrors { code }
  }
}"""


def stock_of(answer: Answer) -> int:
    stock: int = answer.data["items"]["nodes"][0]["stock"]
    return stock


async def head(api: Api) -> Cursor:
    return (await api.services.log.head()).cursor


@on_both
async def test_a_read_sees_what_another_process_wrote_before_its_cursor(
    settings: Settings, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub hears nothing by itself: no hint of a broker, and its watchdog sleeps."""
    monkeypatch.setattr(Hub, "hint", lambda _: None)
    monkeypatch.setattr("graphql_api.delivery.hub.WATCHDOG_S", 3_600.0)
    async with running(settings, clock) as api, open_services(settings, clock=clock) as other:
        item = await make_item(api.services)
        for _ in range(3):
            await api.admin.query(STOCKS)
        cursor = (await move(other, item, 5)).cursor.encode()
        assert stock_of(await api.admin.post(STOCKS)) == 10  # as old as its hub: it is kept
        body = orjson.dumps({"query": STOCKS})
        assert stock_of(await api.admin.send(body, at_least=cursor)) == 15
        assert stock_of(await api.admin.post(STOCKS)) == 15  # and never goes back
        cursor = (await move(other, item, 5)).cursor.encode()
        answer = await api.admin.post(STOCKS, extensions={"atLeast": cursor})
        assert stock_of(answer) == 20
        cursor = (await move(other, item, 5)).cursor.encode()
        told = (await (await _asked_over_socket(api, STOCKS, cursor)).next())["payload"]
        assert told["data"] == {"items": {"nodes": [{"stock": 25}]}}


async def test_a_process_never_tells_what_is_older_than_what_it_told(
    settings: Settings, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process's change is read before the hub hears of it: what was kept has ended then,
    for other queries too."""
    monkeypatch.setattr("graphql_api.delivery.hub.WATCHDOG_S", 3_600.0)
    async with running(settings, clock) as api, open_services(settings, clock=clock) as other:
        item = await make_item(api.services)
        kept, fresh = STOCKS, '{ item(ref: {sku: "SKU-1"}) { stock suggestedQuantity } }'
        for _ in range(2):
            await api.admin.query(kept)
        await move(other, item, 5)
        assert stock_of(await api.admin.post(kept)) == 10
        assert (await api.admin.query(fresh))["item"]["stock"] == 15
        assert stock_of(await api.admin.post(kept)) == 15


async def test_a_write_of_this_process_is_seen_also_behind_a_hole_in_what_it_heard(
    settings: Settings, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.delivery.hub.WATCHDOG_S", 3_600.0)
    async with running(settings, clock) as api, open_services(settings, clock=clock) as other:
        item = await make_item(api.services)
        for _ in range(2):
            await api.admin.query(STOCKS)
        await make_item(other, "SKU-2")  # not heard of
        await move(api.services, item, 5)  # so this is not delivered at once
        assert stock_of(await api.admin.post(STOCKS)) == 15


async def _hear_nothing(_: Hub) -> None:
    """The log cannot be read."""


@pytest.mark.parametrize("at", ["header", "extension", "socket"])
async def test_a_cursor_that_cannot_be_honoured_is_refused_in_words(
    settings: Settings, clock: HeldClock, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hub, "_backfill", _hear_nothing)
    monkeypatch.setattr(seen, "AT_LEAST_S", 0.0)
    async with running(settings, clock) as api, open_services(settings, clock=clock) as other:
        codes = partial(_refused, api, at)
        now = await head(api)
        assert await codes("nonsense") == ["CURSOR_INVALID"]
        assert at == "header" or await codes(7) == ["CURSOR_INVALID"]
        assert await codes(replace(now, epoch="00" * 8).encode()) == ["EPOCH_CHANGED"]
        assert await codes(replace(now, position=9).encode()) == ["EPOCH_CHANGED"]
        await make_item(other)
        now = await head(api)
        assert await codes(now.encode()) == ["UNAVAILABLE"]
        body = orjson.dumps({"query": STOCKS})
        answer = await api.admin.send(body, at_least=now.encode())
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("is_in_memory", [True, False])
async def test_a_cursor_of_another_history_is_refused_also_where_its_place_was_passed(
    api: Api, is_in_memory: bool
) -> None:
    """A restored backup keeps its epoch, and gives out the same positions again."""
    item = await make_item(api.services)
    told = [(await move(api.services, item, 1)).cursor for _ in range(3)]
    if not is_in_memory:
        api.services.hub._forget_ring()
    for at in ("header", "extension", "socket"):
        for cursor in told:
            forged = replace(cursor, witness_us=cursor.witness_us + 1).encode()
            assert await _refused(api, at, forged) == ["EPOCH_CHANGED"]
            before = replace(cursor, epoch="00" * 8).encode()
            assert await _refused(api, at, before) == ["EPOCH_CHANGED"]
    for cursor in told:
        body = orjson.dumps({"query": STOCKS})
        assert not (await api.admin.send(body, at_least=cursor.encode())).errors


async def test_a_body_with_a_cursor_is_judged_each_time(api: Api) -> None:
    """Else it would be known by its bytes, and answered also when its log is another one."""
    await make_item(api.services)
    body = {"query": STOCKS, "extensions": {"atLeast": (await head(api)).encode()}}
    for _ in range(4):
        assert not (await api.admin.send(orjson.dumps(body))).errors
    assert api.app.backend is not None
    assert api.app.backend.reads.known(orjson.dumps(body)) is None


async def _refused(api: Api, at: str, cursor: Any) -> list[str]:
    """The codes of a read that asks for this cursor."""
    if at == "header":
        return (await api.admin.send(orjson.dumps({"query": STOCKS}), at_least=cursor)).codes
    if at == "extension":
        return (await api.admin.post(STOCKS, extensions={"atLeast": cursor})).codes
    return await (await _asked_over_socket(api, STOCKS, cursor)).refusal()


async def _asked_over_socket(api: Api, query: str, cursor: Any, **variables: str) -> Socket:
    socket = await api.socket(Role.USER)
    payload = {"query": query, "variables": variables, "extensions": {"atLeast": cursor}}
    await socket.send({"id": "1", "type": "subscribe", "payload": payload})
    return socket


async def test_a_mutation_tells_the_cursor_that_its_changes_are_up_to(api: Api) -> None:
    item = await make_item(api.services)
    answer = await api.admin.post(ADJUST, {"key": "a", "id": str(item.id)})
    told = decode_cursor(answer.body["extensions"]["cursor"])
    assert told == await head(api) == decode_cursor(answer.data["adjustStock"]["cursor"])
    assert answer.body["extensions"].keys() == {"cost", "cursor"}
    socket = await _asked_over_socket(api, ADJUST, None, key="b", id=str(item.id))
    told = decode_cursor((await socket.next())["payload"]["extensions"]["cursor"])
    assert told == await head(api)
    assert "cursor" not in (await api.admin.post(STOCKS)).body["extensions"]


async def by_get(api: Api, query: str, **headers: str) -> Any:
    given = {"authorization": f"Bearer {api.token(Role.ADMIN)}", "accept": "application/json"}
    told = given | {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.http.get("/graphql", params={"query": query}, headers=told)


async def test_a_kept_answer_by_get_has_a_strong_validator(api: Api) -> None:
    item = await make_item(api.services)
    first = await by_get(api, STOCKS)
    tag = first.headers["etag"]
    assert tag.startswith('"') and first.headers["cache-control"] == "private, no-cache"
    for told in (tag, f'"other", W/{tag}', "*"):
        same = await by_get(api, STOCKS, if_none_match=told)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert same.headers["vary"] == "accept, authorization"
    assert (await by_get(api, STOCKS, if_none_match='"other"')).status_code == 200
    graphql = await by_get(api, STOCKS, accept="application/graphql-response+json")
    assert graphql.content == first.content and graphql.headers["etag"] != tag
    await move(api.services, item, 1)
    changed = await by_get(api, STOCKS, if_none_match=tag)
    assert changed.status_code == 200 and changed.headers["etag"] != tag


@pytest.mark.parametrize("query", ["{ viewer { email } }", "{ items(first: 0) { totalCount } }"])
async def test_what_is_not_kept_is_not_stored_by_anybody(api: Api, query: str) -> None:
    answer = await by_get(api, query)
    assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers


async def test_two_cursors_in_the_header_are_none(api: Api) -> None:
    """Each might be looked up, and waited for: a request's head has room for hundreds."""
    cursor = (await head(api)).encode()
    lines = [("authorization", f"Bearer {api.admin.token}"), *[("at-least", cursor)] * 2]
    answer = await api.http.post("/graphql", json={"query": STOCKS}, headers=lines)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "CURSOR_INVALID"
