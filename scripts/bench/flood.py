"""Not a contestant: a server that is faster than any, to show what the load generator can take.

Speaks the same protocol on --port (picows), and answers HTTP on --http-port with fixed bytes from
a bare asyncio protocol. On a trigger of `count` events it writes frames made once,
--frames-per-write of one socket at a time: with many, hardly anything is spent here and
loadgen.py is what is measured; with 1 the kernel's part is as large as with real servers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
from collections.abc import Callable
from typing import cast

import orjson
import uvloop
from ceiling import EMITTED, PAGE, update_payload
from fixtures import STOCK_START
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)


def text_frame(payload: bytes) -> bytes:
    """An unmasked final text frame of 126 to 65,535 bytes (RFC 6455, 5.2)."""
    assert 126 <= len(payload) < 65_536
    return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


class Flooder(WSListener):
    """One socket."""

    def __init__(self, sockets: dict[str, WSTransport]) -> None:
        super().__init__()
        self._sockets = sockets
        self._ids: list[str] = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT:
            return
        message = orjson.loads(frame.get_payload_as_bytes())
        if message["type"] == "connection_init":
            transport.send(WSMsgType.TEXT, b'{"type":"connection_ack"}')
        elif message["type"] == "ping":
            transport.send(WSMsgType.TEXT, b'{"type":"pong"}')
        elif message["type"] == "subscribe":
            self._ids.append(message["id"])
            self._sockets[message["id"]] = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        for operation_id in self._ids:
            self._sockets.pop(operation_id, None)


async def flood(sockets: dict[str, WSTransport], count: int, frames_per_write: int) -> None:
    """Write `count` frames to every socket."""
    payload = update_payload(STOCK_START)
    frames = {
        transport: text_frame(b'{"id":"%b","type":"next","payload":%b}' % (key.encode(), payload))
        for key, transport in sockets.items()
    }
    while count > 0:
        at_once = min(count, frames_per_write)
        for transport, frame in frames.items():
            transport.underlying_transport.write(frame * at_once)
        count -= at_once
        await asyncio.sleep(0)


class Answerer(asyncio.Protocol):
    """Answers each request with fixed bytes; a body with a `count` starts a flood."""

    def __init__(self, start: Callable[[int], None]) -> None:
        self._start = start
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().split(b"content-length: ")[1].split()[0]):
            return
        self._buffer = b""
        if b'"count"' in body:
            self._start(json.loads(body)["variables"]["count"])
        self._answer(PAGE if b"items(" in body else EMITTED)

    def _answer(self, body: bytes) -> None:
        assert self._transport is not None
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (len(body), body)
        )


async def main(port: int, http_port: int, frames_per_write: int) -> None:
    """Serve on both ports for ever."""
    sockets: dict[str, WSTransport] = {}
    tasks: set[asyncio.Task[None]] = set()

    def accept(_: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        response = WSUpgradeResponse.create_101_response(
            extra_headers={"Sec-WebSocket-Protocol": "graphql-transport-ws"}
        )
        return WSUpgradeResponseWithListener(response, Flooder(sockets))

    def start(count: int) -> None:
        task = asyncio.create_task(flood(sockets, count, frames_per_write))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop = asyncio.get_running_loop()
    answering = await loop.create_server(
        lambda: Answerer(start), "127.0.0.1", http_port, backlog=4_096
    )
    flooding = await ws_create_server(accept, "127.0.0.1", port, backlog=4_096)
    async with answering, flooding:
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--frames-per-write", type=int, default=64)
    arguments = parser.parse_args()
    uvloop.run(main(arguments.port, arguments.http_port, arguments.frames_per_write))
