"""The live feed: subscriptions on one socket that lose nothing when the socket is lost.

Client libraries subscribe again with the variables of the first time. Here each subscription
has a place in the log of its own, and after a reconnect it asks for what came after the newest.
A place that the server cannot honour any more is told to the listener, who queries afresh.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NoReturn, Protocol

from gql import Client
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from graphql import ExecutionResult
from websockets.exceptions import ConnectionClosed

from graphql_api.client.account import (
    Account,
    Failed,
    Operation,
    Variables,
    at_least,
    backoff,
    error_of,
    retry_after,
)
from graphql_api.client.tasks import first_to_end

CONNECT_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 2
STEADY_S = 10.0  # a socket that lived so long was no failed attempt
RESETS_MOST = 3  # in a row without an event between: the server refuses what it just gave

REFUSED_PLACES = {"CURSOR_TOO_OLD", "EPOCH_CHANGED", "CURSOR_INVALID"}
# Errors of one operation that another socket can cure, and the close code that they amount to.
PASSING = {"UNAUTHENTICATED": 4403, "UNAVAILABLE": 1012, "RATE_LIMITED": 1013}
SESSION_OVER = {4401, 4403}
# What comes back the same however often one tries: the client is wrong (PROTOCOL.md of graphql-ws).
FATAL_CODES = {4004, 4005, 4400, 4406, 4409, 4429, 4500}


class State(Enum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state. attempt 0: not after a failure. wait_s None: no further attempt."""

    state: State
    attempt: int = 0
    attempts: int = 0
    wait_s: float | None = None
    reason: str = ""
    greeting: dict[str, Any] = field(default_factory=dict)  # connection_ack's payload


@dataclass(slots=True, eq=False)
class Stream:
    """A subscription. cursor: its place in the log, what was taken last; None: from now on.
    variables: further ones than `after`."""

    name: str
    field: str
    operation: Operation
    cursor: str | None = None
    resets: int = 0
    variables: Variables | None = None


class Listener(Protocol):
    """Who hears the feed. What these raise ends it."""

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        """One event; the stream's cursor moves on when this returns."""

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        """The server says that nothing up to `cursor` is missing."""

    def changed(self, change: Change) -> None:
        """The connection's state changed."""

    async def refused(self, stream: Stream, code: str) -> None:
        """The stream's place is no good (CURSOR_TOO_OLD …): query afresh, set its cursor."""


class Lost(Exception):
    """The socket ended. code: its close code, 1006 when there was none; least_s: for how long the
    server asks to stay away."""

    def __init__(self, code: int, reason: str, least_s: float = 0.0) -> None:
        super().__init__(reason or f"closed with {code}")
        self.code = code
        self.least_s = least_s


class Socket(WebsocketsTransport):
    """gql's transport; a server's ping takes its turn behind the events that came before it.

    Its payload's cursor says that all of these were delivered. gql keeps it aside, where it
    would overtake the events that still wait to be read.
    """

    async def _handle_answer(
        self, answer_type: str, answer_id: int | None, execution_result: ExecutionResult | None
    ) -> None:
        await super()._handle_answer(answer_type, answer_id, execution_result)
        if answer_type == "ping":
            ping = ExecutionResult(data={"ping": self.payloads["ping"]})
            for listener in self.listeners.values():
                await listener.put(("data", ping))


