"""Reading a hub's stream in tests, without ever waiting for longer than a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

from graphql_api.delivery.hub import Hub
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event
from tests.patience import PATIENCE_S


async def positions_after(hub: Hub, after: Cursor | None, count: int) -> list[int]:
    """The positions of the next `count` events that a reader after `after` gets."""
    return [event.position for event in await events_after(hub, after, count)]


async def events_after(hub: Hub, after: Cursor | None, count: int) -> list[Event]:
    """The next `count` events, or more if the last run brings more."""
    events: list[Event] = []
    async with asyncio.timeout(PATIENCE_S), stream(hub, after) as runs:
        async for run in runs:
            events += run
            if len(events) >= count:
                break
    return events


def stream(hub: Hub, after: Cursor | None) -> aclosing[Any]:
    """The hub's reader, closed at the end of the block."""
    return aclosing(cast(Any, hub.reader(after)))


async def next_run(runs: AsyncIterator[Sequence[Event]]) -> list[int]:
    """The positions of the reader's next run."""
    async with asyncio.timeout(PATIENCE_S):
        return [event.position for event in await anext(runs)]


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds. Polls: for what other tasks bring about unasked."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # what brings it about sets no event
            await asyncio.sleep(0.002)
