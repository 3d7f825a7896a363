"""A feed: what one subscription wants to see of the log, before anybody executes anything.

A subscription's resolver answers with a Feed. The transport takes it from there: it knows
topics, positions and audiences, and asks the feed only what it is interested in and what an event
is as a value of the schema. That value is made of the event alone, whatever the subscription's
arguments are: so all that select the same share one execution. A Feed is an async iterator too,
for whoever runs the schema without that transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from graphql_api.delivery.audience import EVERYONE, may_see
from graphql_api.delivery.filters import Interest
from graphql_api.delivery.states import StateInterest, StateSource
from graphql_api.engine.context import OperationContext
from graphql_api.errors import CursorInvalid
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class StateFeed(Generic[Value]):
    """A feed beside the log: the newest state of each subject, again whenever it changes.

    value: a state as the subscription field's value."""

    context: OperationContext
    source: StateSource
    interest: StateInterest
    value: Callable[[Any, str], Value]
    after: None = None  # there is nothing to resume: the state now comes first
    personal: bool = False

    async def __aiter__(self) -> AsyncIterator[Value]:
        viewer = self.context.signed_in
        changed: dict[int, int] = {}  # subject: who may learn of it
        grown = asyncio.Event()

        def heed(subject: int, roles: int) -> None:
            changed[subject] = changed.get(subject, 0) | roles
            grown.set()

        stop = self.source.listen(heed)
        try:
            changed.update((subject, EVERYONE) for subject in self.source.subjects(viewer.role.bit))
            while True:
                while changed:
                    subject = next(iter(changed))
                    roles = changed.pop(subject)
                    role = await self.context.role_now()
                    if self.interest.wants(subject) and roles & role.bit:
                        yield self.value(self.source.state(subject, role.bit), "")
                grown.clear()
                await grown.wait()
        finally:
            stop()


@dataclass(frozen=True, slots=True)
class Feed(Generic[Value]):
    """interest: which events, the `where` filter included; value: an event as the subscription
    field's value, given the log's epoch; after: where to begin, None for now; personal: whether
    its events may be for one user alone."""

    context: OperationContext
    interest: Interest
    value: Callable[[Event, str], Value]
    after: Cursor | None
    personal: bool = False

    async def __aiter__(self) -> AsyncIterator[Value]:
        context, viewer = self.context, self.context.signed_in
        if self.after is not None:
            await context.log.check_cursor(self.after)
        epoch = context.hub.head.epoch
        async for events in context.hub.reader(self.after):
            for event in events:
                role = await context.role_now()
                if self.interest.wants(event) and may_see(
                    event.roles, event.user_id, role.bit, viewer.user_id
                ):
                    yield self.value(event, epoch)


def checked_after(after: Cursor | CursorInvalid | None) -> Cursor | None:
    """An `after` argument. Raises CursorInvalid."""
    if isinstance(after, CursorInvalid):
        raise after
    return after
