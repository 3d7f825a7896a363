"""Objects by their ids alone, pages from the far end, and what a user says to whom."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.attachments.attachments import Attachments
from graphql_api.attachments.commands import AddAttachment, NewFile
from graphql_api.imports.file_imports import FileImports
from graphql_api.imports.mappings import ImportMappings, SaveMapping
from graphql_api.imports.starting import ITEMS, Wanted
from graphql_api.notifications.notifications import Message, Notifications, NotificationType
from tests.builders import MAIN, make_item, move
from tests.conftest import KINDS
from tests.holds.making import done, place, units
from tests.schema.api import SESSIONS, USER_IDS, Api, Caller, Socket, email_of

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def one_of_each(api: Api) -> dict[str, int]:
    """An id of each type that implements Node, all of what everybody may see or ADMIN's own."""
    services = api.services
    item = await make_item(services, "SEEN", min_stock=50)
    result = await move(services, item, -1)
    (alert,) = await services.of(AlertListing).page(AlertFilter(), True, 1, None)
    message = Message(NotificationType.INFO, "t", "m", None, USER_IDS[Role.ADMIN], None)
    notification = await services.of(Notifications).send(message)
    hold = (await done(services, place(units(item, 1)))).hold
    admin = USER_IDS[Role.ADMIN]
    attachments = services.of(Attachments)
    file_id = await attachments.make_room(NewFile("s", "k", "text/plain", 1, 1, None, None))
    command = AddAttachment("", item.id, "a.txt", "s", file_id, admin, True)
    files = services.of(FileImports)
    upload_id = await files.begin("a.csv", admin)
    await files.put(upload_id, 0, b"sku,name\n")
    await files.close(upload_id, 9)
    keep = SaveMapping(upload_id, "a", Wanted(ITEMS), False, admin)
    return {
        "SavedImportMapping": (await services.of(ImportMappings).save(keep)).id,
        "Attachment": (await attachments.add(command)).attachment.id,
        "InventoryItem": item.id,
        "StockMovement": result.movements[0].id,
        "Alert": alert.id,
        "Notification": notification.id,
        "Hold": hold.id,
        "FileImport": upload_id,
        "Location": MAIN,
        "User": admin,
        "Session": admin + SESSIONS,
    }


async def types_of(caller: Caller, ids: list[Any]) -> list[str | None]:
    found = (await caller.query(NODES, ids=[str(node_id) for node_id in ids]))["nodes"]
    assert [node["id"] for node in found if node] == [
        str(node_id) for node_id, node in zip(ids, found, strict=True) if node
    ]
    return [node and node["__typename"] for node in found]


@on_both
async def test_every_type_of_node_is_found_by_its_id_and_only_as_itself(api: Api) -> None:
    known = await one_of_each(api)
    interface: Any = api.app.schema.core.get_type("Node")
    implementing = {type_.name for type_ in api.app.schema.core.get_possible_types(interface)}
    assert implementing == set(known)
    assert await types_of(api.admin, list(known.values())) == list(known)
    for name, node_id in known.items():
        data = await api.admin.query(
            "query($id: ID!) { node(id: $id) { __typename id } }", id=str(node_id)
        )
        assert data["node"] == {"__typename": name, "id": str(node_id)}


async def test_nodes_come_in_the_order_asked_for_with_null_for_what_is_not_there(api: Api) -> None:
    known = await one_of_each(api)
    item, alert = known["InventoryItem"], known["Alert"]
    asked = [alert, 999_999, item, "no id", "-1", alert, "present-11", 0, "9" * 30]
    assert await types_of(api.admin, asked) == [
        "Alert", None, "InventoryItem", None, None, "Alert", None, None, None,
    ]  # fmt: skip
    assert await types_of(api.admin, []) == []
    assert len(await types_of(api.admin, [item] * 100)) == 100
    assert await api.admin.codes(NODES, ids=[str(item)] * 101) == ["INVALID_INPUT"]


