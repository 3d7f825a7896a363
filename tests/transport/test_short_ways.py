"""The short ways of sockets say and do what uvicorn and websockets do with the same bytes."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from graphql_api.transport import bounded, upgrade
from graphql_api.transport.bounded_socket import BoundedWebSocket
from tests.conftest import settings_for
from tests.streams import eventually
from tests.transport.connections import Application, Connection
from tests.transport.peers import handshake

KEY = b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
SPOKEN = "graphql-transport-ws"
SETTINGS = settings_for("sqlite:///unused.sqlite3")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """As a server's log is by default: one that tells each handshake goes the long way."""
    server = logging.getLogger("uvicorn.error")
    before = server.level
    server.setLevel(logging.WARNING)
    yield
    server.setLevel(before)


def _changed(old: bytes, new: bytes) -> bytes:
    asked = handshake()
    assert old in asked
    return asked.replace(old, new, 1)


PLAIN = {
    "as usual": handshake(),
    "with a query": _changed(b"/graphql ", b"/graphql?a=b?c%20d "),
    "with an escaped path": _changed(b"/graphql ", b"/gr%61phql%2F "),
    "of a browser": handshake([b"origin: http://localhost", b"user-agent: x", b"cookie: a=b"]),
    "of Firefox": _changed(b"connection: upgrade", b"Connection: keep-alive, Upgrade"),
    "with capitals": _changed(b"upgrade: websocket", b"UPGRADE: WebSocket"),
    "of two protocols": _changed(SPOKEN.encode(), SPOKEN.encode() + b", graphql-ws"),
    "of no protocol": _changed(b"sec-websocket-protocol: graphql-transport-ws\r\n", b""),
    "with compression": handshake([b"sec-websocket-extensions: permessage-deflate"]),
    "with Latin-1": handshake([b"x-name: \xe4\xf6"]),
    "with blanks": handshake([b"x-name: \t a \t b"]),
    "with the same field twice": handshake([b"x-name: a", b"x-name: b"]),
}
UNUSUAL = {
    "by another method": _changed(b"GET", b"POST"),
    "of HTTP/1.0": _changed(b"HTTP/1.1", b"HTTP/1.0"),
    "of another version": _changed(b"version: 13", b"version: 12"),
    "of no version": _changed(b"sec-websocket-version: 13\r\n", b""),
    "without a key": _changed(KEY + b"\r\n", b""),
    "with a short key": _changed(KEY, b"sec-websocket-key: YWJj"),
    "with a key that is none": _changed(KEY, b"sec-websocket-key: ?GhlIHNhbXBsZSBub25jZQ=="),
    "with a key that is not ASCII": _changed(KEY, b"sec-websocket-key: \xe4GhlIHNhbXBsZSBub25jZQ"),
    "with two keys": handshake([KEY]),
    "with two versions": handshake([b"sec-websocket-version: 13"]),
    "with two origins": handshake([b"origin: http://a", b"origin: http://b"]),
    "with two upgrades": handshake([b"upgrade: websocket"]),
    "with two connections": handshake([b"connection: close"]),
    "with two lines of protocols": handshake([b"sec-websocket-protocol: graphql-ws"]),
    "with an empty protocol": _changed(SPOKEN.encode(), b""),
    "with a protocol that is none": _changed(SPOKEN.encode(), b"a b"),
    "with commas alone": _changed(SPOKEN.encode(), b"a,,b"),
    "with a body": handshake([b"content-length: 1"]) + b"x",
    "with an empty body": handshake([b"content-length: 0"]),
    "with chunks": handshake([b"transfer-encoding: chunked"]),
    "with a blank at an end": handshake([b"x-name: a \t "]),
    "with a blank after a key": _changed(KEY, KEY + b" "),
    "with a long field": handshake([b"x: " + b"a" * 9_000]),
    "with a path that is not ASCII": _changed(b"/graphql ", b"/\xe4 "),
}


