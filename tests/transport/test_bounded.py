"""What a peer may send before it is understood, how long it may take, and how many there may be."""

from __future__ import annotations

import asyncio
import logging
import struct
from typing import Any

import pytest
from websockets.server import ServerProtocol

from graphql_api.clock import HeldClock
from graphql_api.transport.bounded_socket import SOCKET_SLICE_BYTES
from graphql_api.transport.server import ServerConfig
from tests.streams import eventually
from tests.transport.clients import Closed
from tests.transport.peers import ENDLESS_BYTES, handshake, peer, request
from tests.transport.serving import Live, live

CHUNKED = request([b"transfer-encoding: chunked"], b"POST", b"/graphql")
UPGRADE = handshake()[:-2]  # its head is not complete

ENDLESS = {
    "a request line": (b"GET /", b"a" * 4_096),
    "a query": (b"GET /?", b"a" * 4_096),
    "a field's value": (b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ", b"a" * 4_096),
    "a field's name": (b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"a" * 4_096),
    "long fields": (b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"x: " + b"a" * 4_096 + b"\r\n"),
    "short fields": (b"GET / HTTP/1.1\r\nhost: localhost\r\n", b"x:\r\n" * 8),
    "empty lines": (b"", b"\r\n" * 1_024),
    "a handshake's field": (UPGRADE + b"x: ", b"a" * 4_096),
    "a handshake's fields": (UPGRADE, b"x: y\r\n"),
    "a chunk's extension": (CHUNKED + b"1;", b"a" * 4_096),
    "a chunk's size": (CHUNKED, b"0" * 4_096),
    "trailers": (CHUNKED + b"0\r\n", b"x: y\r\n" * 8),
    "a trailer": (CHUNKED + b"0\r\nx: ", b"a" * 4_096),
    "tiny chunks": (CHUNKED, b"1\r\na\r\n" * 512),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_refused_and_costs_no_memory(what: str, database_url: str) -> None:
    before, piece = ENDLESS[what]
    async with live(database_url) as server, peer(server.port) as hostile:
        await hostile.send(before)
        told = await hostile.send_endlessly(piece)
        assert hostile.sent < ENDLESS_BYTES
        assert not told or told.split(b" ")[1] in {b"400", b"413", b"431"}, told[:80]
        await _assert_all_is_well(server)


@pytest.mark.parametrize("opening", [request, handshake])
async def test_a_hundred_fields_are_taken_and_one_more_is_not(
    opening: Any, database_url: str
) -> None:
    own = opening().count(b": ")
    async with live(database_url) as server:
        async with peer(server.port) as modest, peer(server.port) as hostile:
            await modest.send(opening([b"x: y"] * (100 - own)))
            assert (await modest.line()).split(b" ")[1] in {b"200", b"101"}
            await hostile.send(opening([b"x: y"] * (101 - own)))
            status, words = await hostile.answer()
            assert (status, words) == (431, b"The request has more than 100 fields")
            assert await hostile.ended() == b""
        await _assert_all_is_well(server)


async def test_a_head_of_almost_64_kib_is_taken(database_url: str) -> None:
    fields = [b"x: " + b"a" * 8_000] * 8
    async with live(database_url) as server, peer(server.port) as modest:
        await modest.send(request(fields))
        assert (await modest.answer())[0] == 200


async def test_a_body_does_not_count_as_a_head(database_url: str) -> None:
    query = b'{"query": "{ __typename }"}'
    fields = [b"content-type: application/json", b"content-length: 65536"]
    async with live(database_url) as server, peer(server.port) as modest:
        for _ in range(3):
            await modest.send(request(fields, b"POST", b"/graphql") + query.ljust(65_536))
            assert (await modest.answer())[0] == 200


async def test_a_handshake_by_another_method_is_answered_and_let_go(database_url: str) -> None:
    async with live(database_url) as server, peer(server.port) as hostile:
        await hostile.send(handshake().replace(b"GET", b"POST", 1))
        assert b" 405 " in await hostile.ended()
        await _assert_all_is_well(server)


async def test_requests_ahead_of_their_answers_are_few(database_url: str) -> None:
    async with live(database_url) as server, peer(server.port) as hostile:
        await hostile.send_endlessly(request() * 1_000)
        assert hostile.sent < ENDLESS_BYTES
        await _assert_all_is_well(server)


async def test_some_requests_ahead_are_answered_in_their_order(database_url: str) -> None:
    async with live(database_url) as server, peer(server.port) as modest:
        await modest.send(request() + request(path=b"/nowhere") + request())
        assert [(await modest.answer())[0] for _ in range(3)] == [200, 404, 200]


async def test_a_handshake_ahead_of_an_answer_is_refused_and_one_after_it_is_not(
    database_url: str,
) -> None:
    """How it came about: the answer was written among the socket's frames, and the timer of a
    connection at rest then closed the socket."""
    async with live(database_url) as server:
        async with peer(server.port) as modest, peer(server.port) as hasty:
            await modest.send(request())
            assert (await modest.answer())[0] == 200
            await modest.shake_hands()
            await hasty.send(request() + handshake())
            told = await hasty.ended()
            assert told.startswith(b"HTTP/1.1 400 ")
            assert b" 101 " not in told
            assert b"requests ahead" in told
        await _assert_all_is_well(server)


SLOW = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "a field": b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ",
    "a body": request([b"content-length: 9"], b"POST", b"/graphql") + b"{",
    "a chunk": CHUNKED + b"5\r\nab",
    "a handshake": UPGRADE,
    "half a second request": request() + b"GET / HT",
}


@pytest.mark.parametrize("what", SLOW)
async def test_who_does_not_finish_a_request_in_time_is_let_go(
    what: str, database_url: str
) -> None:
    async with live(database_url, request_seconds=0.3) as server, peer(server.port) as slow:
        await slow.send(SLOW[what])
        told = await slow.ended()
        assert not told if not SLOW[what] else b"408 Request Timeout" in told, told[:80]
        await _assert_all_is_well(server)


async def test_time_for_a_request_is_not_renewed_by_its_bytes(database_url: str) -> None:
    async with live(database_url, request_seconds=0.3) as server, peer(server.port) as slow:
        await slow.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        assert b"408 Request Timeout" in await slow.send_endlessly(b"x", every_s=0.02)


async def test_a_body_that_comes_steadily_has_the_time_that_it_takes(database_url: str) -> None:
    """A photo over a telephone's line: longer under way than any request may be silent."""
    text = b'{"query": "{ __typename }"}'.ljust(60_000)
    fields = [b"content-type: application/json", b"content-length: 60000"]
    async with live(database_url, request_seconds=0.3) as server, peer(server.port) as slow:
        await slow.send(request(fields, b"POST", b"/graphql"))
        for start in range(0, len(text), 6_000):
            await slow.send(text[start : start + 6_000])
            await asyncio.sleep(0.1)  # three times as long as the request's own time in all
        assert (await slow.answer())[0] == 200


async def test_a_body_that_nobody_waits_for_has_no_more_time(database_url: str) -> None:
    chunk = b"1000\r\n" + b"a" * 0x1000 + b"\r\n"
    async with live(database_url, request_seconds=0.3) as server, peer(server.port) as hostile:
        await hostile.send(request([b"transfer-encoding: chunked"], b"POST", b"/healthz"))
        await hostile.send_endlessly(chunk, every_s=0.01)
        assert hostile.sent < ENDLESS_BYTES
        await _assert_all_is_well(server)


async def test_a_connection_at_rest_between_requests_is_closed(database_url: str) -> None:
    async with live(database_url, keep_alive_seconds=1) as server, peer(server.port) as resting:
        await resting.send(request())
        assert (await resting.answer())[0] == 200
        assert await resting.ended() == b""


async def test_an_answer_that_nobody_takes_is_given_up(database_url: str) -> None:
    async with (
        live(database_url, send_buffer=4_096, slow_reader_seconds=0.3) as server,
        peer(server.port) as deaf,
    ):
        deaf.stop_reading()
        query = b'{"query": "{ __schema { types { name description fields { name } } } }"}'
        fields = [b"content-type: application/json", b"content-length: %d" % len(query)]
        head = request(fields, b"POST", b"/graphql")
        for _ in range(16):
            await deaf.send(head + query)
        await _assert_nobody_is_connected(server)


# How many


async def test_beyond_the_bound_connections_are_refused_and_old_ones_are_served(
    database_url: str,
) -> None:
    async with live(database_url, connections_max=3) as server:
        socket = await server.client()
        async with peer(server.port) as first, peer(server.port) as second:
            await first.send(request())
            assert (await first.answer())[0] == 200
            async with peer(server.port) as third:
                status, words = await third.answer()
                assert (status, words) == (503, b"Too many connections")
                assert await third.ended() == b""
            await second.send(request())
            assert (await second.answer())[0] == 200
            assert await socket.run("{ __typename }")
        await socket.close()
        await _assert_nobody_is_connected(server)
        await _assert_all_is_well(server)


async def test_silent_connections_of_one_address_shut_out_no_other(database_url: str) -> None:
    async with live(database_url, silent_connections_per_address_max=2) as server:
        async with (
            peer(server.port, "127.0.0.2"),
            peer(server.port, "127.0.0.2"),
            peer(server.port, "127.0.0.2") as one_more,
            peer(server.port, "127.0.0.3") as honest,
        ):
            assert (await one_more.answer())[0] == 503
            await honest.send(request())
            assert (await honest.answer())[0] == 200
        await _assert_all_is_well(server)


async def test_who_has_sent_a_request_is_silent_no_more(database_url: str) -> None:
    async with live(database_url, silent_connections_per_address_max=1) as server:
        sockets = [await server.client() for _ in range(3)]
        for socket in sockets:
            assert await socket.run("{ __typename }")


# What a WebSocket may send


async def test_a_message_in_endless_empty_fragments_is_refused(database_url: str) -> None:
    async with live(database_url) as server, peer(server.port) as hostile:
        await hostile.shake_hands()
        await hostile.send(_frame(0x01, b""))
        told = await hostile.send_endlessly(_frame(0x00, b"") * 100)
        assert struct.pack("!H", 1008) in told
        assert hostile.sent < ENDLESS_BYTES
        await _assert_all_is_well(server)


async def test_pings_of_who_does_not_read_the_pongs_cost_no_memory(database_url: str) -> None:
    async with live(database_url, send_buffer=4_096) as server, peer(server.port) as deaf:
        await deaf.shake_hands()
        deaf.stop_reading()
        pings = _frame(0x89, b"p" * 125) * 500
        await eventually(lambda: len(server.sockets._all) == 1)
        (socket,) = server.sockets._all
        line = socket.outbox._line
        for _ in range(100):
            await deaf.send(pings)
        assert line._transport.get_write_buffer_size() < 1_000_000


async def test_thousands_of_messages_at_once_are_taken_by_and_by(database_url: str) -> None:
    async with live(database_url) as server:
        socket = await server.raw()
        pongs = _frame(0x81, b'{"type":"pong"}') * 1_000
        await socket.send_bytes(pongs)
        await socket.send({"type": "ping", "payload": {"last": True}})
        assert await socket.read() == {"type": "pong", "payload": {"last": True}}


async def test_what_is_parsed_at_once_is_a_slice_of_what_was_read(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    receive_data = ServerProtocol.receive_data

    def watched(self: ServerProtocol, data: bytes | bytearray = b"") -> None:
        nonlocal most
        most = max(most, len(data))
        receive_data(self, data)

    monkeypatch.setattr(ServerProtocol, "receive_data", watched)
    async with live(database_url) as server:
        socket = await server.raw()
        await socket.send_bytes(_frame(0x81, b'{"type":"pong"}') * 1_000)
        await socket.send({"type": "ping"})
        assert (await socket.read())["type"] == "pong"
    assert 0 < most <= SOCKET_SLICE_BYTES


async def test_pings_without_a_pause_end_their_socket(database_url: str) -> None:
    async with live(database_url) as server, peer(server.port) as hostile:
        await hostile.shake_hands()
        told = await hostile.send_endlessly(_frame(0x89, b"") * 500)
        assert struct.pack("!H", 1008) in told


async def test_a_text_that_is_not_utf8_ends_its_socket_without_a_traceback(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with live(database_url) as server, peer(server.port) as hostile:
        await hostile.shake_hands()
        await hostile.send(_frame(0x81, b"\xff"))
        assert struct.pack("!H", 1007) in await hostile.ended()
        await _assert_all_is_well(server)
    told = [record for record in caplog.records if "UTF-8" in record.getMessage()]
    assert len(told) == 1 and told[0].exc_info is None


# Anonymous sockets


async def test_anonymous_sockets_of_one_address_are_limited_and_others_are_not(
    database_url: str,
) -> None:
    async with live(database_url, anonymous_sockets_per_address_max=2) as server:
        first, _ = await server.client(None), await server.client(None)
        refused = await server.connect()
        with pytest.raises(Closed) as closed:
            await refused.init(None)
        assert closed.value.code == 1013
        assert await (await server.client()).run("{ __typename }")
        await first.close()
        await eventually(lambda: len(server.sockets._anonymous) == 1)
        await server.client(None)


async def test_anonymous_sockets_are_limited_in_all(database_url: str) -> None:
    async with live(database_url, anonymous_sockets_max=1) as server:
        await server.client(None)
        refused = await server.connect()
        with pytest.raises(Closed) as closed:
            await refused.init(None)
        assert closed.value.code == 1013
        assert await (await server.client()).run("{ __typename }")


async def test_a_socket_without_a_session_lives_a_minute_and_others_live_on(
    database_url: str,
) -> None:
    clock = HeldClock()
    async with live(database_url, clock=clock) as server:
        nobody, somebody = await server.client(None), await server.client()
        clock.advance(seconds=59)
        server.sockets.look()
        assert not nobody.is_closed
        clock.advance(seconds=2)
        server.sockets.look()
        assert await nobody.closed() == (4403, "No session for too long: sign in first")
        assert await somebody.run("{ __typename }")


def _frame(first_byte: int, payload: bytes) -> bytes:
    """A client's frame, masked by zeroes. RFC 6455, 5.1: "a client MUST mask all frames"."""
    assert len(payload) < 126
    return bytes((first_byte, 0x80 | len(payload), 0, 0, 0, 0)) + payload


async def _assert_all_is_well(server: Live) -> None:
    """The next request is answered, and nothing of those before is left."""
    async with peer(server.port) as honest:
        await honest.send(request())
        assert (await honest.answer())[0] == 200
    await _assert_nobody_is_connected(server)


async def _assert_nobody_is_connected(server: Live) -> None:
    await eventually(lambda: not server.sockets._all)
    await eventually(lambda: not server.server.server_state.connections)
    config = server.server.config
    assert isinstance(config, ServerConfig)
    assert not config.bounds.silent
