"""A network that fails when a test says so: a TCP proxy in front of a server."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Way:
    """One connection through the proxy, with its two ends."""

    def __init__(self, client: Streams, server: Streams) -> None:
        self.client = client
        self.server = server

    def cut(self) -> None:
        """Break it, without a goodbye."""
        for _, writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """Passes bytes on between its own loopback port and the server's, until it is told to cut."""

    def __init__(self, target_port: int, target_host: str = "127.0.0.1") -> None:
        self.target = target_host, target_port
        self._ways: set[Way] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.accepted = 0
        self.turned_away = 0
        self.is_down = False  # breaks new connections off

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop_listening(self) -> None:
        """Whoever comes is refused, as by a machine whose server is not running."""
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    async def listen(self) -> None:
        """Again, on the same port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def close_sockets(self, code: int) -> None:
        """A WebSocket close frame from the server to everyone, then the end of the connection.

        To be used while nothing is under way: it would split what is.
        """
        for way in self._ways:
            writer = way.client[1]
            if not writer.is_closing():  # RFC 6455, 5.5.1: FIN, opcode 8, two bytes of code
                writer.write(b"\x88\x02" + code.to_bytes(2, "big"))
                writer.close()

    def cut(self) -> None:
        """Break every connection, without a goodbye."""
        for way in self._ways:
            way.cut()
        self._ways.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            self.turned_away += 1
            writer.transport.abort()
            return
        try:
            server = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        self.accepted += 1
        way = self._opened((reader, writer), server)
        self._ways.add(way)
        for work in (self._forth(way), self._back(way)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _opened(self, client: Streams, server: Streams) -> Way:
        return Way(client, server)

    async def _forth(self, way: Way) -> None:
        """From the client to the server."""
        await self._pass_on(way.client[0], way.server[1])
        self._forget(way)

    async def _back(self, way: Way) -> None:
        """From the server to the client."""
        await self._pass_on(way.server[0], way.client[1])
        self._forget(way)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(CHUNK_BYTES):
                sink.write(data)
                await sink.drain()
            sink.close()
        except OSError:
            sink.transport.abort()

    def _forget(self, way: Way) -> None:
        """Keep it no longer than both ends are open, so that whoever cuts finds what is left."""
        if way.client[1].is_closing() and way.server[1].is_closing():
            self._ways.discard(way)
