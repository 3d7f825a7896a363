"""The server as a process: killed at chosen moments, and stopped with thousands of sockets."""

from __future__ import annotations

import asyncio
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns import is_long
from tests.databases import SqliteMaker
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client, Closed
from tests.transport.launcher import AFTER_COMMIT, POINTS
from tests.transport.processes import LaunchedServer
from tests.transport.serving import ADJUST, FEED, adjustment

KILLED = -9
TIMER_S = 0.01  # a loop's timers count milliseconds, and may be that much early


class Worker:
    """A client that moves stock without pause, and notes what was acknowledged."""

    def __init__(self, client: Client, item: Any, name: str) -> None:
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self._client = client
        self._item = item
        self._name = name

    async def one(self) -> None:
        """Move stock once. Raises Closed."""
        key = f"{self._name} {len(self.sent)}"
        self.sent.add(key)
        data = await self._client.run(ADJUST, key, input=adjustment(self._item, 1, key))
        assert data["adjustStock"]["userErrors"] == []
        self.acknowledged.add(key)

    async def go_on(self) -> None:
        """Until the socket ends."""
        try:
            while True:
                await self.one()
        except Closed:
            return


async def retried(server: LaunchedServer, item: Any, keys: set[str]) -> dict[str, bool]:
    """Send these keys again: which of them had been carried out before."""
    client = await server.client()
    replayed = {}
    for key in sorted(keys):
        data = await client.run(ADJUST, key, input=adjustment(item, 1, key))
        assert data["adjustStock"]["userErrors"] == []
        replayed[key] = data["adjustStock"]["replayed"]
    await client.close()
    return replayed


async def assert_ledger_is_whole(server: LaunchedServer, times: int) -> None:
    """The only item's stock is what these keys moved, each once."""
    admin = await server.client("admin")
    data = await admin.run('{ ledgerCheck { ok } item(ref: {sku: "SKU-1"}) { stock } }')
    assert data == {"ledgerCheck": {"ok": True}, "item": {"stock": times}}
    assert len(server.keys()) == times
    await admin.close()


async def test_a_server_killed_at_any_point_of_a_commit_loses_nothing_and_repeats_nothing(
    tmp_path: Path, sqlite_maker: SqliteMaker
) -> None:
    server = LaunchedServer(tmp_path)
    item = await server.prepare(sqlite_maker.fresh())
    everything: set[str] = set()
    got: list[int] = []
    cursor: str | None = None
    try:
        points = POINTS * (10 if is_long() else 1)
        await server.begin(points[0])
        for number, point in enumerate(points):
            subscriber = await server.client("viewer")
            await subscriber.start("s", FEED, **({"after": cursor} if cursor else {}))
            # Under load, all of which is acknowledged …
            workers = [Worker(await server.client(), item, f"load {number} {n}") for n in range(4)]
            for _ in range(5):
                await asyncio.gather(*(worker.one() for worker in workers))
            load = set().union(*(worker.acknowledged for worker in workers))
            # … and then with eight in flight when it dies.
            server.fail_file.touch()
            last = [Worker(await server.client(), item, f"last {number} {n}") for n in range(8)]
            await asyncio.gather(*(worker.go_on() for worker in last))
            assert await server.ended() == KILLED
            assert not any(worker.acknowledged for worker in last)
            in_flight = set().union(*(worker.sent for worker in last))
            assert everything | load <= server.keys()
            present = server.keys() & in_flight
            assert bool(present) is (point == AFTER_COMMIT), point
            await subscriber.closed()
            events = subscriber.events()
            got += subscriber.positions()
            cursor = events[-1]["cursor"]
            # Started again, a retry settles what became of each.
            await server.begin(points[number + 1] if number + 1 < len(points) else None)
            again = await retried(server, item, in_flight)
            assert {key for key, replayed in again.items() if replayed} == present
            everything |= load | in_flight
            await assert_ledger_is_whole(server, len(everything))
            resumed = await server.client("viewer")
            await resumed.start("s", FEED, after=cursor)
            await resumed.until(server.positions()[-1])
            got += resumed.positions()
            cursor = resumed.events()[-1]["cursor"]
            await resumed.close()
        assert got == server.positions(got[0] - 1)
        assert "Traceback" not in server.said()
    finally:
        server.kill()


def readiness(port: int) -> int:
    """What /readyz answers; 0: nothing."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


async def test_sigterm_closes_the_sockets_over_the_window_and_loses_nothing(
    tmp_path: Path, sqlite_maker: SqliteMaker
) -> None:
    count, one_in = (2_000, 10) if is_long() else (200, 2)
    window_s = 10.0 if is_long() else 6.0
    server = LaunchedServer(tmp_path, DRAIN_SECONDS=f"{window_s}")
    item = await server.prepare(sqlite_maker.fresh())
    try:
        await server.begin()
        subscribers: list[Client] = []
        for _ in range(count // 50):
            subscribers += await asyncio.gather(*(server.client("viewer") for _ in range(50)))
        for number, client in enumerate(subscribers):
            where = None if number % one_in == 0 else {"itemIds": ["0"]}
            await client.start("s", FEED, where=where)
        workers = [Worker(await server.client(), item, f"worker {n}") for n in range(8)]
        await workers[0].one()
        await subscribers[0].event()
        work = [asyncio.create_task(worker.go_on()) for worker in workers]
        await eventually(lambda: len(subscribers[0].events()) >= 20)
        assert await asyncio.to_thread(readiness, server.port) == 200

        closed_at: list[float] = []

        async def note(client: Client) -> None:
            code, _ = await client.closed()
            closed_at.append(time.monotonic())
            assert code == 1012

        notes = [asyncio.create_task(note(client)) for client in subscribers]
        began = time.monotonic()
        server.terminate()
        while await asyncio.to_thread(readiness, server.port) != 503:
            assert len(closed_at) < count, "it was never seen to drain"
        late = await Client.open(server.socket_url)
        assert (await late.closed())[0] == 1012
        await asyncio.gather(*notes)
        exit_code = await server.ended()
        took = time.monotonic() - began
        await asyncio.gather(*work)
        assert exit_code == 0, server.said()
        assert took < window_s + PATIENCE_S

        # Spread: nobody was closed before its turn. (A busy machine only makes them later.)
        sockets = count + len(workers)
        turns = [window_s * number / sockets - TIMER_S for number in range(count)]
        early = [n for n, moment in enumerate(sorted(closed_at)) if moment - began < turns[n]]
        assert not early, early

        # Nothing acknowledged is lost, and everybody got the log up to some place, with no hole.
        acknowledged = set().union(*(worker.acknowledged for worker in workers))
        assert len(acknowledged) > 20
        assert acknowledged <= server.keys()
        log = server.positions()
        for client in subscribers:
            got = client.positions()
            assert got == (log[log.index(got[0]) :][: len(got)] if got else [])
        assert "Traceback" not in server.said()
    finally:
        server.kill()


@pytest.mark.long
async def test_a_second_sigterm_does_not_wait_for_the_window(
    tmp_path: Path, sqlite_maker: SqliteMaker
) -> None:
    server = LaunchedServer(tmp_path, DRAIN_SECONDS="25")
    await server.prepare(sqlite_maker.fresh())
    try:
        await server.begin()
        clients = [await server.client() for _ in range(20)]
        began = time.monotonic()
        server.terminate()
        await eventually(lambda: any(client.is_closed for client in clients))
        server.terminate()
        assert await server.ended() == 0
        assert time.monotonic() - began < 20  # of 25
    finally:
        server.kill()
