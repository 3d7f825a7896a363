"""A signed-in user: operations over HTTP, and a session that is renewed before it expires.
Used by the client (client.py) and by the scripts.

The feed (feed.py) uses the same session on its socket. While the socket is up, renewing goes
over it, because that renews the socket's session too; the server closes it with 4403 otherwise.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportError, TransportQueryError
from graphql import FieldNode, OperationDefinitionNode, OperationType, parse

from graphql_api.client.newest import HEADER, REFUSALS, NewestCursor
from graphql_api.kernel.tasks import ended

REQUEST_TIMEOUT_S = 60  # the server gives an operation 30 s; a write may wait for others before it
RENEW_AT = 0.8  # of an access token's life: two minutes are left of the usual ten
RENEW_WAIT_LEAST_S = 5.0  # bounds the renewals when this machine's clock is wrong
RENEW_TIMEOUT_S = 10.0
BACKOFF_FIRST_S = 1.0
BACKOFF_MOST_S = 60.0

ENDLESS = sys.maxsize  # attempts: never give up

Variables = dict[str, Any]
Told = Callable[[str], None]


class Failed(Exception):
    """What was asked for could not be done, and trying again would not help."""


class CursorRefused(Exception):
    """The server cannot tell what happened after the cursor: query afresh, then subscribe.

    code: CURSOR_TOO_OLD (deleted by retention), EPOCH_CHANGED (another database) or
    CURSOR_INVALID.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotNow(TransportError):
    """The server answered, and cannot give a session just now: UNAVAILABLE."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where to sign in, and as whom. url: the endpoint over HTTP."""

    url: str
    email: str
    password: str

    @property
    def socket_url(self) -> str:
        """The same endpoint for WebSockets."""
        return "ws" + self.url.removeprefix("http")


class Operation:
    """A document, parsed once. It is sent as it was written, so the server's cache finds it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._document = parse(text)

    @property
    def field(self) -> str:
        """Under which name the result has the operation's first field."""
        first = self._operation.selection_set.selections[0]
        assert isinstance(first, FieldNode), "a subscription selects one field"
        return (first.alias or first.name).value

    @property
    def is_query(self) -> bool:
        return self._operation.operation is OperationType.QUERY

    @property
    def _operation(self) -> OperationDefinitionNode:
        """The first one."""
        (operation, *_) = (
            part for part in self._document.definitions if isinstance(part, OperationDefinitionNode)
        )
        return operation

    def request(self, variables: Variables | None = None) -> GraphQLRequest:
        """The operation with these variables, as gql wants it."""
        return _Request(self, self._document, variables)


class _Request(GraphQLRequest):
    """gql prints the syntax tree again for each request, which costs more than the rest of it."""

    def __init__(self, operation: Operation, document: Any, variables: Variables | None) -> None:
        super().__init__(document, variable_values=variables)
        self._text = operation.text

    @property
    def payload(self) -> dict[str, Any]:
        return {"query": self._text, "variables": self.variable_values or {}}


LOG_IN = Operation(
    "mutation LogIn($input: LoginInput!) { login(input: $input)"
    " { accessToken refreshToken expiresAt userErrors { code message } } }"
)
REFRESH = Operation(
    "mutation Refresh($token: String!) { refreshSession(refreshToken: $token)"
    " { accessToken refreshToken expiresAt userErrors { code message } } }"
)


def endpoint_of(url: str) -> str:
    """The GraphQL endpoint of a server's address. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{url!r} is not an http:// or https:// address")
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") or "/graphql"))


def backoff(attempts: int) -> Iterator[float]:
    """The waits before each further attempt, in seconds: 1, 2, 4 … at most a minute."""
    for attempt in range(attempts):
        yield min(BACKOFF_FIRST_S * 2 ** min(attempt, 16), BACKOFF_MOST_S)


def about(seconds: float) -> float:
    """So that a thousand clients of a server that restarts do not come back all at once."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311  # no secret


def at_least(seconds: float) -> float:
    """As `about`, and never before the moment that the server asked for."""
    return seconds * random.uniform(1.0, 1.5)  # noqa: S311  # no secret


