"""The whole application in this process, as its callers see it: HTTP by httpx, sockets by hand.

Three users are there, one of each role, signed in already: hashing a password for each test
would take longer than the test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import orjson
from graphql import is_required_argument

from graphql_api.accounts.roles import Role
from graphql_api.accounts.tokens import Tokens
from graphql_api.app import Application, create_app
from graphql_api.clock import DAY_US, Clock
from graphql_api.engine.schema import PreparedSchema
from graphql_api.services import Services
from graphql_api.settings import Settings
from tests.built_schemas import build_schemas_once
from tests.conftest import JWT_SECRET
from tests.patience import PATIENCE_S
from tests.streams import eventually

URL = "http://inventory.test"  # nothing is looked up: httpx calls the application itself
USER_IDS = {Role.ADMIN: 11, Role.USER: 12, Role.VIEWER: 13}
SESSIONS = 10  # a user's session has the user's id and this
PROTOCOL = "graphql-transport-ws"

USER_ERRORS = "userErrors { code message field }"

build_schemas_once()


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response. body: its JSON, None when it is none."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.body.get("errors", [])
        return errors

    @property
    def codes(self) -> list[str]:
        """The code of each error; every error must have one."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls the API. token None: without an Authorization header."""

    http: httpx.AsyncClient
    schema: PreparedSchema
    token: str | None

    async def send(self, content: bytes | str, method: str = "POST", **headers: str) -> Answer:
        """A request with exactly this body. headers: with _ for -."""
        given = {"content_type": "application/json"}
        if self.token is not None:
            given["authorization"] = f"Bearer {self.token}"
        told = {name.replace("_", "-"): value for name, value in (given | headers).items() if value}
        response = await self.http.request(method, "/graphql", content=content, headers=told)
        is_json = response.content and "json" in response.headers.get("content-type", "")
        body = orjson.loads(response.content) if is_json else None
        return Answer(response.status_code, body, response.headers)

    async def post(
        self, query: str, variables: Mapping[str, Any] | None = None, **more: Any
    ) -> Answer:
        """An operation; more: further members of the body."""
        body = {"query": query, "variables": variables, **more}
        return await self.send(json.dumps(body, ensure_ascii=False))

    async def query(self, query: str, **variables: Any) -> Any:
        """An operation that must go well: its data."""
        answer = await self.post(query, variables)
        assert not answer.errors, answer.errors
        return answer.data

    async def codes(self, query: str, **variables: Any) -> list[str]:
        """The codes of an operation's errors."""
        return (await self.post(query, variables)).codes

    async def mutate(self, name: str, selection: str = "__typename", **arguments: Any) -> Any:
        """A mutation with all its arguments as variables: its payload."""
        answer = await self.try_mutate(name, selection, **arguments)
        assert not answer.errors, answer.errors
        return answer.data[name]

    async def try_mutate(
        self, name: str, selection: str = "__typename", **arguments: Any
    ) -> Answer:
        """`mutate`, whatever comes of it."""
        types = self.schema.core.mutation_type
        assert types is not None
        known = types.fields[name].args
        declared = ", ".join(f"${arg}: {known[arg].type}" for arg in arguments)
        passed = ", ".join(f"{arg}: ${arg}" for arg in arguments)
        if arguments:
            declared, passed = f"({declared})", f"({passed})"
        missing = [arg for arg in known if is_required_argument(known[arg])]
        assert set(missing) <= set(arguments), f"{name} needs {missing}"
        query = f"mutation{declared} {{ {name}{passed} {{ {selection} {USER_ERRORS} }} }}"
        return await self.post(query, arguments)

    async def refusals(self, name: str, **arguments: Any) -> list[str]:
        """The codes of a mutation's userErrors; its result must be null then."""
        payload = await self.mutate(name, **arguments)
        return [error["code"] for error in payload["userErrors"]]


@dataclass(slots=True)
class Api:
    """The running application, and its callers."""

    app: Application
    services: Services
    http: httpx.AsyncClient
    tokens: Tokens
    _open: list[Socket] = field(default_factory=list)

    @property
    def admin(self) -> Caller:
        return self.caller(Role.ADMIN)

    @property
    def user(self) -> Caller:
        return self.caller(Role.USER)

    @property
    def viewer(self) -> Caller:
        return self.caller(Role.VIEWER)

    @property
    def nobody(self) -> Caller:
        return self.with_token(None)

    def caller(self, role: Role) -> Caller:
        return self.with_token(self.token(role))

    def token(self, role: Role) -> str:
        """A fresh access token of the role's user."""
        user_id = USER_IDS[role]
        return self.tokens.issue(user_id, user_id + SESSIONS)[0]

    def with_token(self, token: str | None) -> Caller:
        return Caller(self.http, self.app.schema, token)

    async def socket(self, role: Role | None = None, **headers: str) -> Socket:
        """An open socket; of a role: acknowledged. Closed at the end of the test."""
        socket = Socket(self.app, headers)
        self._open.append(socket)
        await socket.connect()
        if role is not None:
            await socket.init(self.token(role))
        return socket

    async def head(self) -> int:
        """The position of the log's newest event."""
        return (await self.services.log.head()).position

    async def recorded(self) -> dict[str, int]:
        """How many rows each table has, and where the log stands: what a refusal leaves as it
        was."""
        counts = {}
        for table in TABLES:
            row = await self.services.database.reading.row(f"SELECT count(*) FROM {table}")
            assert row is not None
            counts[table] = int(row[0])
        return {**counts, "head": await self.head()}

    async def subscribed(self, count: int) -> None:
        """Wait until so many subscriptions are live, over all sockets."""
        await eventually(lambda: self.services.counters.subscriptions == count)

    async def close(self) -> None:
        for socket in self._open:
            await socket.close()


