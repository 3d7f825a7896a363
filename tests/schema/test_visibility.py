"""What exists for ADMIN only: hidden items with all that belongs to them, and costs.

The others' answers are searched as bytes: whatever field it came through, nothing of a hidden
item may be in them.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from graphql_api.accounts.roles import Role, Viewer
from schema.context import Context
from tests.conftest import KINDS
from tests.schema.api import USER_IDS, Api, Caller, Socket

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
OTHERS = [Role.USER, Role.VIEWER]

HIDDEN = {
    "sku": "SECRET-1",
    "name": "Secret thing",
    "barcode": "SECRETBARCODE",
    "category": "Secrets",
    "minStock": 20,
    "initialStock": 5,
    "visibility": "ADMINS",
}
OPEN = {"sku": "OPEN-1", "name": "Open thing", "minStock": 20, "initialStock": 5}

FRAGMENTS = """
fragment Item on InventoryItem { id sku name barcode cost }
fragment Movement on StockMovement {
  id reason item { ...Item movements(first: 4) { totalCount nodes { id reason } } }
}
fragment Alert on Alert { id title message itemId itemName item { ...Item } }
fragment All on InventoryItem {
  ...Item
  movements(first: 4) { totalCount nodes { ...Movement } edges { node { id } } }
  alerts(first: 4) { totalCount nodes { ...Alert } edges { node { id } } }
}
fragment Items on InventoryItemConnection {
  totalCount nodes { ...All } edges { node { ...Item } } pageInfo { hasNextPage endCursor }
}
fragment Movements on StockMovementConnection { totalCount nodes { ...Movement } }
fragment Alerts on AlertConnection { totalCount nodes { ...Alert } }
"""


def with_fragments(query: str) -> str:
    """The query and the fragments that it needs: an unused one would be an error."""
    text = FRAGMENTS
    parts = {part.split()[0]: f"fragment {part}" for part in text.split("fragment ")[1:]}
    needed: list[str] = []
    waiting = [query]
    while waiting:
        document = waiting.pop()
        for name, part in parts.items():
            if f"...{name} " in document and name not in needed:
                needed.append(name)
                waiting.append(part)
    return query + "".join(parts[name] for name in needed)


# Lists that have the hidden item and the open one in them, for whom both exist.
LISTS = {
    "items": "{ items(first: 9) { ...Items } }",
    "search": '{ items(first: 9, search: "thing") { ...Items } }',
    "by stock": "{ items(first: 9, orderBy: { by: STOCK, direction: DESC }) { ...Items } }",
    "deleted too": "{ items(first: 9, where: { includeDeleted: true }) { ...Items } }",
    "by status": "{ items(first: 9, where: { statuses: [LOW_STOCK] }) { ...Items } }",
    "movements": "{ stockMovements(first: 9) { ...Movements } }",
    "alerts": "{ alerts { ...Alerts } }",
    "live alerts": "{ alerts(where: { statuses: [OPEN] }) { ...Alerts } }",
}
# Questions that speak of the hidden item.
BY_NAME = {
    "item by id": "query($id: ID!) { item(ref: { id: $id }) { ...All } }",
    "item by sku": '{ item(ref: { sku: "secret-1" }) { ...All } }',
    "item by barcode": '{ item(ref: { barcode: "SECRETBARCODE" }) { ...All } }',
    "scan": '{ scan(code: "SECRETBARCODE") { item { ...All } factor } }',
    "scan of a SKU": '{ scan(code: "secret-1") { item { ...All } factor } }',
    "search": '{ items(first: 9, search: "secret") { ...Items } }',
    "exact sku": '{ items(first: 9, search: "secret-1") { ...Items } }',
    "exact barcode": '{ items(first: 9, search: "SECRETBARCODE") { ...Items } }',
    "suggestions": '{ items(first: 9, search: "secrte") { suggestions } }',
    "categories": '{ categories(prefix: "sec") { totalCount nodes { name } } }',
    "all categories": "{ categories { nodes { name } } }",
    "skus": '{ items(first: 9, where: { skus: ["secret-1"] }) { ...Items } }',
    "category": '{ items(first: 9, where: { categories: ["Secrets"] }) { ...Items } }',
    "movements by id": "query($id: ID!) { stockMovements(item: { id: $id }) { ...Movements } }",
    "movements by sku": '{ stockMovements(item: { sku: "SECRET-1" }) { ...Movements } }',
    "alerts by id": "query($id: ID!) { alerts(where: { itemIds: [$id] }) { ...Alerts } }",
}
STREAMS = {
    "inventoryUpdated": "item { ...All }",
    "alertRaised": "alert { ...Alert }",
    "alertChanged": "alert { ...Alert }",
}


async def stocked(api: Api, item: dict[str, Any]) -> str:
    """An item with a movement that says SECRET when it is the hidden one; its id."""
    made = await api.admin.mutate("createItem", "item { id }", input=item)
    ref = {"id": made["item"]["id"]}
    await api.admin.mutate(
        "adjustStock",
        input={
            "idempotencyKey": f"first {ref['id']}",
            "item": ref,
            "quantity": 1,
            "actionType": "RECEIPT",
            "reason": "SECRET" if item is HIDDEN else None,
        },
    )
    return str(ref["id"])


async def tells(caller: Caller, document: str, hidden_id: str) -> bool:
    """Whether the answer has anything of the hidden item."""
    variables = {"id": hidden_id} if "$id" in document else None
    answer = await caller.post(with_fragments(document), variables)
    assert not answer.errors, answer.errors
    text = orjson.dumps(answer.body).decode().lower()
    return "secret" in text or f'"{hidden_id}"' in text


@on_both
async def test_a_hidden_item_exists_in_no_query_but_an_admins(api: Api) -> None:
    hidden_id = await stocked(api, HIDDEN)
    await stocked(api, OPEN)
    for name, document in (LISTS | BY_NAME).items():
        assert await tells(api.admin, document, hidden_id), f"{name} finds nothing at all"
        for role in OTHERS:
            assert not await tells(api.caller(role), document, hidden_id), f"{name} as {role}"


@pytest.mark.parametrize("role", OTHERS)
async def test_counts_leave_hidden_items_out(api: Api, role: Role) -> None:
    await stocked(api, HIDDEN)
    await stocked(api, OPEN)
    counts = (
        '{ items { totalCount } found: items(search: "thing") { totalCount } '
        "stockMovements { totalCount } alerts { totalCount } }"
    )
    for caller, seen in ((api.admin, 2), (api.caller(role), 1)):
        data = await caller.query(counts)
        found = {name: part["totalCount"] for name, part in data.items()}
        assert found == {
            "items": seen, "found": seen, "stockMovements": 2 * seen, "alerts": seen
        }  # fmt: skip


@pytest.mark.parametrize("role", OTHERS)
async def test_pages_of_others_are_full_though_hidden_items_lie_between(
    api: Api, role: Role
) -> None:
    for number in range(6):
        fields = {"sku": f"N-{number}", "name": "n"}
        await api.admin.mutate(
            "createItem",
            input=fields | ({"visibility": "ADMINS"} if number % 2 else {}),
        )
    data = await api.caller(role).query(
        "{ items(first: 2) { nodes { sku } pageInfo { hasNextPage } } }"
    )
    assert [node["sku"] for node in data["items"]["nodes"]] == ["N-0", "N-2"]
    assert data["items"]["pageInfo"]["hasNextPage"]


async def test_nobody_else_can_change_a_hidden_item_or_learn_that_it_is_there(api: Api) -> None:
    hidden_id = await stocked(api, HIDDEN)
    alerts = await api.admin.query("{ alerts { nodes { id } } }")
    alert_id = alerts["alerts"]["nodes"][0]["id"]
    line = {"quantity": 1, "actionType": "RECEIPT"}
    refs = ({"id": hidden_id}, {"sku": "Secret-1"}, {"barcode": "SECRETBARCODE"})
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("updateItem", {"id": hidden_id, "name": "mine"}),
        ("updateItem", {"id": hidden_id, "expectedVersion": 77, "name": "mine"}),
        ("deleteItem", {"id": hidden_id}),
        ("snoozeAlert", {"id": alert_id, "until": "2099-01-01T00:00:00Z"}),
    ]
    for ref in refs:
        keyed = {"idempotencyKey": "new", "item": ref}
        batch = {"idempotencyKey": "new", "lines": [{"item": ref, **line}]}
        counted = {"item": ref, "stock": 1, "expectedStock": 6}
        counts = {"idempotencyKey": "new", "lines": [counted]}
        attempts += [
            ("adjustStock", {**keyed, **line}),
            ("setStock", {**keyed, "stock": 1, "expectedStock": 6}),
            ("transferStock", {**keyed, "quantity": 1, "from": "1", "to": "2"}),
            ("adjustStockBatch", batch),
            ("setStockBatch", counts),
        ]
    before = await api.recorded()
    for name in ("acknowledgeAlert", "resolveAlert"):
        assert await api.user.refusals(name, id=alert_id) == ["NOT_FOUND"], name
    for name, given in attempts:
        assert await api.user.refusals(name, input=given) == ["NOT_FOUND"], (name, given)
    assert await api.recorded() == before


async def test_only_an_admin_hides_items_and_shows_them_again(api: Api) -> None:
    item_id = await stocked(api, OPEN)
    hide = {"id": item_id, "visibility": "ADMINS"}
    assert await api.user.refusals("updateItem", input=hide) == ["FORBIDDEN"]
    assert await api.user.refusals("createItem", input=HIDDEN) == ["FORBIDDEN"]
    assert await api.admin.refusals("updateItem", input=hide) == []
    shown = {"id": item_id, "visibility": "EVERYONE"}
    assert await api.user.refusals("updateItem", input=shown) == ["NOT_FOUND"]
    assert await api.admin.refusals("updateItem", input=shown) == []
    assert (await api.user.query(f'{{ item(ref: {{ id: "{item_id}" }}) {{ sku }} }}'))["item"]


@on_both
async def test_what_is_hidden_later_is_gone_from_every_list(api: Api) -> None:
    """Its ended alerts too: they carry its name."""
    hidden_id = await stocked(api, HIDDEN | {"visibility": "EVERYONE"})
    await stocked(api, OPEN)
    await api.admin.mutate("updateItem", input={"id": hidden_id, "visibility": "ADMINS"})
    for name, document in (LISTS | BY_NAME).items():
        for role in OTHERS:
            assert not await tells(api.caller(role), document, hidden_id), f"{name} as {role}"


async def test_an_ended_alert_of_an_item_that_is_hidden_later_is_gone(api: Api) -> None:
    hidden_id = await stocked(api, HIDDEN | {"visibility": "EVERYONE"})
    await api.admin.mutate("updateItem", input={"id": hidden_id, "minStock": 0})
    await api.admin.mutate("updateItem", input={"id": hidden_id, "visibility": "ADMINS"})
    for role in OTHERS:
        data = await api.caller(role).query("{ alerts { totalCount nodes { itemName } } }")
        assert data["alerts"] == {"totalCount": 0, "nodes": []}


@pytest.mark.parametrize("name", ["adjustStockBatch", "transferStock"])
async def test_a_replay_does_not_tell_of_an_item_that_was_hidden_since(api: Api, name: str) -> None:
    item_id = await stocked(api, OPEN)
    shop = await api.admin.mutate(
        "createLocation", "location { id }", input={"code": "S", "name": "S"}
    )
    line = {"item": {"id": item_id}, "quantity": 1, "actionType": "RECEIPT"}
    command: dict[str, Any] = {"idempotencyKey": "mine"}
    if name == "adjustStockBatch":
        command["lines"] = [line]
    else:
        command |= {
            "item": {"id": item_id},
            "quantity": 1,
            "from": "1",
            "to": shop["location"]["id"],
        }
    assert await api.user.refusals(name, input=command) == []
    await api.admin.mutate("updateItem", input={"id": item_id, "visibility": "ADMINS"})
    assert await api.user.refusals(name, input=command) == ["NOT_FOUND"]


@on_both
async def test_events_of_a_hidden_item_reach_admins_only_live_and_in_replay(api: Api) -> None:
    start = (await api.user.query("{ syncCursor }"))["syncCursor"]
    live = {role: await api.socket(role) for role in Role}
    await follow_all(live, None)
    await api.subscribed(len(live) * len(STREAMS))
    hidden_id = await stocked(api, HIDDEN)
    await stocked(api, OPEN)
    await end(api)
    later = {role: await api.socket(role) for role in Role}
    await follow_all(later, start)
    for sockets in (live, later):
        assert "SECRET-1" in await heard(sockets[Role.ADMIN])
        for role in OTHERS:
            text = await heard(sockets[role])
            assert "OPEN-1" in text
            assert "secret" not in text.lower()
            assert f'"{hidden_id}"' not in text


async def test_hiding_an_item_hides_its_past_from_replays_too(api: Api) -> None:
    start = (await api.user.query("{ syncCursor }"))["syncCursor"]
    hidden_id = await stocked(api, HIDDEN | {"visibility": "EVERYONE"})
    await api.admin.mutate("updateItem", input={"id": hidden_id, "visibility": "ADMINS"})
    await stocked(api, OPEN)
    await end(api)
    sockets = {role: await api.socket(role) for role in Role}
    await follow_all(sockets, start)
    assert "SECRET-1" in await heard(sockets[Role.ADMIN])
    for role in OTHERS:
        text = await heard(sockets[role])
        assert "OPEN-1" in text
        assert "secret" not in text.lower()


async def follow_all(sockets: dict[Role, Socket], after: str | None) -> None:
    """All streams on each socket, after the cursor; None: from now on."""
    for socket in sockets.values():
        for name, selection in STREAMS.items():
            query = f"subscription($after: Cursor) {{ {name}(after: $after) {{ {selection} }} }}"
            await socket.subscribe(with_fragments(query), id=name, after=after)


async def end(api: Api) -> None:
    """A last event for each stream, which `heard` waits for."""
    await api.admin.mutate("createItem", input={"sku": "END", "name": "End", "minStock": 1})
    change = {"item": {"sku": "END"}, "quantity": 5, "actionType": "RECEIPT"}
    await api.admin.mutate("adjustStock", input={"idempotencyKey": "end", **change})


async def heard(socket: Socket) -> str:
    """All that arrives up to the end of every stream, as text."""
    messages: list[Any] = []
    ended: set[str] = set()
    while ended != set(STREAMS):
        message = await socket.next()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        messages.append(message)
        if "End" in str(message):
            ended.add(message["id"])
    return orjson.dumps(messages).decode()


@pytest.mark.parametrize("role", Role)
async def test_what_is_loaded_for_others_has_no_hidden_item_in_it(api: Api, role: Role) -> None:
    """Whatever field once leads to an item that its reader may not know of: it finds nothing."""
    hidden_id = int(await stocked(api, HIDDEN))
    context = Context(api.services, Viewer(USER_IDS[role], 0, role, 0))
    item = await context.loaders.item.load(hidden_id)
    assert (item is not None) is (role is Role.ADMIN)


# ---- costs -----------------------------------------------------------------------------------

COST = "12.3456"
COST_QUERIES = {
    "item": '{ item(ref: { sku: "C" }) { cost } }',
    "items": "{ items { nodes { cost } edges { node { cost } } } }",
    "movements": "{ stockMovements { nodes { item { cost } } } }",
    "items' movements": "{ items { nodes { movements { nodes { item { cost } } } } } }",
    "items' alerts": "{ items { nodes { alerts { nodes { item { cost } } } } } }",
    "alerts": "{ alerts { nodes { item { cost } } } }",
}


@pytest.mark.parametrize("role", Role)
async def test_cost_is_null_for_all_but_admin_in_queries_and_payloads(api: Api, role: Role) -> None:
    fields = {"sku": "C", "name": "c", "cost": COST, "initialStock": 5, "minStock": 9}
    await api.admin.mutate("createItem", input=fields)
    caller = api.caller(role)
    for name, document in COST_QUERIES.items():
        text = orjson.dumps(await caller.query(document)).decode()
        assert '"cost"' in text
        assert (COST in text) is (role is Role.ADMIN), name
    if role is Role.VIEWER:
        return
    change = {"idempotencyKey": "k", "item": {"sku": "C"}, "quantity": 1, "actionType": "RECEIPT"}
    selection = "item { cost } movement { item { cost } }"
    for _ in ("done", "replayed"):
        told = await caller.mutate("adjustStock", selection, input=change)
        expected = COST if role is Role.ADMIN else None
        assert told["item"]["cost"] == told["movement"]["item"]["cost"] == expected


async def test_cost_is_null_for_all_but_admin_in_events_live_and_replayed(api: Api) -> None:
    start = (await api.user.query("{ syncCursor }"))["syncCursor"]
    document = (
        "subscription($after: Cursor) { inventoryUpdated(after: $after) { item { sku cost } } }"
    )
    live = {role: await api.socket(role) for role in Role}
    for socket in live.values():
        await socket.subscribe(document)
    await api.subscribed(len(live))
    await api.admin.mutate("createItem", input={"sku": "C", "name": "c", "cost": COST})
    replayed = {role: await api.socket(role) for role in Role}
    for socket in replayed.values():
        await socket.subscribe(document, after=start)
    for sockets in (live, replayed):
        for role, socket in sockets.items():
            expected = COST if role is Role.ADMIN else None
            assert (await socket.event())["item"] == {"sku": "C", "cost": expected}, role


async def test_only_an_admin_sets_the_cost(api: Api) -> None:
    before = await api.recorded()
    for given in ("1", None):
        codes = await api.user.refusals("updateItem", input={"id": "9", "cost": given})
        assert codes == ["FORBIDDEN"]
    created = await api.user.refusals("createItem", input={"sku": "A", "name": "A", "cost": "1"})
    assert created == ["FORBIDDEN"]
    assert await api.recorded() == before


@pytest.mark.parametrize("given", [{"sku": "secret-1"}, {"barcode": "SECRETBARCODE"}], ids=str)
async def test_that_a_hidden_item_has_it_is_told_to_admin_alone(
    api: Api, given: dict[str, str]
) -> None:
    hidden = (await api.admin.mutate("createItem", "item { id }", input=HIDDEN))["item"]["id"]
    new = {"sku": "NEW", "name": "New", **given}
    messages = {}
    for role in (Role.ADMIN, Role.USER):
        payload = await api.caller(role).mutate("createItem", input=new)
        (error,) = payload["userErrors"]
        assert error["code"] == "ALREADY_EXISTS"
        messages[role] = error["message"]
    assert hidden in messages[Role.ADMIN]
    assert hidden not in messages[Role.USER]
    assert HIDDEN["sku"] not in messages[Role.USER]
