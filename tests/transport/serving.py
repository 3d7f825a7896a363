"""The application behind the real server, on a loopback port, in the test's own loop.

Its parts can be looked at, its clock held, and its people are signed in already: hashing a
password for each test would take longer than the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import uvicorn

from graphql_api.accounts.roles import Role
from graphql_api.accounts.tokens import Tokens, hash_refresh_token
from graphql_api.app import Application, create_app
from graphql_api.clock import DAY_US, Clock, SystemClock
from graphql_api.events.cursor import Cursor
from graphql_api.inventory.items import Item
from graphql_api.services import Services
from graphql_api.settings import Settings
from graphql_api.transport.server import server_config
from tests.builders import make_item, move
from tests.built_schemas import build_schemas_once
from tests.conftest import JWT_SECRET, settings_for
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.clients import Client, RawClient

PEOPLE = {
    "admin": (11, Role.ADMIN),
    "user": (12, Role.USER),
    "viewer": (13, Role.VIEWER),
    "boss": (14, Role.ADMIN),
}
SESSIONS_EACH = 3
SEND_BUFFER = 16_384  # what the kernel keeps for a peer that does not read, when it is to be little

FEED = """subscription($after: Cursor, $where: InventoryUpdateFilter) {
  inventoryUpdated(after: $after, where: $where) {
    cursor timestamp type userId item { id sku stock version } details { oldStock newStock }
  }
}"""
BIG_FEED = """subscription($after: Cursor) {
  inventoryUpdated(after: $after) { cursor item { sku stock description } }
}"""
FETCHING_FEED = """subscription($after: Cursor) {
  inventoryUpdated(after: $after) {
    cursor item { sku stock levels { quantity location { code } } }
  }
}"""
build_schemas_once()

ADJUST = """mutation($input: AdjustStockInput!) {
  adjustStock(input: $input) {
    replayed cursor movement { id newStock } userErrors { code message }
  }
}"""
UPDATE_USER = """mutation($input: UpdateUserInput!) {
  updateUser(input: $input) { user { id role active } userErrors { code message } }
}"""
REFRESH = """mutation($token: String!) {
  refreshSession(refreshToken: $token) { accessToken refreshToken userErrors { code } }
}"""

_keys = count(1)


def adjustment(item: Item | str, quantity: int = 1, key: str | None = None) -> dict[str, Any]:
    """The input of an adjustStock; with a new key unless one is given."""
    return {
        "idempotencyKey": key or f"socket key {next(_keys)}",
        "item": {"id": str(item if isinstance(item, str) else item.id)},
        "quantity": quantity,
        "actionType": "CORRECTION",
    }


def session_id(who: str, number: int = 1) -> int:
    """The session `number`, from 1, of somebody."""
    return PEOPLE[who][0] * 10 + number


def refresh_token(who: str, number: int = 1) -> str:
    """What trades that session for new tokens, once."""
    return f"refresh {who} {number}"


@dataclass(slots=True)
class Live:
    """The running application."""

    app: Application
    services: Services
    clock: Clock
    port: int
    server: LoopbackServer
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def sockets(self) -> Any:
        assert self.app.backend is not None
        return self.app.backend.sockets

    def token(self, who: str, session: int = 1) -> str:
        """A fresh access token."""
        settings = self.app.settings
        tokens = Tokens(JWT_SECRET, settings.jwt_issuer, settings.access_token_minutes, self.clock)
        return tokens.issue(PEOPLE[who][0], session_id(who, session))[0]

    async def connect(self, **options: Any) -> Client:
        """A socket on which nothing was said."""
        client = await Client.open(self.url, **options)
        self._stack.push_async_callback(client.close)
        return client

    async def client(self, who: str | None = "user", session: int = 1) -> Client:
        """An acknowledged socket; None: without a token."""
        client = await self.connect()
        return await client.init(self.token(who, session) if who else None)

    async def subscriber(
        self, who: str = "user", query: str = FEED, session: int = 1, **variables: Any
    ) -> Client:
        """An acknowledged socket with a subscription "s", which has begun."""
        client = await self.client(who, session)
        await self.subscribe(client, query, "s", **variables)
        return client

    async def subscribe(
        self, client: Client, query: str = FEED, operation_id: str = "s", **variables: Any
    ) -> None:
        """Begin a subscription, and wait until it has begun."""
        subscriptions = self.services.counters.subscriptions
        await client.start(operation_id, query, **variables)
        await eventually(lambda: self.services.counters.subscriptions > subscriptions)

    async def raw(
        self, who: str | None = "user", receive_buffer: int = 4_096, session: int = 1
    ) -> RawClient:
        """An acknowledged socket that reads when told."""
        client = await RawClient.open(self.url, receive_buffer)
        self._stack.callback(client.close)
        return await client.init(self.token(who, session) if who else None)

    async def item(self, sku: str = "SKU-1", **fields: Any) -> Item:
        """An item; the default has plenty of stock."""
        return await make_item(self.services, sku, **{"initial_stock": 1_000} | fields)

    async def commit(self, item: Item, times: int = 1) -> int:
        """Move an item's stock so many times, at once; the log's head after."""
        await asyncio.gather(*(move(self.services, item, 1) for _ in range(times)))
        return self.head

    @property
    def head(self) -> int:
        """The position of the newest event."""
        return self.services.hub.head.position

    def cursor(self) -> str:
        """The newest event's place."""
        return self.services.hub.head.cursor.encode()

    async def cursor_at(self, position: int) -> str:
        """The place of any event that is still in the log."""
        if position == 0:
            return Cursor(self.services.hub.head.epoch, 0, 0).encode()
        (event,) = await self.services.log.page(position - 1, position)
        return Cursor(self.services.hub.head.epoch, position, event.recorded_at_us).encode()

    async def positions(self, after: int = 0, where: str = "topic = 'inventory'") -> list[int]:
        """Where in the log, by SQL, the events after a position stand."""
        rows = await self.services.database.reading.rows(
            f"SELECT position FROM event WHERE position > ? AND {where} ORDER BY position", after
        )
        return [row["position"] for row in rows]

    async def movements(self, item: Item) -> int:
        """How often an item's stock has moved, by SQL."""
        row = await self.services.database.reading.row(
            "SELECT count(*) FROM movement WHERE item_id = ?", item.id
        )
        assert row is not None
        return int(row[0])

    async def assert_nothing_left(self) -> None:
        """No subscription, no group, nobody counted: all sockets are gone."""
        counters = self.services.counters
        await eventually(lambda: not self.sockets._all)
        await eventually(lambda: not counters.subscriptions and not counters.connections)
        assert counters.execution_groups == 0
        assert not self.sockets.groups._groups
        assert not self.sockets._by_user


