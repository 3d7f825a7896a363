"""Events rendered for groups, and what is kept of it for those who follow the log together."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Generator, Hashable
from typing import Any, Protocol

from graphql_api.delivery.filters import Interest
from graphql_api.delivery.hub import Hub
from graphql_api.errors import CursorTooOld
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, Unreadable
from graphql_api.kernel.codec import WrittenByNewer
from graphql_api.transport.again import PASSING, Patience, again
from graphql_api.transport.protocol import tail_of

RENDERED_BYTES_MAX = 16_777_216  # tails kept for members that follow the log together

_UNREADABLE = (
    "An event that you have not seen cannot be read any more. "
    "Query the data afresh with syncCursor, then subscribe after it."
)
_Place = tuple[Hashable, str, int]


class Subscribed(Protocol):
    """An open subscription, as the schema hands it over. key: equal for those that render every
    event to the same bytes, whichever events they want."""

    interest: Interest
    personal: bool
    after: Cursor | None
    key: Any

    def render(self, event: Event, epoch: str) -> str | Awaitable[str]: ...


def raise_if_unreadable(event: Event) -> None:
    """Raises CursorTooOld for an event that cannot be read any more, WrittenByNewer for one that
    another server can read."""
    if isinstance(event.payload, Unreadable):
        why = event.payload.why
        if isinstance(why, WrittenByNewer):
            raise WrittenByNewer(why.kind, why.version)
        raise CursorTooOld(_UNREADABLE)


class Renderings:
    """Renders events, and keeps the tails that followers asked for, by group, epoch, position."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.kept: OrderedDict[_Place, bytes | asyncio.Future[str]] = OrderedDict()
        self.kept_bytes = 0

    def clear(self) -> None:
        """The log is another one: nothing of the old one stays."""
        self.kept.clear()
        self.kept_bytes = 0

    def known(self, subscribed: Subscribed, event: Event) -> bytes | asyncio.Future[str] | None:
        """The event's tail, if it is kept; a future of its text while it is being rendered."""
        return self.kept.get((subscribed.key, self._hub.head.epoch, event.position))

    async def tail(self, subscribed: Subscribed, event: Event) -> bytes:
        """The event's tail as the group sees it, rendered once for all who follow together."""
        place = (subscribed.key, self._hub.head.epoch, event.position)
        known = self.kept.get(place)
        if isinstance(known, bytes):
            return known
        if known is not None:
            return tail_of(await asyncio.shield(known))
        text = self.render(subscribed, event)
        if not isinstance(text, str):
            future: asyncio.Future[str] = asyncio.ensure_future(_wait_for(text))
            self.kept[place] = future
            future.add_done_callback(lambda done: self._keep_done(place, done))
            return tail_of(await asyncio.shield(future))
        return self._keep(place, text)

    def render(self, subscribed: Subscribed, event: Event) -> str | Awaitable[str]:
        """One rendering; a fault in it is an answer too, masked by the schema. That the database
        is away is none: then it is rendered again, for a while."""
        epoch = self._hub.head.epoch
        try:
            text = subscribed.render(event, epoch)
        except PASSING as error:
            return _Rendering(subscribed, event, epoch, error)
        return text if isinstance(text, str) else _Rendering(subscribed, event, epoch, text)

    def _keep_done(self, place: _Place, rendered: asyncio.Future[str]) -> None:
        """Keep what was rendered, also when those who asked for it have left meanwhile."""
        if self.kept.get(place) is rendered:
            del self.kept[place]
        if not rendered.cancelled() and rendered.exception() is None:
            self._keep(place, rendered.result())

    def _keep(self, place: _Place, text: str) -> bytes:
        tail = tail_of(text)
        if place not in self.kept:
            self.kept[place] = tail
            self.kept_bytes += len(tail)
        while self.kept_bytes > RENDERED_BYTES_MAX:
            _, oldest = self.kept.popitem(last=False)
            if isinstance(oldest, bytes):
                self.kept_bytes -= len(oldest)
        return tail


class _Rendering:
    """An event being rendered, again if the first try fails by what passes. Begins to be when it
    is awaited, since it may be given up before."""

    def __init__(
        self, subscribed: Subscribed, event: Event, epoch: str, first: Awaitable[str] | Exception
    ) -> None:
        """first: what came of the first try."""
        self._subscribed = subscribed
        self._event = event
        self._epoch = epoch
        self._first = first

    def __await__(self) -> Generator[Any, Any, str]:
        return self._text().__await__()

    async def _text(self) -> str:
        first = self._first
        try:
            if isinstance(first, Exception):
                raise first
            return await first
        except PASSING as error:
            await Patience().pause(error)
        return await again(self._once)

    async def _once(self) -> str:
        text = self._subscribed.render(self._event, self._epoch)
        return text if isinstance(text, str) else await text


async def _wait_for(text: Awaitable[str]) -> str:
    return await text
