"""What subscriptions share: events with their place in the log, and how a field follows one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import strawberry

from graphql_api.delivery.filters import EVERYTHING, Filter, Interest
from graphql_api.engine.feed import Feed, checked_after
from graphql_api.errors import BadRequest, CursorInvalid
from graphql_api.events.cursor import Cursor as LogCursor
from graphql_api.events.log import Event
from graphql_api.said import said
from schema.context import Info
from schema.scalars import Cursor, DateTime

FILTER_VALUES_MAX = 1_000  # of one list in a filter

Told = TypeVar("Told")

# The arguments of every subscription.
FromCursor = Annotated[
    Cursor | None,
    strawberry.argument(
        "Begin with the first event after this place: a `cursor` of an event, `syncCursor` of a "
        "query, or what the server's pings say. Absent: from now on."
    ),
]


@strawberry.interface(description="Something that happened, with its place in the event log.")
class StreamEvent:
    cursor: Cursor = strawberry.field(description="Resume with `after` this.")
    timestamp: DateTime = strawberry.field(description="When it was committed.")


def follow(
    info: Info,
    topic: str,
    kinds: Iterable[Enum | str],
    value: Callable[[Event, Cursor], Told],
    after: LogCursor | CursorInvalid | None,
    where: Filter = EVERYTHING,
    *,
    personal: bool = False,
) -> Feed[Told]:
    """Events of a topic as a subscription field delivers them. Raises CursorInvalid.

    kinds: which; where: the filter; value: an event, and its cursor, as the field's value, made of
    them alone, since all whose selection is the same share it; personal: whether an event may be
    for one user alone.
    """
    wanted = frozenset(kind.value if isinstance(kind, Enum) else kind for kind in kinds)
    return Feed(
        info.context,
        Interest(topic, wanted, where),
        _told(value),
        checked_after(after),
        personal,
    )


@lru_cache(maxsize=64)  # more than there are subscriptions: those of a field share what they make
def _told(value: Callable[[Event, Cursor], Told]) -> Callable[[Event, str], Told]:
    """`value`, given the log's epoch. value: a function of a module, not one of an operation."""

    def told(event: Event, epoch: str) -> Told:
        return value(event, Cursor(LogCursor(epoch, event.position, event.recorded_at_us)))

    return told


def bounded(name: str, listed: list[Any] | None) -> list[Any] | None:
    """A list of a filter. Raises BadRequest when it is too long."""
    if listed is not None and len(listed) > FILTER_VALUES_MAX:
        raise BadRequest(
            said(
                "{name} has {count} values; at most {most} may be.",
                name=name,
                count=len(listed),
                most=FILTER_VALUES_MAX,
            )
        )
    return listed