class Feed:
    """Keeps `streams` flowing to `listener` until cancelled. Raises Failed."""

    def __init__(
        self,
        account: Account,
        streams: list[Stream],
        listener: Listener,
        attempts: int,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._account = account
        self._streams = streams
        self._listener = listener
        self._attempts = attempts
        self._sleep = sleep
        self._reachable = asyncio.Event()
        self._events = 0
        self._connected_at: float | None = None

    def retry(self) -> None:
        """The server was seen alive: an offline feed begins anew."""
        self._reachable.set()

    async def run(self) -> NoReturn:
        waits = backoff(self._attempts)
        attempt = 0
        while True:
            events, self._connected_at = self._events, None
            self._tell(State.CONNECTING, attempt)
            try:
                await self._connection()
            except Lost as lost:
                reason, least_s = str(lost), lost.least_s
            if self._events > events or self._lived_s() >= STEADY_S:
                waits, attempt = backoff(self._attempts), 0
            attempt += 1
            wait_s = next(waits, None)
            self._reachable.clear()
            if wait_s is not None:
                wait_s = max(wait_s, at_least(least_s))
                self._tell(State.OFFLINE, attempt, wait_s, reason)
                await self._sleep(wait_s)
            else:
                self._tell(State.OFFLINE, attempt - 1, None, reason)
                await self._reachable.wait()
                waits, attempt = backoff(self._attempts), 0

    def _lived_s(self) -> float:
        return 0.0 if self._connected_at is None else time.monotonic() - self._connected_at

    def _tell(
        self, state: State, attempt: int, wait_s: float | None = None, reason: str = ""
    ) -> None:
        self._listener.changed(Change(state, attempt, self._attempts, wait_s, reason))

    async def _connection(self) -> NoReturn:
        """One socket's life. Raises Lost, or Failed when another one would end the same way."""
        try:
            token = await self._account.token()
            await self._live(token)
        except Lost as error:
            lost = error
        except (TransportError, TimeoutError, OSError) as error:
            lost = _lost(error)
        if lost.code in SESSION_OVER:
            self._account.forget(token)
        if lost.code in FATAL_CODES:
            raise Failed(f"the server does not want this client: {lost.code} {lost}")
        raise lost

    async def _live(self, token: str) -> NoReturn:
        socket = Socket(
            self._account.credentials.socket_url,
            init_payload={"authorization": f"Bearer {token}"},
            subprotocols=[Socket.GRAPHQLWS_SUBPROTOCOL],
            connect_timeout=CONNECT_TIMEOUT_S,
            ack_timeout=CONNECT_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            connect_args={"compression": None},
        )
        async with Client(transport=socket, execute_timeout=None) as session:
            self._connected_at = time.monotonic()
            greeting = socket.payloads.get("connection_ack") or {}
            self._account.newest.heard(greeting.get("cursor"))
            self._listener.changed(Change(State.CONNECTED, greeting=greeting))
            self._account.socket = session
            try:
                await first_to_end([self._follow(session, stream) for stream in self._streams])
            finally:
                if self._account.socket is session:  # another feed's may be newer
                    self._account.socket = None
        raise TransportError("the server ended a subscription")

    async def _follow(self, session: AsyncClientSession, stream: Stream) -> None:
        while True:
            request = stream.operation.request({**(stream.variables or {}), "after": stream.cursor})
            try:
                async for data in session.subscribe(request):
                    self._take(stream, data)
                return
            except TransportQueryError as error:
                code, message, extensions = error_of(error)
                if code in PASSING:
                    least_s = retry_after(extensions) if code == "RATE_LIMITED" else 0.0
                    raise Lost(PASSING[code], message, least_s) from error
                if code not in REFUSED_PLACES or stream.resets == RESETS_MOST:
                    raise Failed(f"{stream.field}: {message}") from error
                stream.resets += 1
                await self._listener.refused(stream, code)

    def _take(self, stream: Stream, data: dict[str, Any]) -> None:
        if "ping" in data:
            cursor = (data["ping"] or {}).get("cursor")
            self._account.newest.heard(cursor)
            if isinstance(cursor, str) and cursor != stream.cursor:
                self._listener.heartbeat(stream, cursor)
                stream.cursor = cursor
            return
        event = data[stream.field]
        self._account.newest.heard(event.get("cursor"))
        self._listener.event(stream, event)
        stream.cursor = event["cursor"]
        stream.resets = 0
        self._events += 1


def _lost(error: BaseException) -> Lost:
    """Why a socket ended, as far as the chain of causes tells."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionClosed):
            close = cause.rcvd
            return Lost(close.code, close.reason) if close else Lost(1006, "the connection broke")
        last, cause = cause, cause.__cause__
    return Lost(1006, str(last) or type(last).__name__)
