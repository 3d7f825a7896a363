"""The way past ASGI: the frames are those that the server itself would have written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from graphql_api.transport.seam import Line, ServerSeam, text_frame_header


class Sink(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self.written: list[bytes] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closing


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """Never asked anything here."""


async def connected() -> tuple[WebSocketsSansIOProtocol, Sink, Line]:
    # log_config: else uvicorn's loggers are its own from now on, for all tests.
    config = uvicorn.Config(
        _application, interface="asgi3", ws_per_message_deflate=False, log_config=None
    )
    config.load()
    connection = WebSocketsSansIOProtocol(config, ServerState(), {})
    sink = Sink()
    connection.connection_made(sink)
    line = ServerSeam().line(connection.send)  # type: ignore[arg-type]  # uvicorn's own types
    assert line is not None
    return connection, sink, line


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
def test_a_frame_is_the_one_that_the_websockets_library_writes(size: int) -> None:
    payload = b"x" * size
    frame = Frame(Opcode.TEXT, payload).serialize(mask=False)
    assert text_frame_header(size) + payload == frame


async def test_both_parts_are_written_as_one_frame() -> None:
    _, sink, line = await connected()
    assert line.write('{"id":"ü"'.encode(), b"}")
    assert sink.written == [Frame(Opcode.TEXT, '{"id":"ü"}'.encode()).serialize(mask=False)]


async def test_nothing_is_written_while_the_peer_does_not_read_or_once_it_is_closing() -> None:
    connection, sink, line = await connected()
    connection.pause_writing()
    assert not line.write(b"a", b"b")
    connection.resume_writing()
    assert line.write(b"a", b"b")
    connection.close_sent = True
    assert not line.write(b"a", b"b")
    connection.close_sent = False
    sink.closing = True
    assert not line.write(b"a", b"b")
    assert len(sink.written) == 1


async def test_there_is_no_line_where_frames_are_compressed_nor_on_another_server() -> None:
    connection, _, _ = await connected()
    connection.conn.extensions = [PerMessageDeflate(False, False, 15, 15)]

    async def send(_: Any) -> None:
        """Another server's."""

    assert ServerSeam().line(connection.send) is None  # type: ignore[arg-type]  # uvicorn's own types
    assert ServerSeam().line(send) is None


async def test_a_peer_that_is_lost_is_asked_nothing_and_never_answers() -> None:
    """How the bug came about: uvloop raises at a write to a lost connection whose end its socket
    has not heard of yet, and another socket of the user, which made room, failed by it."""
    connection, sink, _ = await connected()
    sink.closing = True
    send: Any = connection.send
    ServerSeam().ping(send)
    assert sink.written == []
    assert not ServerSeam().is_answered(send)
