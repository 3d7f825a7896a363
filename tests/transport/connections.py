"""The server's two protocols without a server: bytes in, what is written and what the application
hears out. Used where what they do is compared with what uvicorn and websockets do alone."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.server import ServerState

from graphql_api.settings import Settings
from graphql_api.transport.bounded import BoundedHttp
from graphql_api.transport.bounded_socket import BoundedWebSocket
from graphql_api.transport.server import ServerConfig, bounds_of
from tests.streams import eventually
from tests.transport.pipes import settle

DEFAULT_HEADERS = [(b"date", b"Mon, 30 Nov 2026 12:00:00 GMT")]


class Sink(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self.written = b""
        self.closing = False
        self.has_ended = False
        self.reads = True
        self.protocol: Any = None

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def is_reading(self) -> bool:
        return self.reads

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


class Application:
    """An ASGI application that keeps what it hears. It accepts by `accept`, or by ASGI's send."""

    def __init__(self, spoken: str | None = None, *, is_reading: bool = True) -> None:
        self.spoken = spoken
        self.is_reading = is_reading
        self.over = asyncio.Event()
        self.scopes: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(dict(scope))
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        self.heard.append(await receive())
        if self.spoken is None or not send.__self__.accept(self.spoken):
            await send({"type": "websocket.accept", "subprotocol": self.spoken, "headers": []})
        while self.is_reading:
            message = await receive()
            self.heard.append(message)
            if message["type"] == "websocket.disconnect":
                return
        await self.over.wait()


class Connection:
    """One connection, from its first byte on."""

    def __init__(
        self, application: Application, settings: Settings, message_bytes_max: int = 4_096
    ) -> None:
        config = ServerConfig(
            application,
            bounds_of(settings),
            interface="asgi3",
            http=BoundedHttp,
            ws=BoundedWebSocket,
            ws_max_size=message_bytes_max,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            log_config=None,
        )
        config.load()
        state = ServerState()
        state.default_headers = list(DEFAULT_HEADERS)
        self.application = application
        self.sink = Sink()
        http = BoundedHttp(config, state, {})
        self.sink.protocol = http
        http.connection_made(self.sink)

    @property
    def protocol(self) -> Any:
        return self.sink.protocol

    async def receives(self, *pieces: bytes) -> None:
        """These bytes come, each piece in a packet of its own, and all who can do their part."""
        for piece in pieces:
            if not self.sink.closing:
                self.sink.protocol.data_received(piece)
            await eventually(lambda: self.sink.closing or not getattr(self.protocol, "_rest", b""))
            await settle(5)

    async def ends(self) -> None:
        """The connection is lost."""
        self.sink.protocol.connection_lost(None)
        self.application.over.set()
        await settle(5)
