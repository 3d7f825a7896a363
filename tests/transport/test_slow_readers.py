"""Sockets that read slowly or not at all: they cost a bounded outbox, and lose nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from graphql_api.clock import HeldClock
from graphql_api.transport import socket as socket_module
from graphql_api.transport import sockets as sockets_module
from tests.campaigns import is_long
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Closed, RawClient, position_of
from tests.transport.serving import BIG_FEED, FEED, SEND_BUFFER, Live, live

DESCRIPTION = "x" * 4_900  # so that an event has about 5 KB
OUTBOX = 65_536


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server looks after its sockets more often than every second."""
    monkeypatch.setattr(sockets_module, "LOOK_INTERVAL_S", 0.02)


@pytest.fixture
def _time_to_read_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that a test reads for is not given up on before the test comes to it."""
    monkeypatch.setattr(socket_module, "CLOSE_TIMEOUT_S", PATIENCE_S)


async def stalled(app: Live, count: int, who: str = "viewer") -> list[RawClient]:
    """Sockets that have subscribed and read nothing from now on."""
    clients = [await app.raw(who) for _ in range(count)]
    for client in clients:
        await client.start("s", BIG_FEED)
    await eventually(lambda: app.services.counters.subscriptions >= count)
    return clients


def waiting_bytes(app: Live) -> list[int]:
    """What waits in each socket's outbox."""
    return [socket.outbox.bytes_waiting for socket in app.sockets._all]


@pytest.mark.usefixtures("_time_to_read_the_close")
async def test_sockets_that_never_read_cost_a_bounded_outbox_and_are_closed_with_1013(
    database_url: str,
) -> None:
    count = 100
    clock = HeldClock()
    async with live(
        database_url,
        send_buffer=SEND_BUFFER,
        outbox_bytes_max=OUTBOX,
        slow_reader_seconds=10,
        sockets_per_user_max=200,
        clock=clock,
    ) as app:
        item = await app.item(description=DESCRIPTION)
        stuck = await stalled(app, count)
        quick = await app.subscriber("user")
        most = 0
        for _ in range(60):
            await app.commit(item)
            await quick.until(app.head)  # while the clock stands still: it waits for nobody
            most = max(most, *waiting_bytes(app))
        assert most <= OUTBOX
        assert app.services.counters.slow_falls >= count  # each left live delivery
        assert app.services.counters.closes_by_code[1013] == 0
        clock.advance(10.1)
        await eventually(lambda: app.services.counters.closes_by_code[1013] == count)
        assert app.services.counters.subscriptions == 1
        for client in stuck[:: 1 if is_long() else 10]:
            messages = await client.read_all()
            assert client.close_code == 1013
            got = [message["payload"]["data"]["inventoryUpdated"] for message in messages]
            places = [position_of(event) for event in got]
            assert places == list(range(2, 2 + len(places)))  # in order, and no hole
        await app.commit(item)
        await quick.until(app.head)
        assert not quick.is_closed


async def test_a_socket_that_stalls_and_reads_again_gets_everything_once_and_in_order(
    database_url: str,
) -> None:
    async with live(
        database_url, send_buffer=SEND_BUFFER, outbox_bytes_max=OUTBOX, ring_bytes_max=100_000
    ) as app:
        item = await app.item(description=DESCRIPTION)
        (client,) = await stalled(app, 1)
        await client.start("again", FEED)
        await eventually(lambda: app.services.counters.subscriptions == 2)
        got: dict[str, list[int]] = {"s": [], "again": []}

        async def read_up_to(position: int) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while any(places[-1:] != [position] for places in got.values()):
                    message = await client.read()
                    if message["type"] == "next":
                        (event,) = message["payload"]["data"].values()
                        got[message["id"]].append(position_of(event))

        for round_ in range(20 if is_long() else 4):
            for _ in range(50):
                await app.commit(item)
            assert app.services.counters.slow_falls > round_
            await read_up_to(app.head)
        for _ in range(5):  # and it is live again
            await app.commit(item)
            await read_up_to(app.head)
        everything = await app.positions(1)
        assert got == {"s": everything, "again": everything}
        await eventually(lambda: app.services.counters.slow_sockets == 0)  # at the next look


@pytest.mark.usefixtures("_time_to_read_the_close")
async def test_who_was_closed_for_slowness_comes_back_with_its_cursor_and_misses_nothing(
    database_url: str,
) -> None:
    clock = HeldClock()  # whoever comes back must not be taken for slow on a busy machine
    async with live(
        database_url, clock, send_buffer=SEND_BUFFER, outbox_bytes_max=OUTBOX, slow_reader_seconds=1
    ) as app:
        item = await app.item(description=DESCRIPTION)
        (client,) = await stalled(app, 1)
        for _ in range(60):
            await app.commit(item)
        (socket,) = app.sockets._all
        await eventually(lambda: bool(socket.outbox.parked))
        clock.advance(1.1)
        await eventually(lambda: app.services.counters.closes_by_code[1013] == 1)
        events = [
            message["payload"]["data"]["inventoryUpdated"]
            for message in await client.read_all()
            if message["type"] == "next"
        ]
        assert client.close_code == 1013
        again = await app.subscriber("viewer", after=events[-1]["cursor"])
        rest = await again.until(app.head)
        assert [position_of(event) for event in events] + rest == await app.positions(1)


