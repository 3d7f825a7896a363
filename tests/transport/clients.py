"""Clients on real sockets: one that reads everything as it comes, and one that reads when told."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import defaultdict
from contextlib import suppress
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from graphql_api.events.cursor import decode_cursor
from tests.patience import PATIENCE_S

PROTOCOL = Subprotocol("graphql-transport-ws")


class Closed(Exception):
    """The socket ended while something was waited for."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code}: {reason}")
        self.code = code
        self.reason = reason


class Client:
    """A graphql-transport-ws client that reads whatever comes, sorted by operation."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.ack: dict[str, Any] = {}
        self.received: list[dict[str, Any]] = []  # everything, in order
        self._by_id: defaultdict[str | None, asyncio.Queue[dict[str, Any]]] = defaultdict(
            asyncio.Queue
        )
        self.answers_pings = True
        self._ended: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, **options: Any) -> Self:
        """Connect; nothing is said yet."""
        async with asyncio.timeout(PATIENCE_S):
            connection = await connect(
                url,
                subprotocols=[PROTOCOL],
                compression=None,
                ping_interval=None,
                max_size=None,
                close_timeout=1,
                **{"open_timeout": PATIENCE_S} | options,
            )
        assert connection.subprotocol == PROTOCOL
        return cls(connection)

    async def init(self, token: str | None) -> Self:
        """Say who is asking, and wait for the ack. Raises Closed."""
        await self.send_init(token)
        message = await self.control("connection_ack")
        self.ack = message["payload"]
        return self

    async def send_init(self, token: str | None) -> None:
        payload = {"authorization": f"Bearer {token}"} if token else None
        await self.send({"type": "connection_init", "payload": payload})

    async def send(self, message: Any) -> None:
        await self.send_text(json.dumps(message))

    async def send_text(self, text: Any) -> None:
        """A text, bytes, or an iterable of fragments. Raises Closed."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                await self._connection.send(text)
            except ConnectionClosed:
                raise (await asyncio.shield(self._ended)) from None

    async def start(self, operation_id: str, query: str, **variables: Any) -> None:
        """Begin an operation."""
        payload = {"query": query, "variables": variables}
        await self.send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def complete(self, operation_id: str) -> None:
        await self.send({"id": operation_id, "type": "complete"})

    async def message(self, operation_id: str | None) -> dict[str, Any]:
        """The next message of an operation; None: of none, but for pings. Raises Closed."""
        queue = self._by_id[operation_id]
        if queue.empty():
            getter = asyncio.ensure_future(queue.get())
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.wait((getter, self._ended), return_when=asyncio.FIRST_COMPLETED)
            if not getter.done():
                getter.cancel()
                raise self._ended.result()
            return getter.result()
        return queue.get_nowait()

    async def control(self, kind: str) -> dict[str, Any]:
        """The next message of no operation, which must be of this kind."""
        message = await self.message(None)
        assert message["type"] == kind, message
        return message

    async def event(self, operation_id: str = "s") -> dict[str, Any]:
        """A subscription's next event."""
        message = await self.message(operation_id)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        ((_, value),) = message["payload"]["data"].items()
        event: dict[str, Any] = value
        return event

    async def run(self, query: str, operation_id: str = "q", **variables: Any) -> Any:
        """A query or a mutation, from its start to its complete: the data."""
        await self.start(operation_id, query, **variables)
        message = await self.message(operation_id)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        assert (await self.message(operation_id))["type"] == "complete"
        return message["payload"]["data"]

    async def refusal(self, operation_id: str = "s") -> list[str]:
        """The codes of an operation's error message, which is its next."""
        message = await self.message(operation_id)
        assert message["type"] == "error", message
        return [error["extensions"]["code"] for error in message["payload"]]

    async def settle(self) -> None:
        """Wait until the server has heard all that was said. It answers in order."""
        await self.send({"type": "ping", "payload": {"settle": True}})
        while True:
            message = await self.message(None)
            if message["type"] == "pong":
                assert message["payload"] == {"settle": True}
                return

    async def closed(self) -> tuple[int, str]:
        """How the socket was closed, once it is."""
        async with asyncio.timeout(PATIENCE_S):
            ended = await asyncio.shield(self._ended)
        return ended.code, ended.reason

    @property
    def is_closed(self) -> bool:
        return self._ended.done()

    @property
    def pings(self) -> list[dict[str, Any] | None]:
        """The payloads of the server's pings so far."""
        return [m.get("payload") for m in self.received if m["type"] == "ping"]

    def positions(self, operation_id: str = "s") -> list[int]:
        """Where in the log the events of a subscription stand that came so far, in order."""
        return [position_of(event) for event in self.events(operation_id)]

    def events(self, operation_id: str = "s") -> list[dict[str, Any]]:
        """A subscription's events so far."""
        return [
            next(iter(message["payload"]["data"].values()))
            for message in self.received
            if message["type"] == "next" and message["id"] == operation_id
        ]

    async def until(self, position: int, operation_id: str = "s") -> list[int]:
        """Read a subscription's events up to this position; the positions of all so far."""
        if self.positions(operation_id)[-1:] != [position]:
            while position_of(await self.event(operation_id)) != position:
                pass
        return self.positions(operation_id)

    async def close(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._connection.close()
            await self._reader

    def reset(self) -> None:
        """Drop the connection with a RST: no goodbye, and what is under way is lost."""
        reset(self._connection.transport.get_extra_info("socket"))
        self._connection.transport.abort()

    async def _read(self) -> None:
        try:
            async for text in self._connection:
                assert isinstance(text, str), "a binary frame"
                message = orjson.loads(text)
                self.received.append(message)
                if message["type"] == "ping":
                    if self.answers_pings:
                        await self._connection.send('{"type":"pong"}')
                else:
                    self._by_id[message.get("id")].put_nowait(message)
        except ConnectionClosed:
            pass
        connection = self._connection
        code = 1006 if connection.close_code is None else connection.close_code
        self._ended.set_result(Closed(code, connection.close_reason or ""))


def position_of(event: dict[str, Any]) -> int:
    """An event's place in the log."""
    return decode_cursor(event["cursor"]).position


def reset(connected: socket.socket) -> None:
    """From now on, closing this socket sends a RST."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class RawClient:
    """A client that reads nothing from its TCP socket until it is told to."""

    def __init__(self, connected: socket.socket, protocol: ClientProtocol) -> None:
        self._socket = connected
        self._protocol = protocol
        self._frames: list[Frame] = []

    @classmethod
    async def open(cls, url: str, receive_buffer: int = 4_096) -> Self:
        """Connect and shake hands. receive_buffer: bytes that the kernel keeps for us."""
        uri = parse_uri(url)
        connected = socket.socket()
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connected.setblocking(False)
        loop = asyncio.get_running_loop()
        protocol = ClientProtocol(uri, subprotocols=[PROTOCOL], max_size=None)
        client = cls(connected, protocol)
        async with asyncio.timeout(PATIENCE_S):
            await loop.sock_connect(connected, (uri.host, uri.port))
            protocol.send_request(protocol.connect())
            await client._flush()
            while not isinstance(response := await client._next(), Response):
                pass
        assert response.status_code == 101
        return client

    async def init(self, token: str | None) -> Self:
        payload = {"authorization": f"Bearer {token}"} if token else None
        await self.send({"type": "connection_init", "payload": payload})
        assert (await self.read())["type"] == "connection_ack"
        return self

    async def send(self, message: Any) -> None:
        self._protocol.send_text(json.dumps(message).encode())
        await self._flush()

    async def start(self, operation_id: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def send_bytes(self, raw: bytes) -> None:
        """Any bytes at all."""
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.get_running_loop().sock_sendall(self._socket, raw)

    async def read(self) -> dict[str, Any]:
        """The next message. Raises Closed."""
        message: dict[str, Any] = json.loads(await self._text())
        return message

    async def read_bytes(self, count: int) -> int:
        """Take at most so many bytes out of the socket; how many there were, 0 at its end."""
        data = await asyncio.get_running_loop().sock_recv(self._socket, count)
        self._feed(data)
        return len(data)

    async def read_all(self) -> list[dict[str, Any]]:
        """Every message up to the end, which must be a close frame or the connection's end."""
        messages = []
        while True:
            try:
                messages.append(await self.read())
            except Closed:
                return messages

    @property
    def close_code(self) -> int | None:
        """What the server's close frame said, once it has been read; None without one."""
        told = self._protocol.close_rcvd
        return None if told is None else told.code

    def reset(self) -> None:
        """Drop the connection with a RST."""
        reset(self._socket)
        self._socket.close()

    def close(self) -> None:
        self._socket.close()

    async def _text(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self._next()
                assert isinstance(frame, Frame)
                if frame.opcode is Opcode.TEXT:
                    assert frame.fin
                    return bytes(frame.data)
                if frame.opcode is Opcode.CLOSE:
                    assert self._protocol.close_rcvd is not None
                    told = self._protocol.close_rcvd
                    raise Closed(told.code, told.reason)

    async def _next(self) -> Any:
        while not self._frames:
            try:
                data = await asyncio.get_running_loop().sock_recv(self._socket, 65_536)
            except ConnectionError:
                raise Closed(1006, "reset") from None
            if not data:
                raise Closed(1006, "ended without a close frame")
            self._feed(data)
            with suppress(ConnectionError):
                await self._flush()  # the pongs for the pings among it
        return self._frames.pop(0)

    def _feed(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        self._frames += self._protocol.events_received()  # type: ignore[arg-type]

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            await self.send_bytes(data)
