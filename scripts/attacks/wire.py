"""Connections of an attacker: by the byte, over plain TCP, and ended with a reset."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

ACK_TIMEOUT_S = 30.0

TEXT, CONTINUATION, PING = 0x81, 0x00, 0x89


@dataclass(frozen=True, slots=True)
class Target:
    """What is attacked. token: of somebody who is signed in, for attacks from within; is_honest:
    for the honest client's own connections."""

    host: str
    port: int
    token: str | None = None
    is_honest: bool = False

    @property
    def source(self) -> tuple[str, int] | None:
        """Where the attacker comes from: not the honest client's address, where that is easy."""
        is_easy = sys.platform == "linux" and self.host[:4] == "127."
        return ("127.0.0.2", 0) if is_easy and not self.is_honest else None


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self._head = b""

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_for_ever(self, piece: bytes, every_s: float = 0.0) -> None:
        """Until the server ends the connection."""
        while not self.reader.at_eof():
            await self.send(piece)
            await asyncio.sleep(every_s)

    async def head(self) -> int:
        """The status of the next answer."""
        self._head = await self.reader.readuntil(b"\r\n\r\n")
        return int(self._head.split(b" ", 2)[1])

    async def body(self) -> Any:
        """The JSON of the answer whose head was read."""
        _, _, told = self._head.lower().partition(b"content-length:")
        length = int(told.split(b"\r\n", 1)[0])
        return json.loads(await self.reader.readexactly(length))

    async def hold(self) -> None:
        """Say nothing more, until the server ends it."""
        await self.reader.read()

    def stop_reading(self) -> None:
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a whole one


@asynccontextmanager
async def line(target: Target) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(
        target.host, target.port, local_addr=target.source
    )
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def websocket(target: Target, begin: bool = True) -> AsyncIterator[Line]:
    """A WebSocket; begin: acknowledged, as who has the target's token, or as nobody."""
    async with line(target) as opened:
        await opened.send(handshake(target))
        if await opened.head() != 101:
            raise ConnectionError("the handshake was refused")
        if begin:
            payload = {"authorization": f"Bearer {target.token}"} if target.token else {}
            await opened.send(message({"type": "connection_init", "payload": payload}))
            # What is sent before the acknowledgement ends the socket, and is no attack any more.
            async with asyncio.timeout(ACK_TIMEOUT_S):
                await anext(messages(opened.reader))
        yield opened


def head(target: Target, method: str, path: str = "/graphql", fields: Iterable[str] = ()) -> bytes:
    """A request's head, up to the empty line, which is not in it."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {target.host}:{target.port}", *fields]
    return "".join(f"{told}\r\n" for told in lines).encode()


def handshake(target: Target, fields: Iterable[str] = (), end: bytes = b"\r\n") -> bytes:
    own = [
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version: 13",
        "sec-websocket-protocol: graphql-transport-ws",
    ]
    return head(target, "GET", fields=[*own, *fields]) + end


def operation(target: Target, query: str, signed_in: bool = False, **variables: Any) -> bytes:
    """A whole request for an operation."""
    body = json.dumps({"query": query, "variables": variables}, ensure_ascii=False).encode()
    fields = ["content-type: application/json", f"content-length: {len(body)}"]
    if signed_in and target.token:
        fields.append(f"authorization: Bearer {target.token}")
    return head(target, "POST", fields=fields) + b"\r\n" + body


def upload(target: Target, item: str, name: str, size: int) -> bytes:
    """The head of a request that attaches a file of so many bytes."""
    fields = [f"content-length: {size}", f"authorization: Bearer {target.token}"]
    return head(target, "POST", f"/attachments?item={item}&name={name}", fields) + b"\r\n"


def message(told: Any) -> bytes:
    """A JSON message in a text frame."""
    return frame(TEXT, json.dumps(told, ensure_ascii=False).encode())


async def messages(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """The server's JSON messages, until it ends the connection: then EOFError."""
    while True:
        first, length = await reader.readexactly(2)
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
        payload = await reader.readexactly(length)
        if first == TEXT:
            yield json.loads(payload)


def frame(first_byte: int, payload: bytes) -> bytes:
    """A client's frame, masked by zeroes."""
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 65_536:
        length = bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((0x80 | 127,)) + size.to_bytes(8, "big")
    return bytes((first_byte,)) + length + b"\0\0\0\0" + payload