@pytest.mark.usefixtures("_time_to_read_the_close")
async def test_a_reader_of_a_kilobyte_a_second_stays_bounded_and_is_told(
    database_url: str,
) -> None:
    clock = HeldClock()
    async with live(
        database_url, clock, send_buffer=SEND_BUFFER, outbox_bytes_max=OUTBOX, slow_reader_seconds=1
    ) as app:
        item = await app.item(description=DESCRIPTION)
        (client,) = await stalled(app, 1)
        for _ in range(60):
            await app.commit(item)
        most = 0
        while not app.services.counters.closes_by_code[1013]:
            await asyncio.wait_for(client.read_bytes(51), PATIENCE_S)
            clock.advance(0.05)  # this slowness is what the test is about
            app.sockets.look()
            await asyncio.sleep(0)
            most = max(most, *waiting_bytes(app), 0)
        assert most <= OUTBOX
        await client.read_all()
        assert client.close_code == 1013


async def test_a_slow_reader_that_makes_progress_is_not_closed(database_url: str) -> None:
    clock = HeldClock()
    async with live(
        database_url, clock, send_buffer=SEND_BUFFER, outbox_bytes_max=OUTBOX, slow_reader_seconds=5
    ) as app:
        item = await app.item(description=DESCRIPTION)
        (client,) = await stalled(app, 1)
        for _ in range(150):
            await app.commit(item)
        (socket,) = app.sockets._all
        last = 0
        while last != app.head:
            message = await client.read()
            if message["type"] == "next":
                last = position_of(message["payload"]["data"]["inventoryUpdated"])
            if socket.outbox.parked and socket.outbox.progress_s == clock.monotonic_s():
                clock.advance(4)  # it has moved since the last time: there is a next one
                app.sockets.look()
                assert socket.close_code is None
        assert clock.monotonic_s() > 15
        await app.commit(item)
        while last != app.head:
            message = await client.read()
            if message["type"] == "next":
                last = position_of(message["payload"]["data"]["inventoryUpdated"])
        assert app.services.counters.closes_by_code[1013] == 0


async def test_who_asks_and_does_not_read_the_answers_is_not_heard_any_further(
    database_url: str,
) -> None:
    async with live(
        database_url,
        send_buffer=SEND_BUFFER,
        outbox_bytes_max=OUTBOX,
        slow_reader_seconds=0.6,
    ) as app:
        client = await app.raw("user")
        (socket,) = app.sockets._all
        ping = {"type": "ping", "payload": {"x": "y" * 10_000}}
        most = 0
        with suppress(ConnectionError):
            while not app.services.counters.closes_by_code[1013]:
                await client.send(ping)
                most = max(most, socket.outbox.bytes_waiting)
                await asyncio.sleep(0)
        assert most <= OUTBOX + 2 * 10_100
        assert app.services.counters.closes_by_code[1013] == 1
        await app.assert_nothing_left()


async def test_big_answers_to_queries_nobody_reads_are_bounded_too(database_url: str) -> None:
    async with live(
        database_url,
        send_buffer=SEND_BUFFER,
        outbox_bytes_max=OUTBOX,
        slow_reader_seconds=0.6,
        operations_per_socket_max=500,
    ) as app:
        for number in range(10):
            await app.item(f"SKU-{number}", description=DESCRIPTION)
        client = await app.raw("user")
        (socket,) = app.sockets._all
        most = 0
        for number in range(200):
            await client.start(f"{number}", "{ items(first: 10) { nodes { description } } }")
            most = max(most, socket.outbox.bytes_waiting)
        while not app.services.counters.closes_by_code[1013]:
            most = max(most, socket.outbox.bytes_waiting)
            await asyncio.sleep(0.005)
        assert most <= OUTBOX + 55_000  # one answer beyond the bound
        await app.assert_nothing_left()


async def test_a_slow_socket_gets_no_heartbeat_and_says_it_is_slow(database_url: str) -> None:
    clock = HeldClock()  # on a busy machine it would be taken for dead before it is slow
    async with live(
        database_url,
        clock,
        send_buffer=SEND_BUFFER,
        outbox_bytes_max=OUTBOX,
        heartbeat_seconds=25,
        slow_reader_seconds=60,
    ) as app:
        item = await app.item(description=DESCRIPTION)
        (client,) = await stalled(app, 1)
        for _ in range(60):
            await app.commit(item)
        await eventually(lambda: app.services.counters.slow_sockets == 1)
        (socket,) = app.sockets._all
        due = socket.ping_due_s
        clock.advance(25.1)
        await eventually(lambda: socket.ping_due_s > due)
        cursors: list[tuple[int, str]] = []
        last = 0
        while last != app.head or len(cursors) < 2:
            try:
                message = await client.read()
            except Closed as closed:
                raise AssertionError("closed") from closed
            if message["type"] == "next":
                last = position_of(message["payload"]["data"]["inventoryUpdated"])
            elif message["type"] == "ping" and message.get("payload"):
                cursors.append((last, message["payload"]["cursor"]))
            if last == app.head:
                clock.advance(25.1)
        for delivered, cursor in cursors:
            assert delivered == position_of({"cursor": cursor}) or delivered == 0
