"""Presence over HTTP, and as the schema's own subscription runs it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.clock import HeldClock
from graphql_api.errors import Unauthenticated
from graphql_api.presence import live
from graphql_api.presence.entries import Activity
from graphql_api.presence.live import LivePresence
from schema.context import Context
from tests.schema.api import Api

SHOWN = "itemId participants { user { id name } activity typing } lease { holder { name } token }"
WATCH = f"subscription {{ presenceChanged {{ {SHOWN} }} }}"


async def an_item(api: Api, sku: str = "A") -> str:
    payload = await api.admin.mutate(
        "createItem", "item { id }", input={"sku": sku, "name": f"Item {sku}"}
    )
    item_id: str = payload["item"]["id"]
    return item_id


async def at(api: Api, role: Role, item_id: str | None, **more: Any) -> Any:
    """setPresence over HTTP, which must go well."""
    payload = await api.caller(role).mutate(
        "setPresence", f"presence {{ {SHOWN} }}", input={"itemId": item_id, **more}
    )
    assert payload["userErrors"] == []
    return payload["presence"]


def names(presence: Any) -> list[str]:
    return [one["user"]["name"] for one in presence["participants"]]


async def test_over_http_presence_belongs_to_the_session_and_outlives_sockets(
    api: Api, clock: HeldClock
) -> None:
    item_id, other_id = await an_item(api), await an_item(api, "B")
    watcher = await api.socket(Role.VIEWER)
    await watcher.subscribe(WATCH)
    await api.subscribed(1)
    answered = await at(api, Role.USER, item_id, activity="EDITING", typing=True)
    assert answered == {
        "itemId": item_id,
        "participants": [
            {"user": {"id": "present-12", "name": "User"}, "activity": "EDITING", "typing": True}
        ],
        "lease": None,
    }
    assert await watcher.event() == answered
    passing = await api.socket(Role.USER)
    await passing.close()
    clock.advance(6)
    api.services.of(LivePresence).look()
    assert names(await watcher.event()) == ["User"]  # the typing has ended, nobody has left
    assert names(await at(api, Role.USER, other_id)) == ["User"]
    assert (await watcher.event())["itemId"] == other_id
    clock.advance(5)
    api.services.of(LivePresence).look()
    left = await watcher.event()
    assert (left["itemId"], names(left)) == (item_id, [])
    clock.advance(40)
    api.services.of(LivePresence).look()
    gone = await watcher.event()
    assert (gone["itemId"], names(gone)) == (other_id, [])


async def test_null_stands_for_nowhere_and_for_the_defaults(api: Api) -> None:
    item_id = await an_item(api)
    presence = await at(api, Role.USER, item_id, activity=None, typing=None)
    assert presence["participants"][0]["activity"] == "VIEWING"
    assert await at(api, Role.USER, None) is None
    assert await api.user.refusals("setPresence", input={"itemId": "no id"}) == ["NOT_FOUND"]
    assert await api.user.codes('{ presence(itemIds: ["no id", ""]) { itemId } }') == []


async def test_a_token_is_told_by_taking_only(api: Api) -> None:
    item_id = await an_item(api)
    payload = await api.user.mutate("takeEditLease", "lease { token }", itemId=item_id)
    assert payload["lease"]["token"]
    for caller in (api.user, api.admin):
        (told,) = (await caller.query(f'{{ presence(itemIds: ["{item_id}"]) {{ {SHOWN} }} }}'))[
            "presence"
        ]
        assert told["lease"] in (None, {"holder": {"name": "User"}, "token": None})
    assert await api.admin.refusals("takeEditLease", itemId=item_id) == ["LEASE_HELD"]


async def test_asking_for_what_is_not_there_costs_no_memory(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FORGET_AT", 10)
    for number in range(40):
        told = {"itemId": str(90_000 + number)}
        assert await api.user.refusals("setPresence", input=told) == ["NOT_FOUND"]
        await api.viewer.query(f'{{ presence(itemIds: ["{number}"]) {{ itemId }} }}')
    assert len(api.services.of(LivePresence)._audiences) <= 12


async def test_too_many_ids_are_refused(api: Api) -> None:
    query = "query($ids: [ID!]!) { presence(itemIds: $ids) { itemId } }"
    assert await api.viewer.codes(query, ids=[str(n) for n in range(101)]) == ["INVALID_INPUT"]
    assert await api.viewer.query(query, ids=["9"] * 100) == {"presence": []}


async def test_a_full_house_is_a_limit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    item_id = await an_item(api)
    monkeypatch.setattr(api.services.of(LivePresence)._presence, "_entries_max", 1)
    await at(api, Role.USER, item_id)
    await at(api, Role.USER, item_id)
    answer = await api.admin.try_mutate("setPresence", input={"itemId": item_id})
    assert answer.codes == ["LIMIT_EXCEEDED"]


def plain(result: Any) -> Any:
    """What a result tells, whose plain parts are JSON texts for orjson to put in."""
    return orjson.loads(orjson.dumps(result.data))["presenceChanged"]


async def test_the_schemas_own_subscription_gives_the_same(api: Api, clock: HeldClock) -> None:
    """For whoever runs the schema without our transport."""
    item_id = await an_item(api)
    await at(api, Role.USER, item_id)
    viewer = await api.services.of(Sessions).viewer_of(api.token(Role.VIEWER))
    stream: Any = await api.app.schema.subscribe(WATCH, context_value=Context(api.services, viewer))
    assert names(plain(await anext(stream))) == ["User"]
    clock.advance(1)
    user = await api.services.of(Sessions).viewer_of(api.token(Role.ADMIN))
    await api.services.of(LivePresence).set(user, None, int(item_id), Activity.EDITING, False)
    assert names(plain(await anext(stream))) == ["User", "Admin"]
    clock.advance(1)
    await api.services.of(Sessions).log_out(viewer.session_id)
    await at(api, Role.USER, item_id, typing=True)
    result = await anext(stream)
    assert isinstance(result.errors[0].original_error, Unauthenticated)