class LoopbackServer(uvicorn.Server):
    """Leaves the signals to the test's process, and ends without uvicorn's pauses."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.end = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        await self.end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()
        state = self.server_state
        for connection in tuple(state.connections):
            connection.shutdown()
        await eventually(lambda: not state.connections and not state.tasks)
        await self.lifespan.shutdown()


@asynccontextmanager
async def live(
    database_url: str,
    clock: Clock | None = None,
    *,
    send_buffer: int | None = None,
    before_start: Callable[[Application], None] = lambda _: None,
    **settings: Any,
) -> AsyncIterator[Live]:
    """Serve the application on a database until the block ends.

    send_buffer: bytes that the kernel keeps for a peer that does not read; None: its own mind.
    """
    clock = clock or SystemClock()
    chosen: Settings = settings_for(database_url, **{"rate_limit": "off"} | settings)
    app = create_app(chosen, clock=clock)
    before_start(app)
    with socket.socket() as listening:
        if send_buffer is not None:  # accepted sockets inherit it
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        listening.bind(("127.0.0.1", 0))
        listening.listen(2_048)
        server = LoopbackServer(server_config(app, chosen, shutdown_s=1))
        task = asyncio.create_task(server.serve([listening]))
        try:
            await eventually(lambda: server.started or task.done())
            if task.done():
                task.result()
            assert app.services is not None
            await add_people(app.services)
            port = listening.getsockname()[1]
            running = Live(app, app.services, clock, port, server)
            async with running._stack:
                yield running
        finally:
            server.end.set()
            async with asyncio.timeout(PATIENCE_S):
                await task


async def add_people(services: Services) -> None:
    """People of each role with open sessions, unless they are there already."""
    row = await services.database.reading.row("SELECT count(*) FROM user_account")
    if row is not None and row[0]:
        return
    now_us = services.clock.now_us()
    writing = services.database.writing
    await writing.change_many(
        "INSERT INTO user_account (id, email, email_key, name, role, active, password_hash, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, '', ?)",
        [
            (id_, f"{who}@example.com", f"{who}@example.com", who, role.value, True, now_us)
            for who, (id_, role) in PEOPLE.items()
        ],
    )
    sessions = [(who, number) for who in PEOPLE for number in range(1, SESSIONS_EACH + 1)]
    await writing.change_many(
        "INSERT INTO session (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        [
            (session_id(who, number), PEOPLE[who][0], now_us, now_us + 300 * DAY_US)
            for who, number in sessions
        ],
    )
    await writing.change_many(
        "INSERT INTO refresh_token (token_hash, session_id, issued_at) VALUES (?, ?, ?)",
        [
            (hash_refresh_token(refresh_token(who, number)), session_id(who, number), now_us)
            for who, number in sessions
        ],
    )
