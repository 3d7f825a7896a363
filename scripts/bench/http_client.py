"""A small HTTP/1.1 client for load and triggers: keep-alive, one request in flight a connection.

Used by loadgen.py only. It reads replies that carry a Content-Length, which all contestants
send, and raises on anything else rather than guess.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

HEADER_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go and the header lines that each of them carries."""

    host: str
    port: int
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, body: bytes) -> bytes:
        """The bytes of one POST with a JSON body."""
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Content-Type: application/json",
            "Accept: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + HEADER_END + body


class BadReply(Exception):
    """The server's reply is not what the measure expects."""


def content_length(head: bytes) -> int:
    """The body's length in bytes as the header block tells it. Raises BadReply without one."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise BadReply(f"no content-length in {head[:200]!r}")


def accepted(status: int, body: bytes) -> bool:
    """Whether a reply is a success: no GraphQL errors, no user error's code, found by scanning."""
    return status == 200 and b'"errors"' not in body and b'"code"' not in body


class Connection(asyncio.Protocol):
    """One keep-alive connection; `on_reply(status, body)` is called for each reply."""

    def __init__(self, on_reply: Callable[[int, bytes], None]) -> None:
        self.on_reply = on_reply
        self.lost = False
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._needed = 0  # bytes of the whole reply, 0 while its head is not there yet
        self._body_at = 0
        self._head = b""
        self._length = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def write(self, request: bytes) -> None:
        """Send one request; the reply to the one before must have come."""
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._needed:
            self._read_head()
        if self._needed and len(self._buffer) >= self._needed:
            reply, self._buffer = self._buffer, self._buffer[self._needed :]
            body = reply[self._body_at : self._needed]
            self._needed = 0
            self.on_reply(int(reply[9:12]), body)

    def _read_head(self) -> None:
        end = self._buffer.find(HEADER_END)
        if end < 0:
            return
        head = self._buffer[:end]
        if head != self._head:  # most replies of one server have the very same head
            self._head, self._length = head, content_length(head)
        self._body_at = end + len(HEADER_END)
        self._needed = self._body_at + self._length


async def connect(target: Target, on_reply: Callable[[int, bytes], None]) -> Connection:
    """One open connection to the target."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(on_reply), target.host, target.port
    )
    return connection


class Slot:
    """One connection of a Caller and the request that it is busy with."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.waiting: asyncio.Future[bytes] | None = None

    def settle(self, status: int, body: bytes) -> None:
        """Hand the reply to whoever waits; called by the connection."""
        waiting = self.waiting
        if waiting is None or waiting.done():
            return
        if accepted(status, body):
            waiting.set_result(body)
        else:
            waiting.set_exception(BadReply(f"{status}: {body[:300].decode()}"))


class Caller:
    """A pool of connections with an awaitable `post`; for triggers, not for load."""

    def __init__(self, target: Target, size: int) -> None:
        self._target = target
        self._size = size
        self._free: asyncio.Queue[Slot] = asyncio.Queue()

    async def open(self) -> None:
        """Open all connections."""
        for _ in range(self._size):
            slot = Slot()
            await self._connect(slot)
            self._free.put_nowait(slot)

    async def _connect(self, slot: Slot) -> Connection:
        slot.connection = await connect(self._target, slot.settle)
        return slot.connection

    async def post(self, body: bytes) -> bytes:
        """The reply's body. Raises BadReply for an HTTP status, GraphQL error or user error."""
        slot = await self._free.get()
        try:
            connection = slot.connection
            if connection is None or connection.lost:  # servers close idle ones after 5 s
                connection = await self._connect(slot)
            slot.waiting = asyncio.get_running_loop().create_future()
            connection.write(self._target.request(body))
            return await slot.waiting
        finally:
            self._free.put_nowait(slot)


@dataclass(slots=True)
class LoadResult:
    """What a closed loop of clients saw: latencies in seconds, in the order of completion."""

    seconds: float
    latencies: list[float]
    failed: int
    first_body: bytes
    requests: int  # answered, those of the warm-up too


class ClosedLoop:
    """Some clients, each of which sends its next request when the last one is answered."""

    def __init__(self, target: Target, next_body: Callable[[], bytes]) -> None:
        self._target = target
        self._next_body = next_body
        self._sent_at: dict[int, float] = {}
        self._connections: list[Connection] = []
        self._latencies: list[float] = []
        self._failed = 0
        self._first_body = b""
        self._counting = False
        self._answered = 0
        self._stopped = False

    async def run(self, clients: int, seconds: float, warmup_seconds: float) -> LoadResult:
        """Load for `warmup_seconds` uncounted, then for `seconds` counted."""
        for number in range(clients):
            connection = await connect(self._target, self._reply_handler(number))
            self._connections.append(connection)
            self._send(number)
        await asyncio.sleep(warmup_seconds)
        self._counting = True
        started = time.perf_counter()
        await asyncio.sleep(seconds)
        elapsed = time.perf_counter() - started
        self._stopped = True
        for connection in self._connections:
            self._failed += connection.lost
            connection.close()
        found = self._latencies, self._failed, self._first_body
        return LoadResult(elapsed, *found, self._answered)

    def _send(self, number: int) -> None:
        self._sent_at[number] = time.perf_counter()
        self._connections[number].write(self._target.request(self._next_body()))

    def _reply_handler(self, number: int) -> Callable[[int, bytes], None]:
        def handle(status: int, body: bytes) -> None:
            if self._stopped:
                return
            self._answered += 1
            if not accepted(status, body):
                self._failed += 1
            if self._counting:
                self._latencies.append(time.perf_counter() - self._sent_at[number])
            elif not self._first_body:
                self._first_body = body
            self._send(number)

        return handle


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]