TABLES = (
    "item", "item_term", "item_barcode", "location", "level", "level_minimum", "movement",
    "idempotency_key", "event", "alert", "notification", "notification_read", "notification_mark",
    "push_subscription", "user_account", "session", "refresh_token", "edit_lease", "hold",
    "hold_line", "file_import", "file_chunk", "file_reject", "stock_line", "import_item",
    "import_mapping",
)  # fmt: skip


class Socket:
    """A client's end of a graphql-transport-ws socket, without a network between."""

    def __init__(self, app: Application, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = {"host": "inventory.test", **headers}
        self._to_server: asyncio.Queue[Any] = asyncio.Queue()
        self._from_server: asyncio.Queue[Any] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.ack: dict[str, Any] = {}

    async def connect(self) -> Self:
        """Raises Closed when the handshake is refused."""
        scope = {
            "type": "websocket",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in self._headers.items()],
            "subprotocols": [PROTOCOL],
            "client": ("127.0.0.1", 1),
        }
        self._task = asyncio.create_task(
            self._app(scope, self._to_server.get, self._from_server.put)
        )
        await self._to_server.put({"type": "websocket.connect"})
        accepted = await self._event()
        assert accepted["type"] == "websocket.accept"
        assert accepted["subprotocol"] == PROTOCOL
        return self

    async def init(self, token: str | None) -> None:
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await self.send({"type": "connection_init", "payload": payload})
        ack = await self.next()
        assert ack["type"] == "connection_ack"
        self.ack = ack["payload"]

    async def send(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        await self._to_server.put({"type": "websocket.receive", "text": text})

    async def subscribe(self, query: str, id: str = "1", **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.send({"id": id, "type": "subscribe", "payload": payload})

    async def next(self) -> dict[str, Any]:
        """The server's next message, its heartbeats left out. Raises Closed."""
        message: dict[str, Any] = {"type": "ping"}
        while message["type"] == "ping":
            message = orjson.loads((await self._event())["text"])
        return message

    async def event(self) -> dict[str, Any]:
        """The next message, which must be a result: the value of its one field."""
        message = await self.next()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        ((_, value),) = message["payload"]["data"].items()
        event: dict[str, Any] = value
        return event

    async def refusal(self) -> list[str]:
        """The next message, which must refuse the operation: the errors' codes."""
        message = await self.next()
        assert message["type"] == "error", message
        return [error["extensions"]["code"] for error in message["payload"]]

    async def settle(self) -> None:
        """Wait until the server has done what it was told. It answers in order."""
        await self.send({"type": "ping", "payload": {"settle": True}})
        assert await self.next() == {"type": "pong", "payload": {"settle": True}}

    async def close(self) -> None:
        await self._to_server.put({"type": "websocket.disconnect", "code": 1000})
        if self._task is not None:
            await asyncio.wait_for(self._task, PATIENCE_S)

    async def _event(self) -> dict[str, Any]:
        event: dict[str, Any] = await asyncio.wait_for(self._from_server.get(), PATIENCE_S)
        if event["type"] == "websocket.close":
            raise Closed(event["code"])
        return event


class Closed(Exception):
    """The server closed the socket, or refused it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


@asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Api]:
    """The application on these settings, until the context ends."""
    app = create_app(settings, clock=clock)
    async with _lifespan(app):
        assert app.services is not None
        await _add_users(app.services)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            tokens = Tokens(JWT_SECRET, settings.jwt_issuer, settings.access_token_minutes, clock)
            api = Api(app, app.services, http, tokens)
            try:
                yield api
            finally:
                await api.close()


@asynccontextmanager
async def _lifespan(app: Application) -> AsyncIterator[None]:
    """ASGI's start and stop, as a server does them."""
    to_app: asyncio.Queue[Any] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
    task = asyncio.create_task(app(scope, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    started = await asyncio.wait_for(from_app.get(), PATIENCE_S)
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        stopped = await asyncio.wait_for(from_app.get(), PATIENCE_S)
        await asyncio.wait_for(task, PATIENCE_S)
        assert stopped["type"] == "lifespan.shutdown.complete", stopped


async def _add_users(services: Services) -> None:
    """A user of each role with an open session; nobody can sign in with a password."""
    now_us = services.clock.now_us()
    await services.database.writing.change_many(
        "INSERT INTO user_account (id, email, email_key, name, role, active, password_hash, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, '', ?)",
        [
            (id_, email_of(role), email_of(role), role.name.title(), role.value, True, now_us)
            for role, id_ in USER_IDS.items()
        ],
    )
    await services.database.writing.change_many(
        "INSERT INTO session (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        [(id_ + SESSIONS, id_, now_us, now_us + 30 * DAY_US) for id_ in USER_IDS.values()],
    )


def email_of(role: Role) -> str:
    return f"{role.name.lower()}@example.com"
