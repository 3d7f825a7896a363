"""Somebody who follows a script of operations on the running application and keeps the answers.

For tests that compare the answers of two applications.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from graphql_api.clock import HeldClock
from tests.schema.api import Api, Caller

ITEM = """item { id sku name category barcode unit displayUnit stock held available minStock status
  version price cost attributes deletedAt archivedAt updatedAt suggestedQuantity
  barcodes { code factor unit } units { name factor }
  levels { quantity held available location { code } } }"""
ERRORS = "userErrors { code message template values field }"
MOVED = f"""movement {{ id actionType quantity oldStock newStock reason reference occurredAt
  recordedAt location {{ code }} reverses {{ id }} reversedBy {{ id }} }}
  warnings {{ code message }} replayed {ERRORS}"""
HELD = f"""hold {{ id status expiresAt endedAt lines {{ quantity location {{ code }} }} }}
  movements {{ id quantity newStock }} replayed {ERRORS}"""
PLACE = f"location {{ id code name archivedAt path {{ code }} children {{ code }} }} {ERRORS}"
PAYLOADS = {
    "createItem": f"{ITEM} warnings {ERRORS}",
    "updateItem": f"{ITEM} warnings {ERRORS}",
    "updateItems": f"items {{ sku }} {ERRORS}",
    "archiveItem": f"{ITEM} warnings {ERRORS}",
    "restoreItem": f"{ITEM} warnings {ERRORS}",
    "deleteItem": f"{ITEM} warnings {ERRORS}",
    "setLocationMinimum": f"{ITEM} {ERRORS}",
    "createLocation": PLACE,
    "updateLocation": PLACE,
    "archiveLocation": PLACE,
    "restoreLocation": PLACE,
    "adjustStock": MOVED,
    "setStock": MOVED,
    "reverseMovement": MOVED,
    "transferStock": ERRORS,
    "placeHold": HELD,
    "consumeHold": HELD,
    "extendHold": HELD,
    "updateNotificationPreferences": f"preferences {{ kind channels minSeverity }} {ERRORS}",
}


@dataclass(slots=True)
class Telling:
    """Somebody who follows a script, and keeps all that is answered."""

    api: Api
    clock: HeldClock
    answers: list[bytes] = field(default_factory=list)
    _keys: int = 0

    async def ask(self, query: str, caller: Caller | None = None, **variables: Any) -> Any:
        """An operation, by ADMIN unless told otherwise; its data, None for none."""
        answer = await (caller or self.api.admin).post(query, variables)
        answer.body.get("extensions", {}).pop("cursor", None)  # names the database
        self.answers.append(orjson.dumps([answer.status, answer.body]))
        return answer.data

    async def do(self, name: str, /, **given: Any) -> Any:
        """A mutation with one input, which may be refused: its payload."""
        input_type = f"{name[0].upper()}{name[1:]}Input"
        query = (
            f"mutation($input: {input_type}!) {{ {name}(input: $input) {{ {PAYLOADS[name]} }} }}"
        )
        data = await self.ask(query, input=given)
        return data and data[name]

    async def keyed(self, name: str, /, **given: Any) -> Any:
        """`do`, under a key of its own."""
        self._keys += 1
        return await self.do(name, idempotencyKey=f"key {self._keys}", **given)

    async def item(self, sku: str, **more: Any) -> str:
        """A new item's id."""
        given = {"name": sku.title(), "initialStock": 10} | more
        made = await self.do("createItem", sku=sku, **given)
        id_: str = made["item"]["id"]
        return id_

    async def place(self, code: str, parent: str | None = None) -> str:
        """A new location's id."""
        made = await self.do("createLocation", code=code, name=code, parentId=parent)
        id_: str = made["location"]["id"]
        return id_

    async def books(self, sku: str, quantity: int, **more: Any) -> str:
        """The id of a movement."""
        kind = "RECEIPT" if quantity > 0 else "SALE"
        given = {"actionType": kind, "quantity": quantity} | more
        done = await self.keyed("adjustStock", item={"sku": sku}, **given)
        id_: str = done["movement"]["id"]
        return id_