async def _opened(asked: bytes, spoken: str | None = None) -> Any:
    """What is written, heard and done about a handshake."""
    application = Application(spoken)
    connection = Connection(application, SETTINGS)
    await connection.receives(asked)
    sink = connection.sink
    found = (sink.written, sink.closing, application.scopes, application.heard[:1])
    await connection.ends()
    return found


@pytest.mark.parametrize("what", PLAIN | UNUSUAL)
@pytest.mark.parametrize("spoken", [None, SPOKEN])
async def test_a_handshake_is_answered_as_uvicorn_and_websockets_answer_it(
    what: str, spoken: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (PLAIN | UNUSUAL)[what]
    short = await _opened(asked, spoken)
    monkeypatch.setattr(bounded, "plain_handshake", lambda *_: None)
    assert short == await _opened(asked, spoken)
    assert (what in PLAIN) <= (b" 101 " in short[0])


FIELDS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"upgrade", (b"websocket", b"WebSocket", b"h2c", b"websocket, h2c", b"")),
    (b"connection", (b"upgrade", b"keep-alive, Upgrade", b"keep-alive", b"upgrade,close", b"")),
    (b"sec-websocket-version", (b"13", b"8", b"13, 8", b"")),
    (b"sec-websocket-key", (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZQ", b"")),
    (b"sec-websocket-protocol", (b"graphql-transport-ws", b"a,b", b"a , b", b",", b'"a"')),
    (b"sec-websocket-extensions", (b"permessage-deflate", b"x; y=1", b";")),
    (b"origin", (b"http://localhost", b"null", b"")),
    (b"content-length", (b"0", b"3")),
)


@st.composite
def _handshakes(draw: st.DrawFn) -> bytes:
    """Requests that are nearly handshakes, or are."""
    lines = [b"GET /graphql HTTP/1.1", b"host: localhost"]
    for name, values in FIELDS[:5]:
        for _ in range(draw(st.sampled_from((1, 1, 1, 1, 1, 0, 2)))):
            likely = st.just(values[0])
            lines.append(name + b": " + draw(st.one_of(likely, likely, st.sampled_from(values))))
    for name, values in draw(st.lists(st.sampled_from(FIELDS), max_size=1)):
        lines.append(name + b": " + draw(st.sampled_from(values)))
    return b"\r\n".join([lines[0], *draw(st.permutations(lines[1:]))]) + b"\r\n\r\n"


@given(asked=_handshakes())
def test_whatever_is_asked_both_ways_say_the_same(asked: bytes) -> None:
    async def both() -> None:
        short = await _opened(asked, SPOKEN)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(bounded, "plain_handshake", lambda *_: None)
            assert short == await _opened(asked, SPOKEN)

    asyncio.run(both())


def test_a_key_is_answered_as_in_the_standard() -> None:
    """RFC 6455, 1.3, gives this example."""
    assert upgrade.accept_of(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


async def test_a_plain_handshake_needs_no_parser_and_leaves_nothing_to_collect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How it came about: a quarter of opening a socket was its request, written and parsed again,
    and the HTTP connection stayed until the collector of garbage found it."""
    made = 0

    def counted(self: ServerProtocol, *arguments: Any, **named: Any) -> None:
        nonlocal made
        made += 1
        original(self, *arguments, **named)

    original = ServerProtocol.__init__
    monkeypatch.setattr(ServerProtocol, "__init__", counted)
    connection = Connection(Application(SPOKEN), SETTINGS)
    http = weakref.ref(connection.protocol)
    gc.disable()
    try:
        await connection.receives(handshake(), _frame(Opcode.TEXT, b"{}"), _frame(Opcode.PONG))
        assert http() is None
    finally:
        gc.enable()
    assert made == 0
    assert b" 101 " in connection.sink.written
    await connection.ends()


async def test_a_log_that_tells_of_handshakes_tells_of_plain_ones(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "uvicorn.error")
    await _opened(handshake(), SPOKEN)
    assert '"WebSocket /graphql" [accepted]' in caplog.text


def test_a_socket_begins_with_all_that_uvicorn_begins_one_with() -> None:
    async def compare() -> None:
        config = Connection(Application(), SETTINGS).protocol.config
        theirs = vars(WebSocketsSansIOProtocol(config, ServerState(), {}))
        ours = BoundedWebSocket(config, ServerState(), {})
        for name, value in theirs.items():
            assert type(getattr(ours, name)) is type(value) or name in {"queue", "scheme"}, name

    asyncio.run(compare())


# Frames


def _frame(opcode: Opcode, payload: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


_texts = st.one_of(
    st.text(max_size=20), st.integers(120, 135).map("x".__mul__), st.just("ä" * 1_100)
)
_whole = st.one_of(
    _texts.map(lambda text: _frame(Opcode.TEXT, text.encode())),
    _texts.map(lambda text: _frame(Opcode.TEXT, text.encode())),
    st.binary(max_size=200).map(lambda data: _frame(Opcode.BINARY, data)),
    st.binary(max_size=125).map(lambda data: _frame(Opcode.PING, data)),
    st.sampled_from((b"", b"alive?", b"stale")).map(lambda data: _frame(Opcode.PONG, data)),
)


@st.composite
def _in_fragments(draw: st.DrawFn) -> bytes:
    text, between = draw(_texts).encode(), draw(st.lists(_whole.filter(_is_control), max_size=2))
    at = draw(st.integers(0, len(text)))
    first = _frame(Opcode.TEXT, text[:at], fin=False)
    return b"".join([first, *between, _frame(Opcode.CONT, text[at:])])


def _is_control(frame: bytes) -> bool:
    return bool(frame[0] & 0x08)


_LAST = {
    "a close": _frame(Opcode.CLOSE, b"\x03\xe8bye"),
    "no text": _frame(Opcode.TEXT, b"\xff"),
    "too much": _frame(Opcode.TEXT, b"x" * 4_097),
    "no mask": Frame(Opcode.TEXT, b"x").serialize(mask=False),
    "a reserved bit": bytes([0xC1]) + _frame(Opcode.TEXT, b"x")[1:],
    "an unknown opcode": bytes([0x83]) + _frame(Opcode.TEXT, b"x")[1:],
    "a continuation of nothing": _frame(Opcode.CONT, b"x"),
    "a long ping": bytes([0x89]) + _frame(Opcode.TEXT, b"x" * 126)[1:],
    "a long pong": bytes([0x8A]) + _frame(Opcode.TEXT, b"x" * 126)[1:],
    "nothing": b"",
}


async def _told(frames: list[bytes], last: bytes, cuts: list[int], needs: bool) -> Any:
    """What is heard and written. cuts: where packets end; needs: each frame goes to the parser."""
    application = Application(SPOKEN)
    connection = Connection(application, SETTINGS)
    await connection.receives(handshake())
    protocol = connection.protocol
    protocol.pending_ping_payload = b"alive?"
    if needs:
        protocol._owed = None
        pieces = [*frames, last]
    else:
        data = b"".join(frames)
        places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
        pieces = [*(data[a:b] for a, b in itertools.pairwise(places)), last]
    await connection.receives(*(piece for piece in pieces if piece))
    sink = connection.sink
    found = (application.heard, sink.written, sink.closing, sink.has_ended, sink.is_reading())
    asked = protocol.pending_ping_payload
    await connection.ends()
    return *found, asked


@given(
    frames=st.lists(st.one_of(_whole, _in_fragments()), max_size=6),
    last=st.sampled_from(sorted(_LAST)),
    cuts=st.lists(st.integers(0, 10_000), max_size=4),
)
def test_frames_are_heard_as_the_parser_reads_them_wherever_packets_end(
    frames: list[bytes], last: str, cuts: list[int]
) -> None:
    async def compare() -> None:
        short = await _told(frames, _LAST[last], cuts, needs=False)
        assert short == await _told(frames, _LAST[last], cuts, needs=True)

    asyncio.run(compare())


async def test_who_is_not_read_is_not_read_ahead_of_more_than_two_messages() -> None:
    application = Application(SPOKEN, is_reading=False)
    connection = Connection(application, SETTINGS)
    await connection.receives(handshake())
    text = _frame(Opcode.TEXT, b"{}")
    await connection.receives(text)
    assert connection.sink.is_reading()
    await connection.receives(text)
    assert not connection.sink.is_reading()
    await connection.ends()


async def test_after_a_frame_in_pieces_plain_ones_are_read_without_the_parser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[bytes] = []
    receive_data = ServerProtocol.receive_data

    def watched(self: ServerProtocol, data: bytes | bytearray = b"") -> None:
        parsed.append(bytes(data))
        receive_data(self, data)

    monkeypatch.setattr(ServerProtocol, "receive_data", watched)
    application = Application(SPOKEN)
    connection = Connection(application, SETTINGS)
    long, short = _frame(Opcode.TEXT, b"x" * 300), _frame(Opcode.TEXT, b"y")
    await connection.receives(handshake(), long[:100], long[100:] + short[:6], short[6:], short)
    assert [one.get("text") for one in application.heard] == [None, "x" * 300, "y", "y"]
    assert len(parsed) == 3
    await connection.ends()


async def test_what_looks_like_a_frame_within_one_is_none() -> None:
    application = Application(SPOKEN)
    connection = Connection(application, SETTINGS)
    within = _frame(Opcode.TEXT, b"y")
    head = bytes([0x82, 0x80 + len(within)]) + bytes(4)  # a mask that changes nothing
    await connection.receives(handshake(), head, within, within)
    assert [message.get("bytes") for message in application.heard] == [None, within, None]
    assert application.heard[2]["text"] == "y"
    await connection.ends()


async def test_a_whole_text_within_one_in_fragments_ends_the_socket() -> None:
    application = Application(SPOKEN)
    connection = Connection(application, SETTINGS)
    first, other = _frame(Opcode.TEXT, b"a", fin=False), _frame(Opcode.TEXT, b"b")
    await connection.receives(handshake(), first, other)
    assert [message["type"] for message in application.heard[1:]] == ["websocket.disconnect"]
    assert application.heard[1]["code"] == 1002
    await connection.ends()


async def test_a_whole_text_that_is_too_long_ends_the_socket() -> None:
    application = Application(SPOKEN)
    connection = Connection(application, SETTINGS, message_bytes_max=1_000)
    most, more = _frame(Opcode.TEXT, b"x" * 1_000), _frame(Opcode.TEXT, b"x" * 1_001)
    await connection.receives(handshake(), most, more)
    assert [message["type"] for message in application.heard[1:]] == [
        "websocket.receive",
        "websocket.disconnect",
    ]
    assert application.heard[2]["code"] == 1009
    await connection.ends()


class _Closing(Application):
    """One that closes at the first message, and hears on."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.heard.append(await receive())
        await send({"type": "websocket.accept", "subprotocol": self.spoken, "headers": []})
        self.heard.append(await receive())
        await send({"type": "websocket.close", "code": 4400, "reason": "no"})
        while self.heard[-1]["type"] != "websocket.disconnect":
            self.heard.append(await receive())


async def test_who_was_closed_is_not_read_ahead_of_what_still_waits() -> None:
    """How it came about: uvicorn reads on once it has closed, and what came was put behind what
    waited for its turn: 25 MB of each socket, from anybody."""
    application = _Closing(SPOKEN)
    connection = Connection(application, SETTINGS)
    await connection.receives(handshake())
    protocol, sink = connection.protocol, connection.sink
    protocol.data_received(_frame(Opcode.TEXT, b"{}") * 600)
    await eventually(lambda: bool(protocol.close_sent))
    assert protocol._rest
    assert not sink.is_reading()
    await eventually(lambda: bool(sink.is_reading()))
    assert not protocol._rest
    assert application.heard[-1]["code"] == 4400
    await connection.ends()
