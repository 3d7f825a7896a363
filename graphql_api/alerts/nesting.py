"""Events of a place's alerts tell what that place is in, so that a filter by an outer place needs
nothing but the event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from graphql_api.alerts.lifecycle import TOPIC
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.locations import Locations


def note_nesting(
    locations: Locations,
) -> Callable[[LogTransaction, Sequence[Event]], Awaitable[None]]:
    """A reactor, to come after those who raise alerts."""

    async def note(transaction: LogTransaction, events: Sequence[Event]) -> None:
        told = [e for e in events if e.topic == TOPIC and e.payload.location_id is not None]
        if told:
            places = await locations.places(transaction, [e.payload.location_id for e in told])
            for event in told:
                event.payload.around = places.around([event.payload.location_id])

    return note
