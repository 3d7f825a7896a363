"""The life of an alert, through the API: raised, handled, worse, ended; told to all who listen."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.alerts.commands import Alerts
from graphql_api.clock import HeldClock
from tests.schema.api import USER_IDS, Api, Socket

ALERT = (
    "id type severity status currentStock minStock acknowledgedBy { name } snoozedUntil resolvedAt"
)
RAISED = (
    f"subscription($where: AlertFilter) {{ alertRaised(where: $where) {{ alert {{ {ALERT} }} }} }}"
)
CHANGED = RAISED.replace("alertRaised", "alertChanged")


async def move(api: Api, quantity: int) -> None:
    change = {
        "idempotencyKey": f"to {await api.head()}",
        "item": {"sku": "A"},
        "quantity": quantity,
    }
    codes = await api.user.refusals("adjustStock", input={**change, "actionType": "CORRECTION"})
    assert codes == []


async def low_item(api: Api, stock: int = 7) -> None:
    """An item that is low at 8: at 4 MEDIUM, at 2 HIGH, at 0 out of stock."""
    given = {"sku": "A", "name": "Nut", "minStock": 8, "initialStock": stock}
    assert await api.user.refusals("createItem", input=given) == []


async def alerts(api: Api, where: str = "") -> list[dict[str, Any]]:
    data = await api.user.query(f"{{ alerts{where} {{ nodes {{ {ALERT} }} }} }}")
    nodes: list[dict[str, Any]] = data["alerts"]["nodes"]
    return nodes


async def listeners(api: Api) -> tuple[Socket, Socket]:
    """Who hears of raised alerts, and who hears of changed ones."""
    raised, changed = await api.socket(Role.VIEWER), await api.socket(Role.VIEWER)
    await raised.subscribe(RAISED)
    await changed.subscribe(CHANGED)
    await api.subscribed(2)
    return raised, changed


async def test_an_alert_is_raised_gets_worse_and_ends_with_its_cause(api: Api) -> None:
    raised, changed = await listeners(api)
    await low_item(api)
    for quantity, severity in ((0, "LOW"), (-3, "MEDIUM"), (-2, "HIGH")):
        if quantity:
            await move(api, quantity)
        alert = (await raised.event())["alert"]
        assert (alert["type"], alert["severity"], alert["status"]) == (
            "LOW_STOCK",
            severity,
            "OPEN",
        )
    await move(api, -2)
    out = (await raised.event())["alert"]
    assert out["id"] == alert["id"], "one alert follows its item through both types"
    assert (out["type"], out["severity"], out["currentStock"]) == ("OUT_OF_STOCK", "CRITICAL", 0)
    await move(api, 9)
    ended = (await changed.event())["alert"]
    assert ended["id"] == out["id"]
    assert (ended["status"], ended["resolvedAt"]) == ("RESOLVED", "2026-01-01T00:00:00Z")
    assert [a["status"] for a in await alerts(api)] == ["RESOLVED"]


async def test_an_acknowledged_alert_is_silent_until_it_gets_worse(api: Api) -> None:
    await low_item(api)
    (alert,) = await alerts(api)
    raised, changed = await listeners(api)
    payload = await api.user.mutate(
        "acknowledgeAlert", f"cursor alert {{ {ALERT} }}", id=alert["id"]
    )
    told = await changed.event()
    assert told["alert"] == payload["alert"]
    assert payload["alert"] | {"status": "OPEN", "acknowledgedBy": None} == alert
    assert payload["alert"]["acknowledgedBy"] == {"name": "User"}
    assert await api.user.refusals("acknowledgeAlert", id=alert["id"]) == ["INVALID_TRANSITION"]
    await move(api, -1)  # still LOW
    assert (await alerts(api))[0]["status"] == "ACKNOWLEDGED"
    await move(api, -3)
    worse = (await raised.event())["alert"]
    assert (worse["id"], worse["severity"], worse["status"]) == (alert["id"], "MEDIUM", "OPEN")
    assert worse["acknowledgedBy"] is None


async def test_a_snoozed_alert_wakes_when_its_time_has_come(api: Api, clock: HeldClock) -> None:
    await low_item(api)
    (alert,) = await alerts(api)
    until = "2026-01-01T01:00:00Z"
    given = {"id": alert["id"], "until": until}
    snoozed = await api.user.mutate("snoozeAlert", f"alert {{ {ALERT} }}", input=given)
    assert snoozed["alert"]["snoozedUntil"] == until
    raised, _ = await listeners(api)
    clock.advance(3_599)
    assert await api.services.of(Alerts).wake_up(24) == 0
    clock.advance(1)
    assert await api.services.of(Alerts).wake_up(24) == 1
    woken = (await raised.event())["alert"]
    assert (woken["id"], woken["status"], woken["snoozedUntil"]) == (alert["id"], "OPEN", None)


async def test_an_alert_ended_by_hand_is_raised_anew_by_the_next_check(api: Api) -> None:
    await low_item(api)
    (alert,) = await alerts(api)
    payload = await api.user.mutate("resolveAlert", "alert { status resolvedAt }", id=alert["id"])
    assert payload["alert"] == {"status": "RESOLVED", "resolvedAt": "2026-01-01T00:00:00Z"}
    for mutation in ("resolveAlert", "acknowledgeAlert"):
        assert await api.user.refusals(mutation, id=alert["id"]) == ["INVALID_TRANSITION"]
    counts = "checked raised resolved"
    assert await api.user.mutate("checkAlerts", counts) == {
        "checked": 1, "raised": 1, "resolved": 0, "userErrors": [],
    }  # fmt: skip
    assert (await api.user.mutate("checkAlerts", counts))["raised"] == 0
    assert [a["status"] for a in await alerts(api)] == ["OPEN", "RESOLVED"]


async def test_a_check_counts_what_its_caller_may_see(api: Api) -> None:
    """A USER learnt from the counts that there is something hidden, and how it fares."""
    counts = "checked raised resolved"
    for caller, hidden in ((api.user, 0), (api.admin, 1)):
        for sku, visibility in (("A", "EVERYONE"), ("B", "ADMINS")):
            given = {"sku": sku + str(hidden), "name": sku, "initialStock": 1, "minStock": 9}
            item = await api.admin.mutate(
                "createItem", "item { id }", input=given | {"visibility": visibility}
            )
            (alert,) = (
                await api.admin.query(
                    "query($w: AlertFilter) { alerts(where: $w) { nodes { id } } }",
                    w={"itemIds": [item["item"]["id"]]},
                )
            )["alerts"]["nodes"]
            await api.admin.mutate("resolveAlert", id=alert["id"])
        assert await caller.mutate("checkAlerts", counts) == {
            "checked": 1 + 3 * hidden, "raised": 1 + hidden, "resolved": 0, "userErrors": [],
        }  # fmt: skip


async def test_alerts_are_found_by_what_they_are(api: Api) -> None:
    await low_item(api, stock=2)
    made = await api.user.mutate(
        "createItem", "item { id }", input={"sku": "B", "name": "Bolt", "minStock": 1}
    )
    found = {
        "(where: { types: [OUT_OF_STOCK] })": ["CRITICAL"],
        "(where: { types: [] })": [],
        "(where: { minSeverity: CRITICAL })": ["CRITICAL"],
        "(where: { minSeverity: LOW })": ["CRITICAL", "HIGH"],
        "(where: { statuses: [OPEN, SNOOZED] })": ["CRITICAL", "HIGH"],
        "(where: { statuses: [RESOLVED] })": [],
        f'(where: {{ itemIds: ["{made["item"]["id"]}"] }})': ["CRITICAL"],
        '(where: { itemIds: ["x"] })': [],
    }
    for where, severities in found.items():
        assert [alert["severity"] for alert in await alerts(api, where)] == severities, where


@pytest.mark.parametrize(
    ("where", "heard"),
    [
        ({"types": ["OUT_OF_STOCK"]}, ["CRITICAL"]),
        ({"minSeverity": "HIGH"}, ["HIGH", "CRITICAL"]),
        ({"statuses": ["ACKNOWLEDGED"]}, []),
        ({"itemIds": ["0"]}, []),
        ({}, ["LOW", "MEDIUM", "HIGH", "CRITICAL"]),
        ({"types": None, "statuses": None}, ["LOW", "MEDIUM", "HIGH", "CRITICAL"]),
    ],
)
async def test_a_stream_tells_what_its_filter_lets_through(
    api: Api, where: dict[str, Any], heard: list[str]
) -> None:
    socket = await api.socket(Role.VIEWER)
    await socket.subscribe(RAISED, where=where)
    await socket.subscribe(RAISED, id="all")
    await api.subscribed(2)
    await low_item(api)
    for quantity in (-3, -2, -2):
        await move(api, quantity)
    severities: dict[str, list[str]] = {"1": [], "all": []}
    while "CRITICAL" not in severities["all"] or len(severities["1"]) < len(heard):
        message = await socket.next()
        alert = message["payload"]["data"]["alertRaised"]["alert"]
        severities[message["id"]].append(alert["severity"])
    assert severities == {"1": heard, "all": ["LOW", "MEDIUM", "HIGH", "CRITICAL"]}


async def test_who_acknowledged_is_told_in_queries_too(api: Api) -> None:
    await low_item(api)
    (alert,) = await alerts(api)
    await api.user.mutate("acknowledgeAlert", id=alert["id"])
    data = await api.viewer.query("{ alerts { nodes { acknowledgedBy { id } acknowledgedAt } } }")
    assert data["alerts"]["nodes"] == [
        {
            "acknowledgedBy": {"id": str(USER_IDS[Role.USER])},
            "acknowledgedAt": "2026-01-01T00:00:00Z",
        }
    ]


MANY = "alerts { id status } applied cursor"


async def low_items(api: Api, count: int) -> list[str]:
    """So many items that are low, each graver than the one before; the ids of their alerts."""
    for number in range(count):
        given = {"sku": f"N{number}", "name": "Nut", "minStock": 8, "initialStock": 8 - number}
        assert await api.user.refusals("createItem", input=given) == []
    return [alert["id"] for alert in await alerts(api)][::-1]


async def test_many_alerts_are_silenced_at_once_and_told_one_by_one(api: Api) -> None:
    ids = await low_items(api, 3)
    _, changed = await listeners(api)
    payload = await api.user.mutate("acknowledgeAlerts", MANY, ids=[ids[1], ids[0], ids[1]])
    assert [alert["id"] for alert in payload["alerts"]] == [ids[1], ids[0]], "each once"
    assert (payload["applied"], payload["userErrors"]) == (2, [])
    assert [(await changed.event())["alert"]["id"] for _ in range(2)] == [ids[1], ids[0]]
    until = "2026-01-02T00:00:00Z"
    payload = await api.user.mutate("snoozeAlerts", MANY, input={"ids": ids, "until": until})
    assert {alert["status"] for alert in payload["alerts"]} == {"SNOOZED"}
    payload = await api.user.mutate("resolveAlerts", MANY, ids=ids)
    assert {alert["status"] for alert in payload["alerts"]} == {"RESOLVED"}


async def test_what_cannot_be_silenced_is_told_and_stops_no_other(api: Api) -> None:
    ids = await low_items(api, 3)
    hidden = {"sku": "H", "name": "H", "minStock": 5, "initialStock": 1, "visibility": "ADMINS"}
    assert await api.admin.refusals("createItem", input=hidden) == []
    (secret,) = {
        a["id"] for a in (await api.admin.query("{alerts{nodes{id}}}"))["alerts"]["nodes"]
    } - {*ids}
    await api.user.mutate("resolveAlert", "alert { id }", id=ids[0])
    payload = await api.user.mutate("acknowledgeAlerts", MANY, ids=[*ids, "999999", secret])
    assert [alert["id"] for alert in payload["alerts"]] == ids[1:]
    assert [(e["code"], e["field"]) for e in payload["userErrors"]] == [
        ("INVALID_TRANSITION", ["ids", "0"]),
        ("NOT_FOUND", ["ids", "3"]),
        ("NOT_FOUND", ["ids", "4"]),  # for ADMIN alone: as if it were not there
    ]
    past = {"ids": ids[1:], "until": "2025-01-01T00:00:00Z"}
    payload = await api.user.mutate("snoozeAlerts", MANY, input=past)
    assert payload["alerts"] == []
    assert payload["cursor"] is None
    assert [(e["code"], e["field"]) for e in payload["userErrors"]] == [
        ("INVALID_INPUT", ["input", "ids", "0"]),
        ("INVALID_INPUT", ["input", "ids", "1"]),
    ]


async def test_more_alerts_than_a_page_are_refused_and_a_viewer_silences_none(api: Api) -> None:
    for ids in ([], ["1"] * 101):
        assert await api.user.refusals("acknowledgeAlerts", ids=ids) == ["INVALID_INPUT"]

    assert await api.viewer.refusals("acknowledgeAlerts", ids=["1"]) == ["FORBIDDEN"]


async def test_the_gravest_come_first_page_by_page(api: Api) -> None:
    ids = await low_items(api, 9)  # from all eight down to none
    listed: list[str] = []
    after = ""
    while True:
        data = await api.viewer.query(
            f"{{ alerts(orderBy: GRAVEST, first: 2{after}) "
            "{ nodes { id severity } pageInfo { hasNextPage endCursor } } }"
        )
        listed += [alert["id"] for alert in data["alerts"]["nodes"]]
        if not data["alerts"]["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{data["alerts"]["pageInfo"]["endCursor"]}"'
    # 0 left is CRITICAL, 1 and 2 HIGH, 3 and 4 MEDIUM, 5 to 8 LOW; the newest first in each.
    assert listed == [ids[n] for n in (8, 7, 6, 5, 4, 3, 2, 1, 0)]
    newest = await api.viewer.query("{ alerts(first: 1) { pageInfo { endCursor } } }")
    cursor = newest["alerts"]["pageInfo"]["endCursor"]
    mixed = f'{{ alerts(orderBy: GRAVEST, after: "{cursor}") {{ nodes {{ id }} }} }}'
    assert await api.viewer.codes(mixed) == ["CURSOR_INVALID"]


async def test_an_alert_suggests_how_much_to_order(api: Api) -> None:
    await low_item(api)
    data = await api.viewer.query("{ alerts { nodes { suggestedQuantity } } }")
    assert data["alerts"]["nodes"] == [{"suggestedQuantity": 2}]  # 7 of 8: above its minimum
