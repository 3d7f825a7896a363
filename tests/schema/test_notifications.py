"""Notifications and test broadcasts, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.settings import Settings
from tests.invariants import assert_sound
from tests.notifications.push_world import Browser, push_service
from tests.schema.api import USER_IDS, Api, Caller, Socket, running
from tests.streams import eventually

STREAM = "subscription($after: Cursor) { notificationReceived(after: $after) { notification { title readAt } } }"  # noqa: E501


async def send(api: Api, title: str, **to: Any) -> str:
    """A notification to a user, to a role, or to everyone; its id."""
    given = {"type": "INFO", "title": title, "message": "m", **to}
    payload = await api.admin.mutate("sendNotification", "notification { id }", input=given)
    assert payload["userErrors"] == []
    return str(payload["notification"]["id"])


async def titles(caller: Caller, arguments: str = "") -> list[str]:
    data = await caller.query(f"{{ notifications{arguments} {{ totalCount nodes {{ title }} }} }}")
    found = [node["title"] for node in data["notifications"]["nodes"]]
    assert data["notifications"]["totalCount"] == len(found)
    return found


async def send_all(api: Api) -> None:
    await send(api, "for all")
    await send(api, "for users", role="USER")
    await send(api, "for the viewer", userId=str(USER_IDS[Role.VIEWER]))


EXPECTED = {
    Role.ADMIN: ["for all"],
    Role.USER: ["for all", "for users"],
    Role.VIEWER: ["for all", "for the viewer"],
}


async def test_each_user_sees_what_is_for_them_newest_first(api: Api) -> None:
    await send_all(api)
    for role, expected in EXPECTED.items():
        assert await titles(api.caller(role)) == expected[::-1]


async def test_each_user_hears_what_is_for_them_live_and_in_replay(api: Api) -> None:
    start = (await api.user.query("{ syncCursor }"))["syncCursor"]
    live = {role: await api.socket(role) for role in Role}
    for socket in live.values():
        await socket.subscribe(STREAM)
    await api.subscribed(3)
    await send_all(api)
    later = {role: await api.socket(role) for role in Role}
    for socket in later.values():
        await socket.subscribe(STREAM, after=start)
    await api.subscribed(6)
    await send(api, "the end")
    for sockets in (live, later):
        for role, socket in sockets.items():
            assert await heard(socket) == [*EXPECTED[role], "the end"], role


async def heard(socket: Socket) -> list[str]:
    """The titles that arrive up to the end."""
    titles: list[str] = []
    while not titles or titles[-1] != "the end":
        notification = (await socket.event())["notification"]
        assert notification["readAt"] is None
        titles.append(notification["title"])
    return titles


async def test_reading_is_noted_for_the_reader_alone(api: Api) -> None:
    notification_id = await send(api, "for all")
    read = await api.user.mutate(
        "markNotificationRead", "notification { title readAt }", id=notification_id
    )
    assert read["notification"] == {"title": "for all", "readAt": "2026-01-01T00:00:00Z"}
    again = await api.user.mutate(
        "markNotificationRead", "notification { readAt }", id=notification_id
    )
    assert again["notification"]["readAt"] == read["notification"]["readAt"]
    assert await titles(api.user, "(unreadOnly: true)") == []
    assert await titles(api.user, "(unreadOnly: null)") == ["for all"]
    assert await titles(api.viewer, "(unreadOnly: true)") == ["for all"]


async def test_what_is_for_others_cannot_be_marked_read(api: Api) -> None:
    notification_id = await send(api, "for the viewer", userId=str(USER_IDS[Role.VIEWER]))
    for caller in (api.admin, api.user):
        assert await caller.refusals("markNotificationRead", id=notification_id) == ["NOT_FOUND"]
    assert await api.viewer.refusals("markNotificationRead", id=notification_id) == []


READ = "subscription { notificationRead { notificationId readAt cursor } }"


async def unread(caller: Caller) -> int:
    data = await caller.query(
        "{ unreadNotificationCount notifications(unreadOnly: true) { totalCount } }"
    )
    assert data["notifications"]["totalCount"] == data["unreadNotificationCount"]
    return int(data["unreadNotificationCount"])


async def test_the_unread_count_falls_as_one_reads(api: Api) -> None:
    await send_all(api)
    last = await send(api, "more for users", role="USER")
    assert [await unread(api.caller(role)) for role in Role] == [1, 3, 2]
    await api.user.mutate("markNotificationRead", id=last)
    assert await unread(api.user) == 2
    for marked in (2, 0):
        payload = await api.user.mutate("markAllNotificationsRead", "marked")
        assert payload == {"marked": marked, "userErrors": []}
        assert await unread(api.user) == 0
    assert [await unread(api.caller(role)) for role in Role] == [1, 0, 2]


async def test_what_one_reads_reaches_ones_other_sockets_and_nobody_elses(api: Api) -> None:
    first = await send(api, "first")
    await send(api, "second")
    mine, others = await api.socket(Role.USER), await api.socket(Role.ADMIN)
    for socket in (mine, others):
        await socket.subscribe(READ)
    await api.subscribed(2)
    await api.user.mutate("markNotificationRead", id=first)
    await api.user.mutate("markAllNotificationsRead")
    told = [await mine.event() for _ in range(2)]
    assert [event["notificationId"] for event in told] == [first, None]
    assert told[0]["readAt"] == "2026-01-01T00:00:00Z"
    await api.admin.mutate("markAllNotificationsRead")
    assert (await others.event())["notificationId"] is None, "its first event: of its own"
    later = await api.socket(Role.USER)
    replay = READ.replace("notificationRead", f'notificationRead(after: "{told[0]["cursor"]}")')
    await later.subscribe(replay)
    assert (await later.event()) == told[1]


async def test_a_grave_alert_is_a_notification_for_those_who_act_on_stock(api: Api) -> None:
    sockets = {role: await api.socket(role) for role in Role}
    for socket in sockets.values():
        await socket.subscribe(
            "subscription { notificationReceived { notification { title data } } }"
        )
    await api.subscribed(3)
    created = await api.admin.mutate(
        "createItem", "item { id }", input={"sku": "A", "name": "Nut", "minStock": 8}
    )
    for role in (Role.ADMIN, Role.USER):
        notification = (await sockets[role].event())["notification"]
        assert notification["title"] == "Out of stock: Nut (A)"
        assert notification["data"]["itemId"] == created["item"]["id"]
    await send(api, "for all")
    assert (await sockets[Role.VIEWER].event())["notification"]["title"] == "for all"


SUBSCRIPTION = "subscription { endpoint minSeverity createdAt }"


async def test_a_browser_registers_for_pushes_and_gets_them(api: Api) -> None:
    async with push_service(api.services.clock) as pushing:
        browser = Browser(f"{pushing.origin}/201/a")
        keys = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
        for severity in ("HIGH", "CRITICAL"):
            chosen = {} if severity == "HIGH" else {"minSeverity": severity}
            made = await api.viewer.mutate("registerPush", SUBSCRIPTION, input=keys | chosen)
            assert made["userErrors"] == []
            assert made["subscription"]["minSeverity"] == severity
        settings = (await api.viewer.query(PUSH_SETTINGS))["pushSettings"]
        assert settings["available"] is True
        assert settings["subscriptions"] == [made["subscription"]]
        assert (await api.user.query(PUSH_SETTINGS))["pushSettings"]["subscriptions"] == []
        await api.admin.mutate("createItem", input={"sku": "A", "name": "Nut", "minStock": 8})
        await eventually(lambda: len(pushing.received) == 1)
        (received,) = pushing.received
        assert browser.read(received)["title"] == "Out of stock: Nut (A)"
        assert received.claims["key"] == settings["publicKey"]
        ended = await api.viewer.mutate("unregisterPush", SUBSCRIPTION, endpoint=browser.endpoint)
        assert ended == made
        assert await api.viewer.refusals("unregisterPush", endpoint=browser.endpoint) == [
            "NOT_FOUND"
        ]


PUSH_SETTINGS = (
    "{ pushSettings { available publicKey subscriptions { endpoint minSeverity createdAt } } }"
)


async def test_a_push_to_an_inner_address_is_refused_in_production(
    settings: Settings, clock: HeldClock
) -> None:
    browser = Browser("http://127.0.0.1:9/a")
    keys = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
    async with running(settings.model_copy(update={"environment": "production"}), clock) as api:
        payload = await api.user.mutate("registerPush", input=keys)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", ["input", "endpoint"])


BROADCASTS = {
    "NOTIFICATION": ("notificationReceived", "notification { title }"),
    "INVENTORY_UPDATE": ("inventoryUpdated", "type userId item { sku levels { quantity } }"),
    "ALERT": ("alertRaised", "alert { type title item { id } }"),
}


@pytest.mark.parametrize("kind", BROADCASTS)
async def test_a_test_broadcast_reaches_its_listeners_and_leaves_no_trace_in_stock(
    api: Api, kind: str
) -> None:
    await api.admin.mutate("createItem", input={"sku": "A", "name": "A", "initialStock": 3})
    field, selection = BROADCASTS[kind]
    sockets = [await api.socket(role) for role in Role]
    for socket in sockets:
        await socket.subscribe(f"subscription {{ {field} {{ cursor {selection} }} }}")
    await api.subscribed(3)
    before = await api.recorded()
    payload = await api.admin.mutate("testBroadcast", "delivered", kind=kind)
    assert payload == {"delivered": 3, "userErrors": []}
    events = [await socket.event() for socket in sockets]
    assert "test" in str(events[0]).lower()
    assert events[0] == events[1] == events[2]
    after = await api.recorded()
    assert after == before | {"event": before["event"] + 1, "head": before["head"] + 1}
    await assert_sound_but_for_broadcasts(api)
    assert await api.admin.mutate("checkAlerts", "raised resolved") == {
        "raised": 0, "resolved": 0, "userErrors": [],
    }  # fmt: skip


async def assert_sound_but_for_broadcasts(api: Api) -> None:
    """The ledger is as it was, and what is listed is what there is."""
    check = await api.admin.query("{ ledgerCheck { ok itemsChecked movementsChecked drifted } }")
    assert check["ledgerCheck"] == {
        "ok": True, "itemsChecked": 1, "movementsChecked": 1, "drifted": [],
    }  # fmt: skip
    data = await api.admin.query(
        "{ items { totalCount } alerts { totalCount } notifications { totalCount } }"
    )
    assert [part["totalCount"] for part in data.values()] == [1, 0, 0]


async def test_a_test_broadcast_that_nobody_hears_says_so(api: Api) -> None:
    for kind in BROADCASTS:
        assert (await api.admin.mutate("testBroadcast", "delivered", kind=kind))["delivered"] == 0
    await assert_sound(api.services)


PREFERENCES = "kind channels minSeverity"


async def choose(caller: Caller, *preferences: dict[str, Any]) -> list[dict[str, Any]]:
    payload = await caller.mutate(
        "updateNotificationPreferences",
        f"preferences {{ {PREFERENCES} }}",
        input={"preferences": list(preferences)},
    )
    assert payload["userErrors"] == []
    chosen: list[dict[str, Any]] = payload["preferences"]
    return chosen


async def test_each_role_chooses_among_the_kinds_that_it_gets(api: Api) -> None:
    kinds = {
        Role.ADMIN: ["ALERT", "IMPORT", "SERVER", "MESSAGE"],
        Role.USER: ["ALERT", "IMPORT", "MESSAGE"],
        Role.VIEWER: ["MESSAGE"],
    }
    for role, expected in kinds.items():
        data = await api.caller(role).query(f"{{ notificationPreferences {{ {PREFERENCES} }} }}")
        assert [choice["kind"] for choice in data["notificationPreferences"]] == expected
        for choice in data["notificationPreferences"]:
            push = ["PUSH"] if choice["kind"] == "ALERT" else []
            assert (choice["channels"], choice["minSeverity"]) == (["LIST", *push], None)


async def test_what_is_chosen_stays_and_what_is_not_named_too(api: Api) -> None:
    await choose(api.user, {"kind": "ALERT", "channels": ["PUSH"], "minSeverity": "HIGH"})
    alert, _, message = await choose(api.user, {"kind": "MESSAGE", "channels": []})
    assert alert == {"kind": "ALERT", "channels": ["PUSH"], "minSeverity": "HIGH"}
    assert message == {"kind": "MESSAGE", "channels": [], "minSeverity": None}
    alert, *_ = await choose(api.user, {"kind": "ALERT", "channels": ["LIST"]})
    assert alert["minSeverity"] == "HIGH", "absent: as before"
    alert, *_ = await choose(api.user, {"kind": "ALERT", "minSeverity": None})
    assert alert == {"kind": "ALERT", "channels": ["LIST"], "minSeverity": None}
    data = await api.user.query(f"{{ notificationPreferences {{ {PREFERENCES} }} }}")
    assert data["notificationPreferences"][0] == alert
    others = await api.admin.query(f"{{ notificationPreferences {{ {PREFERENCES} }} }}")
    assert others["notificationPreferences"][0]["channels"] == ["LIST", "PUSH"]


@pytest.mark.parametrize(
    ("preferences", "field"),
    [
        ([{"kind": "SERVER", "channels": []}], ["input", "preferences", "0", "kind"]),
        ([{"kind": "MESSAGE", "channels": ["PUSH"]}], ["input", "preferences", "0", "channels"]),
        ([{"kind": "IMPORT", "minSeverity": "LOW"}], ["input", "preferences", "0", "minSeverity"]),
        ([{"kind": "ALERT"}, {"kind": "ALERT"}], ["input", "preferences", "1", "kind"]),
    ],
)
async def test_a_choice_that_means_nothing_is_refused(
    api: Api, preferences: list[dict[str, Any]], field: list[str]
) -> None:
    given = [{"kind": "MESSAGE", "channels": []}] if len(preferences) == 1 else []
    given = [*preferences, *given] if preferences[0]["kind"] != "MESSAGE" else preferences
    payload = await api.user.mutate(
        "updateNotificationPreferences", "preferences { kind }", input={"preferences": given}
    )
    assert [(e["code"], e["field"]) for e in payload["userErrors"]] == [("INVALID_INPUT", field)]
    data = await api.user.query("{ notificationPreferences { channels } }")
    assert all(choice["channels"] for choice in data["notificationPreferences"]), "nothing changed"


async def test_what_is_muted_is_neither_listed_nor_counted_nor_live_until_it_is_wanted_again(
    api: Api,
) -> None:
    start = (await api.user.query("{ syncCursor }"))["syncCursor"]
    socket = await api.socket(Role.USER)
    await socket.subscribe(STREAM)
    await api.subscribed(1)
    await send(api, "before")
    await choose(api.user, {"kind": "MESSAGE", "channels": []})
    await send(api, "meanwhile")
    assert await titles(api.user) == []
    unread = "{ unreadNotificationCount }"
    assert (await api.user.query(unread))["unreadNotificationCount"] == 0
    assert (await api.viewer.query(unread))["unreadNotificationCount"] == 2, "of nobody else"
    await choose(api.user, {"kind": "MESSAGE", "channels": ["LIST"]})
    assert await titles(api.user) == ["meanwhile", "before"]
    assert (await api.user.query(unread))["unreadNotificationCount"] == 2
    await send(api, "the end")
    assert await heard(socket) == ["before", "the end"]
    later = await api.socket(Role.USER)
    await later.subscribe(STREAM, after=start)
    assert await heard(later) == ["before", "the end"], "a resume tells the same"


async def test_alerts_that_are_not_grave_enough_for_somebody_are_not_told_to_them(api: Api) -> None:
    await choose(api.user, {"kind": "ALERT", "minSeverity": "CRITICAL"})
    for sku, stock in (("HIGH", 2), ("CRITICAL", 0)):
        given = {"sku": sku, "name": sku, "minStock": 8, "initialStock": stock}
        assert await api.admin.refusals("createItem", input=given) == []
    answer = "{ notifications { nodes { kind data } } }"
    for caller, expected in ((api.user, {"CRITICAL"}), (api.admin, {"HIGH", "CRITICAL"})):
        nodes = (await caller.query(answer))["notifications"]["nodes"]
        assert {node["kind"] for node in nodes} == {"ALERT"}
        named = {word for word in ("HIGH", "CRITICAL") if word in str(nodes)}
        assert named == expected
