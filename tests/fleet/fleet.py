"""The processes of a campaign, each with its own way to the database, and what can befall them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from graphql_api.accounts.tokens import Tokens
from graphql_api.clock import SystemClock
from graphql_api.inventory.items import Item
from graphql_api.process import open_services
from tests.builders import make_item
from tests.conftest import JWT_SECRET, settings_for
from tests.delivery.engines import FailingProxy
from tests.servers import Server
from tests.transport.serving import PEOPLE, add_people, session_id

QUIET_S = (0.2, 1.0)  # between two faults
TROUBLE_S = (0.5, 2.5)  # how long one lasts


class Process(Server):
    """One of the fleet. proxy: between it and the database; None: an SQLite file has none."""

    def __init__(self, folder: Path, url: str, proxy: FailingProxy | None) -> None:
        super().__init__(
            folder,
            DATABASE_URL=url,
            JWT_SECRET=JWT_SECRET,
            RATE_LIMIT="off",
            SOCKETS_PER_USER_MAX="1000",
            LOG_LEVEL="WARNING",
            DRAIN_SECONDS="1",
        )
        self.proxy = proxy
        self.is_up = False

    async def begin(self) -> None:
        """Start it, as often as it takes: its database may be away."""
        await asyncio.to_thread(self.start)
        self.is_up = True

    def signal(self, number: int) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"


class Fleet:
    """The processes on one database. Everything by chance is of one seed."""

    def __init__(self, folder: Path, database_url: str, count: int, seed: int) -> None:
        self.url = database_url
        self.chance = random.Random(seed)  # noqa: S311  # what repeats is no secret
        self.told: list[str] = []  # what befell whom, in order
        self.processes: list[Process] = []
        self.item: Item
        self._folder = folder
        self._count = count
        self._proxies: list[FailingProxy] = []
        self._tokens = Tokens(JWT_SECRET, "graphql-api", 60, SystemClock())

    @property
    def is_on_a_server(self) -> bool:
        """Whether the database is PostgreSQL."""
        return not self.url.startswith("sqlite:")

    async def start(self) -> None:
        async with open_services(settings_for(self.url)) as services:
            await add_people(services)
            self.item = await make_item(services, initial_stock=0, min_stock=5)
        for number in range(self._count):
            url, proxy = self.url, None
            if self.is_on_a_server:
                proxy = FailingProxy(urlsplit(self.url).port or 5432)
                await proxy.__aenter__()
                self._proxies.append(proxy)
                url = _at_port(self.url, proxy.port)
            folder = self._folder / f"process {number}"
            folder.mkdir()
            self.processes.append(Process(folder, url, proxy))
        await asyncio.gather(*(process.begin() for process in self.processes))

    async def close(self) -> None:
        for process in self.processes:
            if process._process is not None:
                process.signal(signal.SIGCONT)
            process.kill()
        for proxy in self._proxies:
            await proxy.__aexit__(None, None, None)

    def anyone(self) -> Process:
        """A process, up or not: clients do not know."""
        return self.chance.choice(self.processes)

    def token(self, who: str) -> str:
        return self._tokens.issue(PEOPLE[who][0], session_id(who))[0]

    # What can befall them

    async def trouble(self, seconds: float) -> None:
        """One fault after another, for so long; then all is well again."""
        faults: list[Callable[[Process], Awaitable[Any]]] = [self._killed, self._stopped]
        if self.is_on_a_server:
            faults += [self._cut, self._silent, self._away, self._ended]
        end_s = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end_s:
            fault, process = self.chance.choice(faults), self.anyone()
            self.told.append(f"{fault.__name__} {self.processes.index(process)}")
            await fault(process)
            await asyncio.sleep(self.chance.uniform(*QUIET_S))

    async def _lasting(self) -> None:
        await asyncio.sleep(self.chance.uniform(*TROUBLE_S))

    async def _killed(self, process: Process) -> None:
        process.kill()
        await self._lasting()
        await process.begin()

    async def _stopped(self, process: Process) -> None:
        process.signal(signal.SIGSTOP)
        await self._lasting()
        process.signal(signal.SIGCONT)

    async def _cut(self, process: Process) -> None:
        assert process.proxy is not None
        process.proxy.cut()

    async def _silent(self, process: Process) -> None:
        assert process.proxy is not None
        process.proxy.is_silent = True
        await self._lasting()
        process.proxy.is_silent = False
        process.proxy.cut()  # what was swallowed is gone: no connection goes on without it

    async def _away(self, process: Process) -> None:
        assert process.proxy is not None
        process.proxy.is_down = True
        process.proxy.cut()
        await self._lasting()
        process.proxy.is_down = False

    async def _ended(self, _: Process) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{port}"))
