"""`serve` with workers as real processes: killed, hung, counted, drained, orphaned."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from graphql_api.process import open_services
from tests.builders import make_item
from tests.conftest import settings_for
from tests.databases import PostgresMaker, SqliteMaker
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client, Closed
from tests.transport.processes import LaunchedServer
from tests.transport.serving import FEED, add_people
from tests.transport.test_processes import Worker as Load

Figures = dict[str, float]


class ManyServer(LaunchedServer):
    """A server with two workers, on either database."""

    item: Any = None

    async def furnish(self, url: str) -> None:
        """People and an item, on an empty migrated database."""
        async with open_services(settings_for(url)) as services:
            await add_people(services)
            self.item = await make_item(services, initial_stock=0)

    @property
    def pids(self) -> list[int]:
        """The workers' processes."""
        assert self._process is not None
        parent = self._process.pid
        return [int(p) for p in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:  # it fell to a worker that was killed in this moment
            return 0, ""
        finally:
            connection.close()

    async def figures(self) -> Figures:
        _, text = await asyncio.to_thread(self.get, "/metrics")
        return {
            name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.M)
        }

    async def until(self, name: str, value: float) -> None:
        """Wait for a figure."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.figures()).get(name) != value:  # noqa: ASYNC110  # of a process
                await asyncio.sleep(0.02)

    async def until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not await asyncio.to_thread(self.is_ready):  # noqa: ASYNC110  # of a process
                await asyncio.sleep(0.02)

    async def on_both(self, who: str) -> list[Client]:
        """Sockets, two more at least on each worker."""
        made: list[Client] = []
        before = await self.sockets_of_each()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                made.append(await self.client(who))
                now = await self.sockets_of_each()
                if all(now[n] > before[n] + 1 for n in (0, 1)):
                    return made

    async def sockets_of_each(self) -> list[float]:
        told = await self.figures()
        return [told.get(f'inventory_worker_connections{{worker="{n}"}}', 0) for n in (1, 2)]


@pytest.fixture(params=["sqlite", "postgres"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ManyServer]:
    maker: SqliteMaker | PostgresMaker = request.getfixturevalue(f"{request.param}_maker")
    url = maker.fresh()
    made = ManyServer(tmp_path, DATABASE_URL=url, WORKERS="2", DRAIN_SECONDS="1")
    await made.furnish(url)
    try:
        await made.begin()
        yield made
    finally:
        await asyncio.to_thread(made.kill)
        maker.discard(url)


@pytest.fixture
async def small(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_maker: SqliteMaker
) -> AsyncIterator[ManyServer]:
    """On SQLite, with few sockets for each person; and with settings of the test's own, as its
    parameter."""
    url = sqlite_maker.fresh()
    own = getattr(request, "param", {})
    made = ManyServer(tmp_path, DATABASE_URL=url, WORKERS="2", SOCKETS_PER_USER_MAX="4", **own)
    await made.furnish(url)
    try:
        await made.begin()
        yield made
    finally:
        await asyncio.to_thread(made.kill)
        sqlite_maker.discard(url)


class Reader:
    """A subscriber that comes back with its cursor whenever its socket ends."""

    def __init__(self, server: ManyServer, client: Client) -> None:
        self.client = client
        self.returns = 0
        self._server = server
        self._before: list[int] = []

    @property
    def positions(self) -> list[int]:
        return self._before + self.client.positions()

    async def follow(self) -> None:
        cursor: str | None = None
        while True:
            try:
                await self.client.start("s", FEED, **({"after": cursor} if cursor else {}))
                await self.client.closed()
            except Closed:
                pass
            events = self.client.events()
            cursor = events[-1]["cursor"] if events else cursor
            self._before += self.client.positions()
            self.client = await self._back()
            self.returns += 1

    async def _back(self) -> Client:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await self._server.client("viewer")
                except (OSError, Closed, EOFError):
                    await asyncio.sleep(0.01)


async def test_a_worker_killed_under_load_is_replaced_and_nobody_misses_anything(
    server: ManyServer,
) -> None:
    readers = [Reader(server, client) for client in await server.on_both("viewer")]
    following = [asyncio.create_task(reader.follow()) for reader in readers]
    writers = [
        Load(client, server.item, f"load {number}")
        for number, client in enumerate(await server.on_both("user"))
    ]

    def acknowledged() -> set[str]:
        return set[str]().union(*(writer.acknowledged for writer in writers))

    await asyncio.gather(*(writer.one() for writer in writers))
    await eventually(lambda: all(reader.positions for reader in readers))
    early, cursor = acknowledged(), readers[0].client.events()[0]["cursor"]
    working = [asyncio.create_task(writer.go_on()) for writer in writers]
    await eventually(lambda: all(len(reader.positions) > 20 for reader in readers))
    before = await server.figures()

    os.kill(server.pids[0], signal.SIGKILL)
    await server.until('inventory_worker_starts_total{worker="1"}', 2)
    await server.until_ready()
    await eventually(lambda: any(reader.returns for reader in readers))
    assert not all(reader.returns for reader in readers), "those of the other worker stayed"
    # Who writes at the worker that lived goes on.
    count = len(readers[0].positions)
    await eventually(lambda: len(readers[0].positions) > count + 20)
    for writer in writers:
        await writer._client.close()
    await asyncio.gather(*working, return_exceptions=True)
    again = await server.client("admin")
    await again.start("s", FEED, after=cursor)
    await eventually(
        lambda: {reader.positions[-1] for reader in readers} == set(again.positions()[-1:])
    )
    # Both as of this moment: a command that was under way may still be carried out.
    log, read = again.positions(), [reader.positions for reader in readers]
    await again.close()
    assert len(log) >= len(acknowledged() - early), "what was acknowledged is lost"
    for positions in read:
        assert positions[1:] == log[-len(positions) + 1 :], "no hole, no repeat"
        assert len(positions) > 40

    # All the figures of both, and of the one that is gone.
    await server.until('inventory_worker_up{worker="1"}', 1)
    async with asyncio.timeout(PATIENCE_S):
        while sum(await server.sockets_of_each()) != len(readers):  # noqa: ASYNC110  # of processes
            await asyncio.sleep(0.02)
    told = await server.figures()
    assert told['inventory_connections{role="VIEWER"}'] == len(readers)
    for name in ("inventory_deliveries_total", "inventory_transactions_total"):
        assert told[name] >= before[name], "a counter went back"

    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    server.terminate()
    for reader in readers:
        assert (await reader.client.closed())[0] == 1012
    assert await server.ended() == 0
    assert "Traceback" not in server.said()


async def test_limits_of_people_count_over_all_workers_and_forget_one_that_is_gone(
    small: ManyServer,
) -> None:
    clients = [await small.client() for _ in range(4)]
    with pytest.raises(Closed) as refused:
        await small.client()
    assert refused.value.code == 4403
    await clients.pop().close()
    clients.append(await _admitted(small))
    os.kill(small.pids[0], signal.SIGKILL)
    await small.until('inventory_worker_starts_total{worker="1"}', 2)
    await small.until_ready()
    left = [client for client in clients if not client.is_closed]
    again = [await _admitted(small) for _ in range(4 - len(left))]
    assert len(left) + len(again) == 4
    with pytest.raises(Closed):
        await small.client()


def _lives(pid: int) -> bool:
    """Whether a process is at work; who has ended and was not waited for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def _admitted(server: ManyServer) -> Client:
    """A socket, as soon as another one was counted out."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await server.client()
            except Closed:
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("small", [{"WORKER_HANG_SECONDS": "4"}], indirect=True, ids=["impatient"])
async def test_a_worker_that_hangs_is_replaced_and_a_killed_parent_leaves_nobody_behind(
    small: ManyServer,
) -> None:
    hung = small.pids[0]
    os.kill(hung, signal.SIGSTOP)
    await eventually(lambda: hung not in small.pids and len(small.pids) == 2)
    assert "has not said that it lives" in small.said()
    await small.until_ready()
    workers = small.pids
    small.kill()
    await eventually(lambda: not any(_lives(pid) for pid in workers))
    await small.begin()  # the port is free
