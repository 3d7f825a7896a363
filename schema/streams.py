"""What subscriptions share: events with their place in the log, and how a field follows one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Annotated, Any, TypeVar

import strawberry

from graphql_api.engine.feed import Feed, checked_after
from graphql_api.errors import BadRequest, CursorInvalid
from graphql_api.events.cursor import Cursor as LogCursor
from graphql_api.events.log import Event
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
    accepts: Callable[[Event], bool] | None = None,
    *,
    personal: bool = False,
) -> Feed[Told]:
    """Events of a topic as a subscription field delivers them. Raises CursorInvalid.

    kinds: which; accepts: the `where` filter, None: all; value: an event, and its cursor, as the
    field's value; personal: whether an event may be for one user alone.
    """

    def told(event: Event, epoch: str) -> Told:
        return value(event, Cursor(LogCursor(epoch, event.position, event.recorded_at_us)))

    wanted = frozenset(kind.value if isinstance(kind, Enum) else kind for kind in kinds)
    return Feed(
        info.context,
        topic,
        wanted,
        accepts or everything,
        told,
        checked_after(after),
        personal,
    )


def everything(_: Event) -> bool:
    """The filter that nobody gave."""
    return True


def bounded(name: str, listed: list[Any] | None) -> list[Any] | None:
    """A list of a filter. Raises BadRequest when it is too long."""
    if listed is not None and len(listed) > FILTER_VALUES_MAX:
        raise BadRequest(f"{name} has {len(listed)} values; at most {FILTER_VALUES_MAX} may be.")
    return listed
