"""The API for a Python program, on top of gql: operations, and subscriptions that lose nothing.

    async with InventoryClient("http://127.0.0.1:8000", email, password) as client:
        stock = await client.execute("{ syncCursor items(first: 100) { nodes { sku stock } } }")
        async for update in client.subscribe(UPDATES, after=stock["syncCursor"]):
            ...

A subscription goes on over as many connections as it takes: it comes back with the cursor of
the newest event, or of the newest heartbeat, signs in anew when the session is over, and waits
ever longer while the server is away. What it cannot heal it raises: CursorRefused, when the
server no longer knows what happened since (query afresh), and Failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from graphql_api.client.account import (
    ENDLESS,
    Account,
    Credentials,
    CursorRefused,
    Failed,
    Operation,
    about,
    endpoint_of,
    signed_in,
)
from graphql_api.client.feed import Change, Feed, Stream
from graphql_api.kernel.tasks import ended

ATTEMPTS = 5  # of an operation over HTTP, before it is told that the server is away
OPERATIONS_KEPT = 100  # documents that are not parsed again


class InventoryClient:
    """A signed-in user of one server. An async context manager: entering it signs in."""

    def __init__(
        self,
        url: str,
        email: str,
        password: str,
        *,
        attempts: int = ATTEMPTS,
        on_change: Callable[[Change], None] = lambda _: None,
    ) -> None:
        """url: the server's, with or without /graphql; on_change: hears of each connection that
        a subscription makes and loses. Raises ValueError for a URL that is none."""
        self._credentials = Credentials(endpoint_of(url), email, password)
        self._attempts = attempts
        self._on_change = on_change
        self._stack = AsyncExitStack()
        self._account: Account | None = None
        self._operations: dict[str, Operation] = {}

    async def __aenter__(self) -> Self:
        """Raises Failed: wrong password, or nobody answers."""
        self._account = await self._stack.enter_async_context(
            signed_in(self._credentials, self._attempts)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._account = None
        await self._stack.aclose()

    async def execute(
        self, document: str, *, at_least: str | None = None, **variables: Any
    ) -> dict[str, Any]:
        """The data of a query or a mutation. Raises Failed.

        A query is answered from no earlier place in the log than the newest that this client was
        told of, by answers, events and heartbeats; or than the cursor `at_least`, which somebody
        else was told: that one may be refused, CursorRefused.

        It is sent again when no answer came, so a mutation must be one that may be repeated:
        those of stock may, since each has its idempotencyKey.
        """
        operation = self._operation(document)
        data: dict[str, Any] = await self._signed_in.call(operation, variables, at_least)
        return data

    async def subscribe(
        self, document: str, *, after: str | None = None, heartbeats: bool = False, **variables: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """The subscription's events, each once and in order, until the caller breaks off.

        document: with a variable `$after: Cursor`, and `cursor` among its field's selections.
        after: where to begin; None: from now on. heartbeats: also say now and then
        `{"cursor": …}` and nothing else: nothing up to it is missing, so a caller that keeps the
        cursor keeps a young one. Raises CursorRefused, Failed.
        """
        operation = self._operation(document)
        heard = _Heard(heartbeats, self._on_change)
        stream = Stream(operation.field, operation.field, operation, after, variables=variables)
        feed = Feed(self._signed_in, [stream], heard, ENDLESS, _sleep_about)
        running = asyncio.create_task(feed.run())
        running.add_done_callback(lambda _: heard.events.put_nowait(None))
        try:
            while (event := await heard.events.get()) is not None:
                yield event
            await running  # raises why it ended
        finally:
            await ended([running])

    @property
    def _signed_in(self) -> Account:
        if self._account is None:
            raise Failed("the client is closed: use it inside `async with`")
        return self._account

    def _operation(self, document: str) -> Operation:
        known = self._operations.get(document)
        if known is None:
            if len(self._operations) >= OPERATIONS_KEPT:
                self._operations.clear()
            known = self._operations[document] = Operation(document)
        return known


class _Heard:
    """A feed's listener that hands on what it hears. None: the feed has ended."""

    def __init__(self, heartbeats: bool, on_change: Callable[[Change], None]) -> None:
        self.events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._heartbeats = heartbeats
        self.changed = on_change

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        self.events.put_nowait(event)

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        if self._heartbeats:
            self.events.put_nowait({"cursor": cursor})

    async def refused(self, stream: Stream, code: str) -> None:
        raise CursorRefused(code)


async def _sleep_about(seconds: float) -> None:
    await asyncio.sleep(about(seconds))


__all__ = ["Change", "CursorRefused", "Failed", "InventoryClient"]
