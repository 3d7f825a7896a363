"""Servers as processes of their own, on a database with people and items, killed when told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from graphql_api.accounts.tokens import Tokens
from graphql_api.clock import SystemClock
from graphql_api.inventory.items import Item
from graphql_api.process import open_services
from tests.builders import make_item
from tests.conftest import JWT_SECRET, settings_for
from tests.databases import Maker
from tests.servers import Server
from tests.transport.clients import Client
from tests.transport.serving import PEOPLE, add_people, session_id


class LaunchedServer(Server):
    """Serves, by the launcher with its fail points, whoever is in PEOPLE."""

    module = "tests.transport.launcher"

    def __init__(self, folder: Path, **settings: str) -> None:
        defaults = {
            "JWT_SECRET": JWT_SECRET,
            "RATE_LIMIT": "off",
            "SOCKETS_PER_USER_MAX": "10000",
            "LOG_LEVEL": "WARNING",
        }
        super().__init__(folder, **(defaults | settings))
        self.fail_file = folder / "fail now"
        self._tokens = Tokens(JWT_SECRET, "graphql-api", 10, SystemClock())

    async def prepare(self, template_url: str) -> Item:
        """Make its database: the people, and one item."""
        await asyncio.to_thread(
            shutil.copyfile, template_url.removeprefix("sqlite://"), self.database
        )
        async with open_services(settings_for(f"sqlite://{self.database}")) as services:
            await add_people(services)
            return await make_item(services, initial_stock=0)

    async def begin(self, fail_point: str | None = None) -> None:
        """Start it, with a fail point or without, and wait until it is ready."""
        self.fail_file.unlink(missing_ok=True)
        for name in ("FAIL_POINT", "FAIL_FILE"):
            self._env.pop(name, None)
        if fail_point is not None:
            self._env |= {"FAIL_POINT": fail_point, "FAIL_FILE": str(self.fail_file)}
        await asyncio.to_thread(self.start)

    async def ended(self) -> int:
        """Its exit code, once it has ended; negative: the signal that killed it."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, 30)

    def terminate(self) -> None:
        """SIGTERM, without waiting for what comes of it."""
        assert self._process is not None
        self._process.terminate()

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    def token(self, who: str) -> str:
        return self._tokens.issue(PEOPLE[who][0], session_id(who))[0]

    async def client(self, who: str = "user") -> Client:
        """An acknowledged socket."""
        return await (await Client.open(self.socket_url)).init(self.token(who))

    def positions(self, after: int = 0) -> list[int]:
        """Where in the log the inventory's events stand."""
        rows = self.rows(
            "SELECT position FROM event WHERE topic = 'inventory' AND position > ? "
            "ORDER BY position",
            after,
        )
        return [row[0] for row in rows]

    def keys(self) -> set[str]:
        """The idempotency keys of all commands that were carried out."""
        return {row[0] for row in self.rows("SELECT key FROM idempotency_key")}

    def said(self) -> Any:
        return self.log.read_text(errors="replace")


Pair = tuple[LaunchedServer, LaunchedServer, Item, str]


@asynccontextmanager
async def two_servers(
    maker: Maker, folder: Path, initial_stock: int, **settings: str
) -> AsyncIterator[Pair]:
    """Two that may be started on one database, an item of theirs, and its URL; killed after."""
    url = maker.fresh()
    async with open_services(settings_for(url)) as services:
        await add_people(services)
        item = await make_item(services, initial_stock=initial_stock)
    async with AsyncExitStack() as stack:
        made = []
        for name in ("one", "other"):
            (folder / name).mkdir()
            made.append(LaunchedServer(folder / name, DATABASE_URL=url, **settings))
            stack.push_async_callback(asyncio.to_thread, made[-1].kill)
        yield made[0], made[1], item, url
    maker.discard(url)
