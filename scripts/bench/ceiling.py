"""Contestant: the ceiling. A bare ASGI application that writes the same bytes to the same sockets.

It knows just enough of graphql-transport-ws to be subscribed to: it acknowledges, remembers the
operation's id, and on a trigger splices that id before bytes made once, and awaits one
`websocket.send` for each socket and event. No schema, no queue, no check. Over HTTP it answers
fixed bytes: a page of items when asked for `items`, else a few.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from fixtures import MIN_STOCK, ItemRow, item_rows
from uvicorn_settings import serve

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ROWS = item_rows()
USER_ID = str(uuid.uuid5(uuid.NAMESPACE_OID, "user"))
JSON_HEADERS = [(b"content-type", b"application/json")]


def item_json(row: ItemRow, stock: int) -> dict[str, Any]:
    """The seven fields."""
    return {
        "id": row.id,
        "sku": row.sku,
        "name": row.name,
        "price": row.price,
        "stock": stock,
        "minStock": MIN_STOCK,
        "status": "IN_STOCK",
    }


def update_payload(stock: int) -> bytes:
    """The payload of one `next` message about the first item, which now has `stock` units."""
    update = {
        "type": "STOCK_UPDATED",
        "item": item_json(ROWS[0], stock),
        "details": {
            "oldStock": stock - 1,
            "newStock": stock,
            "quantity": 1,
            "actionType": "RECEIPT",
        },
        "userId": USER_ID,
        "timestamp": datetime.now(UTC).isoformat(),
    }
    return orjson.dumps({"data": {"inventoryUpdated": update}})


PAGE = orjson.dumps(
    {"data": {"items": {"edges": [{"node": item_json(row, row.stock)} for row in ROWS[:50]]}}}
)
EMITTED = b'{"data":{"emit":true}}'


class Fanout:
    """All subscribed sockets, each with the text that stands before its payload."""

    def __init__(self) -> None:
        self._sockets: dict[str, tuple[Send, str]] = {}
        self._stock = ROWS[0].stock
        self._queue: asyncio.Queue[int] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None

    def add(self, operation_id: str, send: Send) -> None:
        self._sockets[operation_id] = (send, f'{{"id":"{operation_id}","type":"next","payload":')

    def remove(self, operation_id: str) -> None:
        self._sockets.pop(operation_id, None)

    def emit(self, count: int) -> None:
        """Let the one writing task write `count` events more."""
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        self._queue.put_nowait(count)

    async def _write(self) -> None:
        while True:
            for _ in range(await self._queue.get()):
                await self._write_one()

    async def _write_one(self) -> None:
        self._stock += 1
        tail = update_payload(self._stock).decode() + "}"
        for send, head in list(self._sockets.values()):
            try:
                await send({"type": "websocket.send", "text": head + tail})
            except OSError:
                continue  # this one has gone; its own task takes it out of the list


fanout = Fanout()


async def websocket(receive: Receive, send: Send) -> None:
    """One socket from its handshake to its end."""
    operation_ids: list[str] = []
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    while (message := await receive())["type"] == "websocket.receive":
        frame = orjson.loads(message["text"])
        if frame["type"] == "connection_init":
            await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
        elif frame["type"] == "ping":
            await send({"type": "websocket.send", "text": '{"type":"pong"}'})
        elif frame["type"] == "subscribe":
            operation_ids.append(frame["id"])
            fanout.add(frame["id"], send)
    for operation_id in operation_ids:
        fanout.remove(operation_id)


async def http(receive: Receive, send: Send) -> None:
    """Read the body and answer fixed bytes; a body with a `count` starts that many events."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if b'"count"' in body:
        fanout.emit(orjson.loads(body)["variables"]["count"])
    answer = PAGE if b"items(" in body else EMITTED
    length = (b"content-length", str(len(answer)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*JSON_HEADERS, length]})
    await send({"type": "http.response.body", "body": answer})


async def lifespan(receive: Receive, send: Send) -> None:
    """Say yes to start and stop."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """The whole ASGI application."""
    if scope["type"] == "websocket":
        await websocket(receive, send)
    elif scope["type"] == "http":
        await http(receive, send)
    else:
        await lifespan(receive, send)


if __name__ == "__main__":
    serve(application)
