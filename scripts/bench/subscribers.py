"""The sockets of the load generator: picows listeners that count `next` frames without parsing.

A `Board` is shared by all sockets of a run. It knows for each event (by its place in the order
of arrival on a socket) how many sockets still miss it, and when the first and the last got it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

T = TypeVar("T")

NEXT = b'"next"'
SUBPROTOCOL = "graphql-transport-ws"
OPENING_AT_ONCE = 64  # handshakes in flight; more only fills the server's backlog
SOCKETS_PER_ADDRESS = 20_000  # of about 28,000 ephemeral ports; then the next address is used
# Of this process alone: a closed socket holds its port for a minute, and the next process would
# soon find none.
LOOPBACK = f"127.{10 + secrets.randbelow(200)}.{secrets.randbelow(250)}"


class SocketFailed(Exception):
    """A socket was closed or refused, or an operation ended with an error."""


class Board:
    """Who has got what; times in seconds of time.perf_counter."""

    def __init__(self) -> None:
        self.sockets = 0
        self.remaining: list[int] = []
        self.first_at: list[float] = []
        self.last_at: list[float] = []
        self.samples: list[bytes] = []  # the first frame of each event, where asked for
        self.keep_samples = False
        self.surplus = 0
        self.failures: list[str] = []
        self.done = asyncio.Event()

    def expect(self, sockets: int, events: int, keep_samples: bool = False) -> None:
        """Get ready for `events` frames on each of `sockets`."""
        self.sockets = sockets
        self.remaining = [sockets] * events
        self.first_at = [0.0] * events
        self.last_at = [0.0] * events
        self.samples = [b""] * events
        self.keep_samples = keep_samples
        self.surplus = 0
        self.done.clear()

    @property
    def missing(self) -> int:
        """Frames still to come, over all sockets."""
        return sum(self.remaining)

    def fail(self, what: str) -> None:
        """Remember why a run cannot succeed and wake whoever waits for it."""
        self.failures.append(what)
        self.done.set()

    async def wait(self, timeout_s: float) -> None:
        """Until all is there. Raises SocketFailed with the count of missing frames."""
        try:
            if not self.failures:
                async with asyncio.timeout(timeout_s):
                    await self.done.wait()
        except TimeoutError:
            raise SocketFailed(
                f"{self.missing} of {self.sockets * len(self.remaining)} frames missing"
                f" after {timeout_s:.0f} s"
            ) from None
        if self.failures:
            raise SocketFailed(self.failures[0])


class Subscriber(WSListener):
    """One socket with one subscription."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self.seen = 0
        self.last = b""
        self.subscribed_at = 0.0
        self.first_after_s = -1.0  # from subscribe to the first frame; only where `timed`
        self.timed = False
        self.closing = False
        self.transport: WSTransport | None = None
        self.loop = asyncio.get_running_loop()
        self.reply: asyncio.Future[dict[str, Any]] = self.loop.create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        if NEXT not in payload:
            self._on_control(frame, payload)
            return
        seen = self.seen
        self.seen = seen + 1
        self.last = payload
        board = self.board
        try:
            left = board.remaining[seen] - 1
        except IndexError:
            board.surplus += 1
            return
        board.remaining[seen] = left
        if left == 0:
            board.last_at[seen] = time.perf_counter()
            if seen + 1 == len(board.remaining):
                board.done.set()
        if left + 1 == board.sockets:
            board.first_at[seen] = time.perf_counter()
            if board.keep_samples:
                board.samples[seen] = payload
        if self.timed:
            self.timed = False
            self.first_after_s = time.perf_counter() - self.subscribed_at

    def _on_control(self, frame: WSFrame, payload: bytes) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            self._fail(f"closed: {frame.get_close_code()} {frame.get_close_reason()}")
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = json.loads(payload)
        if message["type"] == "ping":
            self.send({"type": "pong", "payload": message.get("payload")})
        elif message["type"] in ("error", "complete"):
            self._fail(payload[:300].decode())
        elif not self.reply.done():
            self.reply.set_result(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._fail("the connection was lost")

    def _fail(self, what: str) -> None:
        if self.closing:
            return
        self.closing = True
        self.board.fail(what)
        if not self.reply.done():
            self.reply.set_exception(SocketFailed(what))

    def send(self, message: Mapping[str, Any]) -> None:
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, json.dumps(message).encode())

    async def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send and return the next message that is neither an event nor a ping."""
        self.reply = self.loop.create_future()
        self.send(message)
        async with asyncio.timeout(60):
            return await self.reply

    def subscribe(self, operation_id: str, payload: Mapping[str, Any]) -> None:
        self.subscribed_at = time.perf_counter()
        self.send({"id": operation_id, "type": "subscribe", "payload": payload})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server's WebSocket address and the payload of connection_init."""

    host: str
    port: int
    path: str
    init_payload: dict[str, Any]


async def open_one(endpoint: Endpoint, board: Board, number: int) -> Subscriber:
    """One acknowledged socket, from the loopback address that still has ports."""
    source = f"{LOOPBACK}.{1 + number // SOCKETS_PER_ADDRESS}"
    _, subscriber = await ws_connect(
        lambda: Subscriber(board),
        f"ws://{endpoint.host}:{endpoint.port}{endpoint.path}",
        extra_headers={"Sec-WebSocket-Protocol": SUBPROTOCOL},
        websocket_handshake_timeout=60,
        local_addr=(source, 0),
        use_aiofastnet=False,
    )
    assert isinstance(subscriber, Subscriber)
    message = await subscriber.ask({"type": "connection_init", "payload": endpoint.init_payload})
    if message["type"] != "connection_ack":
        raise SocketFailed(f"expected connection_ack, got {message['type']}")
    return subscriber


async def each(
    items: Iterable[T], work: Callable[[T], Awaitable[None]], parallel: int = OPENING_AT_ONCE
) -> None:
    """Do `work` for every item, `parallel` at a time; the first error ends all."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(parallel):
            tasks.create_task(worker())
