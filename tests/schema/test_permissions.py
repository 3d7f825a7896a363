"""Who may use which root field: each has a rule, and the rule is obeyed.

What each field asks for stands here a second time, read off the contract, so that a rule cannot
be loosened by mistake.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.settings import Settings
from schema import build_schema
from schema.permissions import FIELD_RULES, RULE, Rule
from tests.builders import make_item
from tests.schema.api import Api
from tests.schema.test_contract import ROOT, ours

# Field → its rule, and a call that is well-formed; nothing it speaks of exists.
QUERIES = {
    "syncCursor": (Rule.VIEWER, "syncCursor"),
    "viewer": (Rule.VIEWER, "viewer { id }"),
    "me": (Rule.VIEWER, "me { id }"),
    "node": (Rule.VIEWER, 'node(id: "9") { id }'),
    "nodes": (Rule.VIEWER, 'nodes(ids: ["9"]) { id }'),
    "alert": (Rule.VIEWER, 'alert(id: "9") { id }'),
    "notification": (Rule.VIEWER, 'notification(id: "9") { id }'),
    "stockMovement": (Rule.VIEWER, 'stockMovement(id: "9") { id }'),
    "item": (Rule.VIEWER, 'item(ref: { sku: "NONE" }) { id }'),
    "scan": (Rule.VIEWER, 'scan(code: "NONE") { code }'),
    "items": (Rule.VIEWER, "items { nodes { id } }"),
    "labels": (Rule.USER, 'labels(input: { lines: [{ itemId: "AN_ITEM" }] }) { pages }'),
    "categories": (Rule.VIEWER, "categories { nodes { name } }"),
    "stockMovements": (Rule.VIEWER, "stockMovements { nodes { id } }"),
    "locations": (Rule.VIEWER, "locations { id }"),
    "location": (Rule.VIEWER, 'location(ref: { code: "NONE" }) { id }'),
    "locationContents": (
        Rule.VIEWER,
        'locationContents(ref: { id: "9" }) { nodes { quantity } }',
    ),
    "hold": (Rule.VIEWER, 'hold(id: "9") { id }'),
    "holds": (Rule.VIEWER, "holds { nodes { id } }"),
    "alerts": (Rule.VIEWER, "alerts { nodes { id } }"),
    "notifications": (Rule.VIEWER, "notifications { nodes { id } }"),
    "inventorySummary": (Rule.VIEWER, "inventorySummary { items }"),
    "movementSeries": (Rule.VIEWER, "movementSeries { start }"),
    "fastestMovers": (Rule.VIEWER, "fastestMovers { unitsOut }"),
    "reorderList": (Rule.VIEWER, "reorderList { nodes { suggestedQuantity } }"),
    "attachmentLimits": (Rule.VIEWER, "attachmentLimits { isOn }"),
    "settings": (Rule.VIEWER, "settings { currency timeZone }"),
    "sessions": (Rule.VIEWER, "sessions { nodes { id } }"),
    "unreadNotificationCount": (Rule.VIEWER, "unreadNotificationCount"),
    "pushSettings": (Rule.VIEWER, "pushSettings { available subscriptions { endpoint } }"),
    "notificationPreferences": (Rule.VIEWER, "notificationPreferences { kind }"),
    "users": (Rule.ADMIN, "users { nodes { id } }"),
    "import": (Rule.ADMIN, 'import(id: "9") { id }'),
    "imports": (Rule.ADMIN, "imports { id }"),
    "fileImports": (Rule.ADMIN, "fileImports { nodes { id undoBlocker { reason } } }"),
    "importMappings": (Rule.ADMIN, "importMappings { id }"),
    "presence": (Rule.VIEWER, 'presence(itemIds: ["9"]) { itemId }'),
    "realtimeStatus": (Rule.ADMIN, "realtimeStatus { connections }"),
    "ledgerCheck": (Rule.ADMIN, "ledgerCheck { ok }"),
}
_MOVE = 'idempotencyKey: "k", item: { sku: "NONE" }, quantity: 1'
_ERRORS = "{ userErrors { code } }"
MUTATIONS = {
    "login": (Rule.ANYONE, f'login(input: {{ email: "a@b", password: "c" }}) {_ERRORS}'),
    "refreshSession": (Rule.ANYONE, f'refreshSession(refreshToken: "x") {_ERRORS}'),
    "logout": (Rule.VIEWER, "logout"),
    "setLanguage": (Rule.VIEWER, f"setLanguage(language: DE) {_ERRORS}"),
    "changePassword": (
        Rule.VIEWER,
        f'changePassword(input: {{ currentPassword: "a", newPassword: "b" }}) {_ERRORS}',
    ),
    "markNotificationRead": (Rule.VIEWER, f'markNotificationRead(id: "9") {_ERRORS}'),
    "endSession": (Rule.VIEWER, f'endSession(id: "9") {_ERRORS}'),
    "markAllNotificationsRead": (Rule.VIEWER, f"markAllNotificationsRead {_ERRORS}"),
    "registerPush": (
        Rule.VIEWER,
        f'registerPush(input: {{ endpoint: "x", p256dh: "y", auth: "z" }}) {_ERRORS}',
    ),
    "unregisterPush": (Rule.VIEWER, f'unregisterPush(endpoint: "x") {_ERRORS}'),
    "createItem": (Rule.USER, f'createItem(input: {{ sku: "A", name: "A" }}) {_ERRORS}'),
    "updateItem": (Rule.USER, f'updateItem(input: {{ id: "9", name: "A" }}) {_ERRORS}'),
    "setPresence": (Rule.VIEWER, f'setPresence(input: {{ itemId: "9" }}) {_ERRORS}'),
    "placeHold": (
        Rule.USER,
        'placeHold(input: { idempotencyKey: "k", lines: [{ item: { sku: "NONE" }, quantity: 1 }] })'
        f" {_ERRORS}",
    ),
    "consumeHold": (
        Rule.USER,
        f'consumeHold(input: {{ idempotencyKey: "k", id: "9" }}) {_ERRORS}',
    ),
    "releaseHold": (Rule.USER, f'releaseHold(id: "9") {_ERRORS}'),
    "extendHold": (
        Rule.USER,
        f'extendHold(input: {{ id: "9", expiresInSeconds: 9 }}) {_ERRORS}',
    ),
    "takeEditLease": (Rule.USER, f'takeEditLease(itemId: "9") {_ERRORS}'),
    "releaseEditLease": (Rule.USER, f'releaseEditLease(itemId: "9", token: "1-a") {_ERRORS}'),
    "renameAttachment": (
        Rule.USER,
        f'renameAttachment(input: {{ id: "9", name: "a" }}) {_ERRORS}',
    ),
    "moveAttachment": (
        Rule.USER,
        f'moveAttachment(input: {{ id: "9", position: 0 }}) {_ERRORS}',
    ),
    "deleteAttachment": (Rule.USER, f'deleteAttachment(id: "9") {_ERRORS}'),
    "updateItems": (Rule.USER, f'updateItems(inputs: [{{ id: "9", name: "A" }}]) {_ERRORS}'),
    "archiveItems": (Rule.USER, f'archiveItems(ids: ["9"]) {_ERRORS}'),
    "archiveItem": (Rule.USER, f'archiveItem(input: {{ id: "9" }}) {_ERRORS}'),
    "restoreItem": (Rule.USER, f'restoreItem(input: {{ id: "9" }}) {_ERRORS}'),
    "deleteItem": (Rule.USER, f'deleteItem(input: {{ id: "9" }}) {_ERRORS}'),
    "adjustStock": (
        Rule.USER,
        f"adjustStock(input: {{ {_MOVE}, actionType: RECEIPT }}) {_ERRORS}",
    ),
    "setStock": (
        Rule.USER,
        'setStock(input: { idempotencyKey: "k", item: { sku: "NONE" }, stock: 1, '
        f"expectedStock: 0 }}) {_ERRORS}",
    ),
    "setStockBatch": (
        Rule.USER,
        'setStockBatch(input: { idempotencyKey: "k", lines: [{ item: { sku: "NONE" }, '
        f"stock: 1, expectedStock: 0 }}] }}) {_ERRORS}",
    ),
    "adjustStockBatch": (
        Rule.USER,
        'adjustStockBatch(input: { idempotencyKey: "k", lines: [{ item: { sku: "NONE" }, '
        f"quantity: 1, actionType: RECEIPT }}] }}) {_ERRORS}",
    ),
    "transferStock": (
        Rule.USER,
        f'transferStock(input: {{ {_MOVE}, from: "1", to: "2" }}) {_ERRORS}',
    ),
    "reverseMovement": (
        Rule.USER,
        f'reverseMovement(input: {{ idempotencyKey: "k", movementId: "9" }}) {_ERRORS}',
    ),
    "createLocation": (Rule.USER, f'createLocation(input: {{ code: "A", name: "A" }}) {_ERRORS}'),
    "updateLocation": (Rule.USER, f'updateLocation(input: {{ id: "9", name: "A" }}) {_ERRORS}'),
    "archiveLocation": (Rule.USER, f'archiveLocation(input: {{ id: "9" }}) {_ERRORS}'),
    "restoreLocation": (Rule.USER, f'restoreLocation(input: {{ id: "9" }}) {_ERRORS}'),
    "setLocationMinimum": (
        Rule.USER,
        'setLocationMinimum(input: { item: { sku: "NONE" }, location: "1", minStock: 1 }) '
        f"{_ERRORS}",
    ),
    "checkAlerts": (Rule.USER, f"checkAlerts {_ERRORS}"),
    "acknowledgeAlert": (Rule.USER, f'acknowledgeAlert(id: "9") {_ERRORS}'),
    "snoozeAlert": (
        Rule.USER,
        f'snoozeAlert(input: {{ id: "9", until: "2099-01-01T00:00:00Z" }}) {_ERRORS}',
    ),
    "acknowledgeAlerts": (Rule.USER, f'acknowledgeAlerts(ids: ["9"]) {_ERRORS}'),
    "resolveAlerts": (Rule.USER, f'resolveAlerts(ids: ["9"]) {_ERRORS}'),
    "snoozeAlerts": (
        Rule.USER,
        f'snoozeAlerts(input: {{ ids: ["9"], until: "2099-01-01T00:00:00Z" }}) {_ERRORS}',
    ),
    "updateNotificationPreferences": (
        Rule.VIEWER,
        f"updateNotificationPreferences(input: {{ preferences: [] }}) {_ERRORS}",
    ),
    "resolveAlert": (Rule.USER, f'resolveAlert(id: "9") {_ERRORS}'),
    "sendNotification": (
        Rule.ADMIN,
        f'sendNotification(input: {{ type: INFO, title: "A", message: "A" }}) {_ERRORS}',
    ),
    "testBroadcast": (Rule.ADMIN, f"testBroadcast(kind: ALERT) {_ERRORS}"),
    "createUser": (
        Rule.ADMIN,
        'createUser(input: { email: "a@b", name: "A", password: "a good password", role: ADMIN }) '
        f"{_ERRORS}",
    ),
    "startImport": (
        Rule.ADMIN,
        'startImport(input: { idempotencyKey: "k", id: "9", options: { kind: ITEMS } }) '
        f"{_ERRORS}",
    ),
    "undoImport": (Rule.ADMIN, f'undoImport(id: "9") {_ERRORS}'),
    "saveImportMapping": (
        Rule.ADMIN,
        'saveImportMapping(input: { import: "9", name: "a", options: { kind: ITEMS } }) '
        f"{_ERRORS}",
    ),
    "renameImportMapping": (
        Rule.ADMIN,
        f'renameImportMapping(input: {{ id: "9", name: "a" }}) {_ERRORS}',
    ),
    "deleteImportMapping": (Rule.ADMIN, f'deleteImportMapping(id: "9") {_ERRORS}'),
    "cancelImport": (Rule.ADMIN, f'cancelImport(id: "9") {_ERRORS}'),
    "updateUser": (Rule.ADMIN, f'updateUser(input: {{ id: "12", role: ADMIN }}) {_ERRORS}'),
}
SUBSCRIPTIONS = {
    "inventoryUpdated": (Rule.VIEWER, "inventoryUpdated { cursor }"),
    "locationUpdated": (Rule.VIEWER, "locationUpdated { cursor }"),
    "alertRaised": (Rule.VIEWER, "alertRaised { cursor }"),
    "alertChanged": (Rule.VIEWER, "alertChanged { cursor }"),
    "notificationReceived": (Rule.VIEWER, "notificationReceived { cursor }"),
    "presenceChanged": (Rule.VIEWER, "presenceChanged { itemId }"),
    "notificationRead": (Rule.VIEWER, "notificationRead { cursor }"),
    "importProgress": (Rule.ADMIN, "importProgress { cursor }"),
    "attachmentsUpdated": (Rule.VIEWER, "attachmentsUpdated { cursor }"),
    "holdUpdated": (Rule.VIEWER, "holdUpdated { cursor }"),
}
ROOTS = {"Query": QUERIES, "Mutation": MUTATIONS, "Subscription": SUBSCRIPTIONS}
OVER_HTTP = [("query", QUERIES), ("mutation", MUTATIONS)]


@pytest.mark.parametrize("root", ROOTS)
def test_every_root_field_has_the_rule_that_the_contract_gives_it(root: str) -> None:
    schema = build_schema(Settings())
    definition: Any = schema.get_type_by_name(root)
    rules = {
        schema.config.name_converter.get_graphql_name(field): field.metadata.get(RULE)
        for field in definition.fields
    }
    assert rules == {name: rule for name, (rule, _) in ROOTS[root].items()}


def test_every_field_that_tells_of_a_role_says_so_in_its_description() -> None:
    schema = ours()
    for root, fields in ROOTS.items():
        type_: Any = schema.type_map[root]
        told = {name for name in fields if "ADMIN." in (type_.fields[name].description or "")}
        told |= {name for name in fields if "ADMIN," in (type_.fields[name].description or "")}
        assert told == {name for name, (rule, _) in fields.items() if rule is Rule.ADMIN}
    hidden = {(type_, field) for type_, field in FIELD_RULES}
    assert hidden == {("InventoryItem", "cost")}
    contract = (ROOT / "tests/schema/contract.graphql").read_text()
    assert re.findall(r"^  (\w+): .*# ADMIN only", contract, re.MULTILINE) == ["cost"]


@pytest.mark.parametrize(("kind", "fields"), OVER_HTTP, ids=["queries", "mutations"])
async def test_without_a_token_only_signing_in_answers(
    api: Api, kind: str, fields: dict[str, tuple[Rule, str]]
) -> None:
    before = await api.recorded()
    for name, (rule, call) in fields.items():
        codes = await api.nobody.codes(f"{kind} {{ {call} }}")
        assert codes == ([] if rule is Rule.ANYONE else ["UNAUTHENTICATED"]), name
    assert await api.recorded() == before


async def test_without_a_token_a_subscription_is_refused_and_the_socket_stays(api: Api) -> None:
    socket = await api.socket()
    await socket.init(None)
    for _, call in SUBSCRIPTIONS.values():
        await socket.subscribe(f"subscription {{ {call} }}")
        assert await socket.refusal() == ["UNAUTHENTICATED"]
    for kind, fields in OVER_HTTP:
        for rule, call in fields.values():
            if rule is not Rule.ANYONE:
                await socket.subscribe(f"{kind} {{ {call} }}")
                message = await socket.next()
                assert "UNAUTHENTICATED" in str(message)
                assert '"data":{' not in str(message)
                if message["type"] == "next":
                    assert (await socket.next())["type"] == "complete"


async def test_without_a_token_typename_answers_and_introspection_in_development(api: Api) -> None:
    assert await api.nobody.query("{ __typename }") == {"__typename": "Query"}
    assert await api.nobody.query("mutation { __typename }") == {"__typename": "Mutation"}
    told = await api.nobody.query("{ __schema { queryType { name } } }")
    assert told == {"__schema": {"queryType": {"name": "Query"}}}


@pytest.mark.parametrize("role", Role)
async def test_a_query_of_a_higher_role_is_refused_as_an_error(api: Api, role: Role) -> None:
    caller, item = api.caller(role), await make_item(api.services)
    for name, (rule, call) in QUERIES.items():
        codes = await caller.codes(f"{{ {call} }}".replace("AN_ITEM", str(item.id)))
        assert codes == ([] if role.includes(rule.value or role) else ["FORBIDDEN"]), name


@pytest.mark.parametrize("role", Role)
async def test_a_mutation_of_a_higher_role_is_refused_as_a_user_error_and_records_nothing(
    api: Api, role: Role
) -> None:
    caller = api.caller(role)
    for name, (rule, call) in MUTATIONS.items():
        if name == "logout":
            continue  # it ends the session that the others need
        may = role.includes(rule.value or role)
        before = await api.recorded()
        data = await caller.query(f"mutation {{ {call} }}")
        codes = [error["code"] for error in data[name]["userErrors"]]
        if may:
            assert "FORBIDDEN" not in codes, name
        else:
            assert codes == ["FORBIDDEN"], name
            assert await api.recorded() == before, name


@pytest.mark.parametrize("role", Role)
async def test_every_role_may_follow_what_it_may_see(api: Api, role: Role) -> None:
    socket = await api.socket(role)
    for number, (_, call) in enumerate(SUBSCRIPTIONS.values()):
        await socket.subscribe(f"subscription {{ {call} }}", id=str(number))
    await api.subscribed(sum(role.includes(rule.value) for rule, _ in SUBSCRIPTIONS.values()))


async def test_a_refused_field_does_not_spoil_its_neighbours_of_another_type(api: Api) -> None:
    answer = await api.user.post("{ viewer { email } }")
    assert answer.data == {"viewer": {"email": "user@example.com"}}
    answer = await api.user.post('{ item(ref: { sku: "NONE" }) { id } ledgerCheck { ok } }')
    assert answer.codes == ["FORBIDDEN"]


async def test_a_changed_role_counts_from_the_next_request_with_the_same_token(api: Api) -> None:
    user = api.user
    assert await user.codes("{ ledgerCheck { ok } }") == ["FORBIDDEN"]
    assert await api.admin.refusals("updateUser", input={"id": "12", "role": "ADMIN"}) == []
    assert await user.codes("{ ledgerCheck { ok } }") == []
    assert await api.admin.refusals("updateUser", input={"id": "12", "role": "VIEWER"}) == []
    assert await user.refusals("createItem", input={"sku": "A", "name": "A"}) == ["FORBIDDEN"]
    assert await api.admin.refusals("updateUser", input={"id": "12", "active": False}) == []
    assert await user.codes("{ viewer { id } }") == ["UNAUTHENTICATED"]
