"""What a version's database is filled with: everything that is stored, at least once.

Run by cut.py on a server of that version. Only what clients can do, in documents of their own, so
it runs on any later version too. Add to its end when something new is stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Say = Callable[..., Awaitable[dict[str, Any]]]  # say(who, document, **variables): the data

ITEM = (
    "id sku name description category barcode unit price cost stock minStock status visibility"
    " version deletedAt createdAt updatedAt levels { quantity location { id code name } }"
)
MOVEMENT = (
    "id actionType quantity oldStock newStock reason reference userId occurredAt recordedAt"
    " location { code } item { id sku }"
)
ALERT = (
    "id type severity status title message itemId itemName currentStock minStock timestamp"
    " acknowledgedAt snoozedUntil resolvedAt item { id sku }"
)
NOTIFICATION = "id type title message data timestamp readAt"
ERRORS = "userErrors { code message field }"

CREATE_ITEM = (
    "mutation($input: CreateItemInput!) { createItem(input: $input) { item { id } userErrors"
    " { code } } }"
)
UPDATE_ITEM = (
    "mutation($input: UpdateItemInput!) { updateItem(input: $input) { item { id } userErrors"
    " { code } } }"
)
DELETE_ITEM = "mutation($input: DeleteItemInput!) { deleteItem(input: $input) { item { id } } }"
CREATE_LOCATION = (
    "mutation($input: CreateLocationInput!) { createLocation(input: $input) { location { id } } }"
)
ADJUST = f"""mutation($input: AdjustStockInput!) {{ adjustStock(input: $input) {{
  item {{ id sku }} movement {{ {MOVEMENT} }} replayed cursor {ERRORS} }} }}"""
SET = f"""mutation($input: SetStockInput!) {{ setStock(input: $input) {{
  item {{ id sku }} movement {{ {MOVEMENT} }} replayed cursor {ERRORS} }} }}"""
BATCH = f"""mutation($input: AdjustStockBatchInput!) {{ adjustStockBatch(input: $input) {{
  movements {{ {MOVEMENT} }} applied replayed cursor {ERRORS} }} }}"""
TRANSFER = f"""mutation($input: TransferStockInput!) {{ transferStock(input: $input) {{
  movements {{ {MOVEMENT} }} applied replayed cursor {ERRORS} }} }}"""
PLACE = "mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } } }"
CONSUME = "mutation($input: ConsumeHoldInput!) { consumeHold(input: $input) { hold { id } } }"
RELEASE = "mutation($id: ID!) { releaseHold(id: $id) { hold { id } } }"
ACKNOWLEDGE = "mutation($id: ID!) { acknowledgeAlert(id: $id) { alert { id } } }"
SNOOZE = "mutation($input: SnoozeAlertInput!) { snoozeAlert(input: $input) { alert { id } } }"
RESOLVE = "mutation($id: ID!) { resolveAlert(id: $id) { alert { id } } }"
SEND = (
    "mutation($input: SendNotificationInput!) { sendNotification(input: $input)"
    " { notification { id } userErrors { code message field } } }"
)
MARK_READ = "mutation($id: ID!) { markNotificationRead(id: $id) { notification { id } } }"
CREATE_USER = "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }"
UPDATE_USER = "mutation($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }"
ALERTS = "{ alerts(first: 100) { nodes { id itemName status } } }"

# What subscribers and readers see of it all, kept beside the database for each role.
SUBSCRIPTIONS = {
    "inventoryUpdated": """subscription($after: Cursor) { inventoryUpdated(after: $after) {
  cursor timestamp type userId
  item { id sku name description category barcode unit price cost stock minStock status visibility
    version deletedAt createdAt updatedAt }
  details { oldStock newStock quantity actionType } } }""",
    "alertRaised": f"""subscription($after: Cursor) {{ alertRaised(after: $after) {{
  cursor timestamp alert {{ {ALERT} }} }} }}""",
    "alertChanged": f"""subscription($after: Cursor) {{ alertChanged(after: $after) {{
  cursor timestamp alert {{ {ALERT} }} }} }}""",
    "notificationReceived": """subscription($after: Cursor) {
  notificationReceived(after: $after) {
    cursor timestamp notification { id type title message data timestamp readAt } } }""",
}
READS = {
    "items": f"""{{ items(first: 20, where: {{ includeDeleted: true }}) {{ nodes {{ {ITEM}
  movements(first: 20) {{ nodes {{ id quantity newStock }} }} }} }} }}""",
    "alerts": f"{{ alerts(first: 50) {{ nodes {{ {ALERT} acknowledgedBy {{ id name }} }} }} }}",
    "notifications": f"{{ notifications(first: 50) {{ nodes {{ {NOTIFICATION} }} }} }}",
    "locations": "{ locations { id code name } }",
}
LAST = "LAST"  # SKU, and title, of what ends every subscription


async def fill(say: Say) -> None:
    """Leave every kind of row and event behind."""
    store = (await _location(say, "STORE", "Store room"))["id"]
    hammer = await _item(say, sku="HAM-16", name="Hammer", barcode="4006381333931", price="18.90",
                         cost="9.45", category="tools", minStock=20, initialStock=42,
                         description="Claw, 16 oz: “good”")  # fmt: skip
    nails = await _item(say, sku="NAI-50", name="Nägel 50 mm", unit="box", initialStock=7)
    secret = await _item(say, sku="SECRET", name="Prototype", visibility="ADMINS", minStock=5,
                         initialStock=4)  # fmt: skip
    gone = await _item(say, sku="GONE", name="Gone", initialStock=1)
    await say("admin", UPDATE_ITEM, input={"id": nails, "name": "Nails 50 mm", "minStock": 5})
    await _move_stock(say, hammer, nails, secret, store)
    await say("admin", DELETE_ITEM, input={"id": gone})
    await _handle_alerts(say, hammer, nails)
    await _notify(say)
    viewer = await say("admin", CREATE_USER, input={"email": "eva@example.com", "name": "Eva",
        "password": "a long password of eva", "role": "USER"})  # fmt: skip
    eva = viewer["createUser"]["user"]["id"]
    await say("admin", UPDATE_USER, input={"id": eva, "role": "VIEWER"})
    await say("admin", UPDATE_USER, input={"id": eva, "active": False})
    await _hold(say, hammer, store)
    await _last(say)


async def _location(say: Say, code: str, name: str) -> Any:
    told = await say("admin", CREATE_LOCATION, input={"code": code, "name": name})
    return told["createLocation"]["location"]


async def _item(say: Say, **fields: Any) -> str:
    told = await say("admin", CREATE_ITEM, input=fields)
    return str(told["createItem"]["item"]["id"])


def _line(item: str, quantity: int, why: str, **more: Any) -> dict[str, Any]:
    return {"item": {"id": item}, "quantity": quantity, "actionType": why, **more}


async def _move_stock(say: Say, hammer: str, nails: str, secret: str, store: str) -> None:
    """Every stock mutation, with every outcome that a key remembers."""
    one = {"idempotencyKey": "sale", **_line(hammer, -3, "SALE", reference="INV-1", reason="till")}
    await say("user", ADJUST, input={**one, "occurredAt": "2026-01-02T03:04:05.678901Z"})
    await say("user", ADJUST, input={"idempotencyKey": "too much", **_line(nails, -99, "SALE")})
    await say("admin", ADJUST, input={"idempotencyKey": "hidden", **_line(secret, 2, "RECEIPT")})
    count = {"idempotencyKey": "count", "item": {"sku": "NAI-50"}, "stock": 6, "expectedStock": 7}
    await say("user", SET, input=count)
    wrong = {"idempotencyKey": "wrong", "item": {"sku": "NAI-50"}, "stock": 6, "expectedStock": 70}
    await say("user", SET, input=wrong)
    move = {"idempotencyKey": "move", "item": {"id": hammer}, "quantity": 10, "to": store}
    places = (await say("user", "{ locations { id code } }"))["locations"]
    main = next(place["id"] for place in places if place["id"] != store)
    await say("user", TRANSFER, input={**move, "from": main})
    lines = [_line(hammer, -9, "SALE"), _line(nails, 3, "RETURN"), _line(nails, -500, "WRITE_OFF")]
    batch: dict[str, Any] = {"idempotencyKey": "some", "lines": lines, "onError": "SKIP_FAILED"}
    await say("user", BATCH, input=batch)
    await say("user", BATCH, input={"idempotencyKey": "none", "lines": lines})
    of_both = [_line(secret, 1, "RECEIPT"), _line(hammer, 1, "RETURN")]
    await say("admin", BATCH, input={"idempotencyKey": "both", "lines": of_both})


async def _handle_alerts(say: Say, hammer: str, nails: str) -> None:
    """One alert of each status, through both types."""
    await say("user", ADJUST, input={"idempotencyKey": "low", **_line(hammer, -20, "SALE")})
    await say("user", ADJUST, input={"idempotencyKey": "out", **_line(nails, -9, "SALE")})
    by_item = {a["itemName"]: a["id"] for a in (await say("user", ALERTS))["alerts"]["nodes"]}
    await say("user", ACKNOWLEDGE, id=by_item["Hammer"])
    until = {"id": by_item["Nails 50 mm"], "until": "2036-01-01T00:00:00Z"}
    await say("user", SNOOZE, input=until)
    paint = await _item(say, sku="PAINT", name="Paint", minStock=9, initialStock=8)
    by_item = {a["itemName"]: a["id"] for a in (await say("user", ALERTS))["alerts"]["nodes"]}
    await say("user", RESOLVE, id=by_item["Paint"])
    await say("user", ADJUST, input={"idempotencyKey": "full", **_line(paint, 90, "RECEIPT")})


async def _notify(say: Say) -> None:
    base = {"type": "INFO", "message": "Line one – “two”", "data": {"path": "/items", "n": [1]}}
    sent = await say("admin", SEND, input={**base, "title": "Everyone"})
    await say("admin", SEND, input={**base, "title": "Users", "role": "USER"})
    await say("user", MARK_READ, id=sent["sendNotification"]["notification"]["id"])


async def _hold(say: Say, hammer: str, store: str) -> None:
    """Holds in each state but EXPIRED, and a count that leaves less than is held."""
    line = {"item": {"id": hammer}, "quantity": 2, "location": store}
    ids = []
    for number in range(3):
        basket = {"idempotencyKey": f"hold {number}", "lines": [line, line], "reference": "CART"}
        placed = await say("user", PLACE, input={**basket, "expiresInSeconds": 7_776_000})
        ids.append(placed["placeHold"]["hold"]["id"])
        if number == 0:
            await say("user", CONSUME, input={"idempotencyKey": "consume", "id": ids[0]})
        elif number == 1:
            await say("user", RELEASE, id=ids[1])
    count = {"idempotencyKey": "short", "item": {"id": hammer}, "stock": 3, "expectedStock": 6}
    await say("user", SET, input={**count, "location": store})


async def _last(say: Say) -> None:
    """An event at the end of each subscription, which everybody may see."""
    last = await _item(say, sku=LAST, name=LAST, minStock=9, initialStock=2)
    told = (await say("user", ALERTS))["alerts"]["nodes"]
    await say("user", ACKNOWLEDGE, id=next(a["id"] for a in told if a["itemName"] == LAST))
    await say("admin", SEND, input={"type": "INFO", "title": LAST, "message": LAST})
    await say("user", ADJUST, input={"idempotencyKey": "last", **_line(last, 1, "RETURN")})