def retry_after(extensions: dict[str, Any]) -> float:
    """For how long a RATE_LIMITED answer asks to wait, in seconds."""
    seconds = extensions.get("retryAfterSeconds")
    return float(seconds) if isinstance(seconds, int | float) else BACKOFF_FIRST_S


def error_of(error: TransportQueryError) -> tuple[str, str, dict[str, Any]]:
    """The first of a response's errors: its code (empty: none), message and extensions."""
    first = (error.errors or [{}])[0]
    if not isinstance(first, dict):
        return "", str(first), {}
    extensions = first.get("extensions") or {}
    return str(extensions.get("code", "")), str(first.get("message", error)), extensions


class Account:
    """One user's session. `signed_in` makes it."""

    def __init__(self, credentials: Credentials, http: AsyncClientSession, attempts: int) -> None:
        self.credentials = credentials
        self.told: Told = lambda _: None  # hears why an operation is tried again
        self.socket: AsyncClientSession | None = None  # the feed's, while it is connected
        self.newest = NewestCursor()  # sent with each query
        self._http = http
        self._attempts = attempts
        self._renewing = asyncio.Lock()
        self._access = self._refresh = ""
        self._renew_at = 0.0

    async def token(self) -> str:
        """An access token with some time left. Raises Failed or TransportError."""
        if time.monotonic() >= self._renew_at:
            await self._renew()
        return self._access

    def forget(self, token: str) -> None:
        """The server does not take this access token any more: get another one."""
        if token == self._access:
            self._renew_at = 0.0

    async def call(
        self,
        operation: Operation,
        variables: Variables | None = None,
        at_least: str | None = None,
    ) -> Any:
        """The data of one operation over HTTP.

        What failed for a passing cause is tried again, so it must be an operation that may be
        repeated. at_least: a cursor that a query must not be answered from before; None: the
        newest that was told here. Raises Failed, CursorRefused for `at_least`.
        """
        waits = backoff(self._attempts)
        while True:
            try:
                return await self._known(operation, variables, at_least)
            except TransportQueryError as error:
                await asyncio.sleep(self._wait_after(error, waits))
            except TransportError as error:
                wait_s = next(waits, None)
                if wait_s is None:
                    raise Failed(f"{self.credentials.url} does not answer: {error}") from error
                self.told(f"no answer; trying again in {wait_s:.0f} s")
                await asyncio.sleep(about(wait_s))

    async def keep_fresh(self) -> None:
        """Renew the session whenever it is time, until cancelled."""
        waits = backoff(ENDLESS)
        wait_s = 0.0
        while True:
            await asyncio.sleep(max(self._renew_at - time.monotonic(), wait_s))
            try:
                await self.token()
                waits, wait_s = backoff(ENDLESS), 0.0
            except (TransportError, Failed):
                # Who needs the token next renews it or tells why that is not possible.
                wait_s = about(next(waits))

    def _wait_after(self, error: TransportQueryError, waits: Iterator[float]) -> float:
        """Seconds till another try makes sense. Raises Failed when none does."""
        code, message, extensions = error_of(error)
        match code:
            case "RATE_LIMITED":
                return at_least(retry_after(extensions))
            case "UNAVAILABLE" if (wait_s := next(waits, None)) is not None:
                self.told(f"{message}; trying again in {wait_s:.0f} s")
                return about(wait_s)
        raise Failed(message) from error

    async def _known(
        self, operation: Operation, variables: Variables | None, at_least: str | None
    ) -> Any:
        """The operation; a query once more without the newest cursor if the server does not know
        that one any more."""
        cursor = (at_least or self.newest.cursor) if operation.is_query else None
        try:
            return await self._once(operation, variables, cursor)
        except TransportQueryError as error:
            code = error_of(error)[0]
            if cursor is None or code not in REFUSALS:
                raise
            if at_least is not None:
                raise CursorRefused(code) from error
        self.newest.refused(cursor)
        return await self._once(operation, variables, None)

    async def _once(
        self, operation: Operation, variables: Variables | None, cursor: str | None
    ) -> Any:
        """The operation; once more with another token if the server does not take this one."""
        token = await self.token()
        try:
            return await self._sent(operation, variables, token, cursor)
        except TransportQueryError as error:
            if error_of(error)[0] != "UNAUTHENTICATED":
                raise
        self.forget(token)
        return await self._sent(operation, variables, await self.token(), cursor)

    async def _sent(
        self, operation: Operation, variables: Variables | None, token: str, cursor: str | None
    ) -> Any:
        headers = {"Authorization": f"Bearer {token}"} | ({HEADER: cursor} if cursor else {})
        answer = await self._http.execute(
            operation.request(variables),
            extra_args={"headers": headers},
            get_execution_result=True,
        )
        data = answer.data or {}
        self.newest.heard((answer.extensions or {}).get("cursor"))
        self.newest.heard(data.get("syncCursor"))
        return data

    async def _renew(self) -> None:
        async with self._renewing:
            if time.monotonic() < self._renew_at:
                return  # somebody else did while this one waited
            payload = await self._refreshed() if self._refresh else None
            if payload is None or payload["userErrors"]:
                payload = await self._logged_in()
            self._access, self._refresh = payload["accessToken"], payload["refreshToken"]
            expires_at = datetime.fromisoformat(payload["expiresAt"])
            left_s = (expires_at - datetime.now(UTC)).total_seconds()
            self._renew_at = time.monotonic() + max(left_s * RENEW_AT, RENEW_WAIT_LEAST_S)

    async def _refreshed(self) -> Any:
        """The answer to refreshSession; None: it refuses, so a password is needed."""
        session = self.socket or self._http
        request = REFRESH.request({"token": self._refresh})
        try:
            async with asyncio.timeout(RENEW_TIMEOUT_S):
                return (await self._granted(session, request))["refreshSession"]
        except TransportQueryError:
            return None
        except TimeoutError:
            raise TransportError("the session could not be renewed in time") from None

    async def _logged_in(self) -> Any:
        given = {"email": self.credentials.email, "password": self.credentials.password}
        try:
            data = await self._granted(self._http, LOG_IN.request({"input": given}))
        except TransportQueryError as error:
            raise Failed(error_of(error)[1]) from error
        payload = data["login"]
        if payload["userErrors"]:
            raise Failed(payload["userErrors"][0]["message"])
        return payload

    async def _granted(self, session: AsyncClientSession, request: GraphQLRequest) -> Any:
        """The data, once the server's door for sign-ins is not full any more. Raises NotNow."""
        while True:
            try:
                return await session.execute(request)
            except TransportQueryError as error:
                code, message, extensions = error_of(error)
                if code == "UNAVAILABLE":
                    raise NotNow(message) from error
                if code != "RATE_LIMITED":
                    raise
            wait_s = at_least(retry_after(extensions))
            self.told(f"{message}; trying again in {wait_s:.0f} s")
            await asyncio.sleep(wait_s)


@asynccontextmanager
async def signed_in(credentials: Credentials, attempts: int) -> AsyncIterator[Account]:
    """An account with its session, kept fresh until the context ends. Raises Failed."""
    transport = AIOHTTPTransport(
        credentials.url,
        timeout=REQUEST_TIMEOUT_S,
        json_serialize=_json_text,
        json_deserialize=orjson.loads,
    )
    async with Client(transport=transport, execute_timeout=None) as http:
        account = Account(credentials, http, attempts)
        await _begun(account, attempts)
        keeping = asyncio.create_task(account.keep_fresh())
        try:
            yield account
        finally:
            await ended([keeping])


async def _begun(account: Account, attempts: int) -> None:
    """Have the first token. A server that answers UNAVAILABLE is asked again. Raises Failed."""
    waits = backoff(attempts)
    while True:
        try:
            await account.token()
            return
        except NotNow as error:
            wait_s = next(waits, None)
            if wait_s is None:
                raise Failed(str(error)) from error
        except TransportError as error:
            raise Failed(f"{account.credentials.url} does not answer: {error}") from error
        await asyncio.sleep(about(wait_s))


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()
