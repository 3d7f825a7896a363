"""Peers that speak HTTP by the byte, well or badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from tests.patience import PATIENCE_S

ENDLESS_BYTES = 8_000_000  # what a test calls endless: far beyond any bound, and soon sent


class Peer:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.sent = 0  # bytes

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        self.sent += len(data)
        async with asyncio.timeout(PATIENCE_S):
            await self._writer.drain()

    async def send_endlessly(self, piece: bytes, every_s: float = 0.0) -> bytes:
        """Send until the server ends the connection, which it must: what it said."""
        reading = asyncio.ensure_future(self.ended())
        with suppress(ConnectionError):
            while self.sent < ENDLESS_BYTES and not reading.done():
                await self.send(piece)
                await asyncio.sleep(every_s)
        return await reading

    async def shake_hands(self) -> None:
        """Open a WebSocket."""
        await self.send(handshake())
        async with asyncio.timeout(PATIENCE_S):
            assert b" 101 " in await self._reader.readuntil(b"\r\n\r\n")

    async def line(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.readline()

    def stop_reading(self) -> None:
        """Leave what comes in the kernel, and so, once that is full, with the server."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a whole one

    async def answer(self) -> tuple[int, bytes]:
        """The next response's status and body, which must tell its length."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            assert b"content-length" in head, head[:400]
            status = int(head.split(b" ", 2)[1])
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            return status, await self._reader.readexactly(int(fields[b"content-length"]))

    async def ended(self) -> bytes:
        """What comes until the server ends the connection, which it must."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._reader.read()
        except ConnectionError:
            return b""

    def close(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def peer(port: int, local: str = "127.0.0.1") -> AsyncIterator[Peer]:
    """A peer that has connected, from an address of this machine."""
    streams = await asyncio.open_connection("127.0.0.1", port, local_addr=(local, 0))
    connected = Peer(*streams)
    try:
        yield connected
    finally:
        connected.close()


def request(
    fields: Iterable[bytes] = (), method: bytes = b"GET", path: bytes = b"/healthz"
) -> bytes:
    """A request's head, whole."""
    lines = [method + b" " + path + b" HTTP/1.1", b"host: localhost", *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def handshake(fields: Iterable[bytes] = ()) -> bytes:
    """A WebSocket's opening request."""
    return request(
        [
            b"upgrade: websocket",
            b"connection: upgrade",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            b"sec-websocket-version: 13",
            b"sec-websocket-protocol: graphql-transport-ws",
            *fields,
        ],
        path=b"/graphql",
    )