async def test_an_id_answers_nothing_to_who_may_not_see_its_object(api: Api) -> None:
    known = await one_of_each(api)
    hidden = await make_item(api.services, "SECRET", min_stock=50, admins_only=1)
    moved = await move(api.services, hidden, -1)
    (alert, *_) = await api.services.of(AlertListing).page(AlertFilter(), True, 1, None)
    secret = {
        "item": hidden.id, "movement": moved.movements[0].id, "alert": alert.id,
        "notification": known["Notification"], "user": known["User"], "session": known["Session"],
    }  # fmt: skip
    assert None not in await types_of(api.admin, list(secret.values()))
    for caller in (api.user, api.viewer):
        assert await types_of(caller, list(secret.values())) == [None] * len(secret)
        for field, key in (
            ("alert", "alert"), ("stockMovement", "movement"), ("notification", "notification"),
        ):  # fmt: skip
            query = f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}"
            assert await caller.query(query, id=str(secret[key])) == {field: None}
            assert (await api.admin.query(query, id=str(secret[key])))[field] is not None
    own = USER_IDS[Role.VIEWER]
    assert await types_of(api.viewer, [own, own + SESSIONS]) == ["User", "Session"]


async def test_nodes_cost_what_they_ask_for(api: Api) -> None:
    selection = "{ id ... on InventoryItem { movements(first: 100) { nodes { item { id } } } } }"
    literal = f'{{ nodes(ids: ["1"]) {selection} }}'
    assert await api.admin.codes(literal) == []
    variable = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {selection} }}"
    assert await api.admin.codes(variable, ids=["1"]) == []
    assert await api.admin.codes(variable, ids=["1"] * 100) == ["LIMIT_EXCEEDED"]


async def test_me_is_who_asks(api: Api) -> None:
    for role in Role:
        data = await api.caller(role).query("{ me { id email role } viewer { id email role } }")
        assert data["me"] == data["viewer"]
        assert data["me"]["email"] == email_of(role)


# ---- pages from the far end ------------------------------------------------------------------

LISTS = {
    "items": "items(%s)",
    "items by stock": "items(orderBy: { by: STOCK, direction: DESC }, %s)",
    "stockMovements": "stockMovements(%s)",
    "alerts": "alerts(%s)",
    "notifications": "notifications(%s)",
    "users": "users(%s)",
    "sessions": "sessions(%s)",
}
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


async def page(caller: Caller, part: str, arguments: str) -> tuple[list[str], dict[str, Any]]:
    data = await caller.query(f"{{ page: {part % arguments} {{ nodes {{ id }} {INFO} }} }}")
    return [node["id"] for node in data["page"]["nodes"]], data["page"]["pageInfo"]


