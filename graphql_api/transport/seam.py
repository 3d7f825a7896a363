"""What a socket needs of the server under ASGI (uvicorn) that ASGI cannot say.

uvicorn's send waits until its buffer has room. So a peer that does not read would hold up even
the close frame that tells it so, and its transport would wait for ever to be flushed.

And a send through ASGI makes a coroutine, a message, a frame object and a list of bytes for
each socket, though a group's members get the same bytes. A `Line` writes the frame itself.

An answer over HTTP goes head first, then its body: two system calls, two coroutines, and each field
is looked through again. `answered_whole` writes both at once.

Private parts of uvicorn (bounded.py has the others): that a `send` is a method of its connection;
STATUS_LINE; of RequestResponseCycle what `answered_whole` asks for and sets, as its `send` does;
of WebSocketsSansIOProtocol `transport`, `writable`, `close_sent`, `conn` (of websockets),
`handshake_complete`, `scope`, `request`, `response` and `pending_ping_payload`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from graphql_api.transport.bounded_socket import BoundedWebSocket

# RFC 6455, 5.2: "FIN: 1 bit", "%x1 denotes a text frame".
FINAL_TEXT = 0x81
PING = 0x89
PING_PAYLOAD = b"alive?"


class Line:
    """One connection's transport, for text frames that are whole, unmasked and uncompressed."""

    __slots__ = ("_connection", "_is_writable", "_transport")

    def __init__(self, connection: WebSocketsSansIOProtocol) -> None:
        self._connection = connection
        self._transport = connection.transport
        self._is_writable = connection.writable.is_set

    def write(self, head: bytes, tail: bytes) -> bool:
        """One text message of both, in UTF-8. False: not now; ASGI's send knows what to do."""
        transport = self._transport
        if not self._is_writable() or self._connection.close_sent or transport.is_closing():
            return False
        transport.write(text_frame_header(len(head) + len(tail)) + head + tail)
        return True


def text_frame_header(size: int) -> bytes:
    """What comes before a payload of `size` bytes.

    RFC 6455, 5.2: "Payload length: 7 bits, 7+16 bits, or 7+64 bits".
    """
    if size < 126:
        return bytes((FINAL_TEXT, size))
    if size < 65_536:
        return bytes((FINAL_TEXT, 126, size >> 8, size & 255))
    return bytes((FINAL_TEXT, 127)) + size.to_bytes(8, "big")


class ServerSeam:
    """Reaches through a raw ASGI send to the connection behind it, where there is one."""

    def line(self, send: Send) -> Line | None:
        """The connection's own way out; None on other servers, and where frames are compressed."""
        connection = _connection(send)
        if not isinstance(connection, WebSocketsSansIOProtocol) or _is_compressed(connection):
            return None
        return Line(connection)

    def accept(self, send: Send, subprotocol: str) -> bool:
        """Accept a socket at once. False: it was not, and ASGI's send knows what to do."""
        connection = _connection(send)
        return isinstance(connection, BoundedWebSocket) and connection.accept(subprotocol)

    def forget_handshake(self, send: Send) -> None:
        """Let go of what only the handshake needed: a fifth of what a socket at rest costs.

        uvicorn keeps the request, its headers and the response for as long as the socket lives.
        """
        connection = _connection(send)
        if isinstance(connection, WebSocketsSansIOProtocol) and connection.handshake_complete:
            connection.scope["headers"].clear()  # type: ignore[attr-defined]  # it is a list
            if hasattr(connection, "request"):  # a plain one leaves none
                del connection.request, connection.response

    def ping(self, send: Send) -> None:
        """Ask the peer's WebSocket library for a sign of life (RFC 6455, 5.5.2: it answers with a
        pong, whoever uses it). While one is unanswered, the same is asked again."""
        connection = _connection(send)
        if not isinstance(connection, WebSocketsSansIOProtocol) or connection.close_sent:
            return
        if connection.pending_ping_payload is None:  # uvicorn clears it when its pong comes
            connection.pending_ping_payload = PING_PAYLOAD
        if connection.transport.is_closing():
            return  # it will never answer, and a write to what is lost raises on uvloop
        asked = connection.pending_ping_payload
        connection.transport.write(bytes((PING, len(asked))) + asked)

    def is_answered(self, send: Send) -> bool:
        """Whether no ping waits for its pong. True on other servers: they look for themselves."""
        return getattr(_connection(send), "pending_ping_payload", None) is None

    def abort(self, send: Send) -> None:
        """Break the connection off: its peer is gone."""
        abort = getattr(getattr(_connection(send), "transport", None), "abort", None)
        if abort is not None:
            abort()

    def unblock(self, send: Send) -> None:
        """Let the next message be written behind what waits. Harmless on other servers."""
        writable = getattr(_connection(send), "writable", None)
        if isinstance(writable, asyncio.Event):
            writable.set()

    def abort_later(self, send: Send, seconds: float) -> None:
        """Give up on the peer after `seconds`: by then it has read the close, or never will."""
        asyncio.get_running_loop().call_later(seconds, self.abort, send)


def answered_whole(
    send: Send, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes
) -> bool:
    """Answer a request at once, with all of `body`. fields: names and values that are valid ones,
    with content-length. False: nothing was sent, and ASGI's send knows what to do."""
    cycle = _connection(send)
    if not isinstance(cycle, RequestResponseCycle) or not _takes_whole_answer(cycle):
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    parts = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *fields):
        parts += name, b": ", value, b"\r\n"
    parts += b"\r\n", body
    cycle.transport.write(b"".join(parts))
    cycle.response_complete = True
    cycle.message_event.set()
    cycle.on_response()
    return True


def _takes_whole_answer(cycle: RequestResponseCycle) -> bool:
    """Whether it waits for nothing, logs nothing, and goes on afterwards."""
    return not (
        cycle.response_started
        or cycle.disconnected
        or cycle.flow.write_paused
        or cycle.access_log
        or not cycle.keep_alive
    )


def _is_compressed(connection: WebSocketsSansIOProtocol) -> bool:
    return not isinstance(connection, BoundedWebSocket) and bool(connection.conn.extensions)


def _connection(send: Send) -> Any:
    return getattr(send, "__self__", None)
