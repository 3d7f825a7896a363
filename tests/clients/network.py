"""A network that fails when a test says so: a TCP proxy in front of the server."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65_536


class Proxy:
    """Passes bytes on between its own loopback port and the server's, until it is told to cut."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.accepted = 0
        self.turned_away = 0
        self.is_down = False

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
        for writer in list(self._clients):
            if not writer.is_closing():  # RFC 6455, 5.5.1: FIN, opcode 8, two bytes of code
                writer.write(b"\x88\x02" + code.to_bytes(2, "big"))
                writer.close()

    def cut(self) -> None:
        """Break every connection, without a goodbye."""
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            self.turned_away += 1
            writer.transport.abort()
            return
        try:
            others = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self.accepted += 1
        self._open |= {writer, others[1]}
        self._clients.add(writer)
        for source, sink in ((reader, others[1]), (others[0], writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(CHUNK_BYTES):
                sink.write(data)
                await sink.drain()
            sink.close()
        except OSError:
            sink.transport.abort()
        finally:
            self._open.discard(sink)
            self._clients.discard(sink)