@on_both
async def test_a_list_is_walked_backwards_as_forwards(api: Api) -> None:
    for number in range(4):
        item = await make_item(
            api.services, f"S{number}", min_stock=50, initial_stock=1 + number % 3
        )
        message = Message(NotificationType.INFO, "t", f"m {number}", None, None, None)
        await api.services.of(Notifications).send(message)
    by_item = f'item(ref: {{ id: "{item.id}" }})'
    for name, part in LISTS.items():
        everything, _ = await page(api.admin, part, "first: 100")
        assert len(everything) > 2, name
        found: list[str] = []
        before = ""
        while True:
            ids, info = await page(api.admin, part, f"last: 2{before}")
            assert len(ids) <= 2
            assert info["hasNextPage"] is bool(before)
            found = ids + found
            if not info["hasPreviousPage"]:
                break
            before = f', before: "{info["startCursor"]}"'
        assert found == everything, name
        _, info = await page(api.admin, part, "first: 1")
        _, end = await page(api.admin, part, "last: 1")
        between = f'after: "{info["endCursor"]}", before: "{end["startCursor"]}"'
        assert (await page(api.admin, part, between))[0] == everything[1:-1], name
    nested = await api.admin.query(
        f"{{ {by_item} {{ movements(last: 1) {{ nodes {{ id }} }} alerts(last: 1) "
        "{ nodes { id } } all: movements { nodes { id } } } }"
    )
    assert nested["item"]["movements"]["nodes"] == nested["item"]["all"]["nodes"][-1:]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("last: 0", "INVALID_INPUT"),
        ("last: 101", "INVALID_INPUT"),
        ("last: -1", "INVALID_INPUT"),
        ("first: 3, last: 2", "INVALID_INPUT"),
        ('before: "x"', "CURSOR_INVALID"),
        ('last: 1, before: ""', "CURSOR_INVALID"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(api: Api, arguments: str, code: str) -> None:
    for part in LISTS.values():
        assert await api.admin.codes(f"{{ {part % arguments} {{ nodes {{ id }} }} }}") == [code]


async def test_the_cost_of_a_page_from_the_end_goes_by_last(api: Api) -> None:
    given = {"many": 100, "none": None}
    inner = "{ nodes { movements(%s) { nodes { item { id } } } } }"
    for arguments, codes in (
        ("last: 100", ["LIMIT_EXCEEDED"]),
        ("last: 1", []),
        ("first: 100, last: $none", ["LIMIT_EXCEEDED"]),
        ("last: $many", ["LIMIT_EXCEEDED"]),
        ("last: $none", []),
    ):
        used = {name: value for name, value in given.items() if f"${name}" in arguments}
        declared = "".join(f"(${name}: Int)" for name in used)
        query = f"query{declared} {{ items(first: 50) {inner % arguments} }}"
        assert await api.admin.codes(query, **used) == codes, arguments


def test_every_list_can_be_read_from_its_end(api: Api) -> None:
    schema = api.app.schema.core
    for name, type_ in schema.type_map.items():
        for field_name, field in getattr(type_, "fields", {}).items():
            arguments = getattr(field, "args", {})
            if str(getattr(field, "type", "")).endswith("Connection!"):
                assert {"after", "last", "before"} <= set(arguments), f"{name}.{field_name}"


# ---- what a user says, and to whom -----------------------------------------------------------


async def acknowledged(api: Api) -> None:
    await make_item(api.services, "LOW", min_stock=50)
    (alert,) = await api.services.of(AlertListing).page(AlertFilter(), True, 1, None)
    await api.admin.mutate("acknowledgeAlert", id=str(alert.id))


WHO = "acknowledgedBy { id name email role active }"


async def test_the_email_and_role_of_a_user_are_for_admin_and_the_user(api: Api) -> None:
    """How the bug came about: whoever read an alert read the email of who takes care of it."""
    await acknowledged(api)
    for role in Role:
        data = await api.caller(role).query(f"{{ alerts {{ nodes {{ {WHO} }} }} }}")
        (told,) = [node["acknowledgedBy"] for node in data["alerts"]["nodes"]]
        is_told = role is Role.ADMIN
        assert told == {
            "id": str(USER_IDS[Role.ADMIN]), "name": "Admin", "active": True,
            "email": "admin@example.com" if is_told else "",
            "role": "ADMIN" if is_told else "VIEWER",
        }  # fmt: skip


async def readers_of_an_alert(api: Api) -> dict[Role, Socket]:
    """They hear that USER takes care of it. VIEWER is a USER by then: the two could share."""
    both_users = {"id": str(USER_IDS[Role.VIEWER]), "role": "USER"}
    await api.admin.mutate("updateUser", input=both_users)
    sockets = {role: await api.socket(role) for role in Role}
    for socket in sockets.values():
        await socket.subscribe(f"subscription {{ alertChanged {{ alert {{ {WHO} }} }} }}")
    await api.subscribed(len(sockets))
    await make_item(api.services, "LOW", min_stock=50)
    (alert,) = await api.services.of(AlertListing).page(AlertFilter(), True, 1, None)
    await api.user.mutate("acknowledgeAlert", id=str(alert.id))
    return sockets


async def test_a_field_that_asks_who_looks_fails_where_the_answer_is_shared(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody forgot to list it: nobody gets what is another's."""
    monkeypatch.setattr(api.app.schema, "personal", frozenset())
    sockets = await readers_of_an_alert(api)
    for role in Role:
        (error, *_) = (await sockets[role].next())["payload"]["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_live_alerts_tell_each_reader_what_they_may_know(api: Api) -> None:
    """The answer is made once for all readers of a group, so who it depends on has their own."""
    sockets = await readers_of_an_alert(api)
    for role, socket in sockets.items():
        told = (await socket.event())["alert"]["acknowledgedBy"]
        may_know = role in (Role.ADMIN, Role.USER)
        assert told["email"] == ("user@example.com" if may_know else ""), role
        assert told["role"] == ("USER" if may_know else "VIEWER"), role


async def test_somebody_present_has_another_id_than_the_user(api: Api) -> None:
    item = await make_item(api.services, "SEEN")
    state = await api.user.mutate(
        "setPresence",
        "presence { participants { user { id userId name } } }",
        input={"itemId": str(item.id)},
    )
    ((told,),) = [[one["user"] for one in state["presence"]["participants"]]]
    user_id = str(USER_IDS[Role.USER])
    assert told == {"id": f"present-{user_id}", "userId": user_id, "name": "User"}
    assert await types_of(api.admin, [told["id"]]) == [None]
