"""Lanes: the members of a group who want the same of the log; and whom an event is for.

A group shares one rendering, whatever its members filter by. All lanes stand in indexes by what
they want (delivery/filter_index.py), so an event finds those it is for. Used by groups.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from graphql_api.delivery.audience import may_see
from graphql_api.delivery.few import Few, each
from graphql_api.delivery.filter_index import FilterIndex, Found
from graphql_api.delivery.filters import Interest
from graphql_api.events.log import Event
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.rendering import raise_if_unreadable


class Audience(Hashable, Protocol):
    """Of a group. user_id: of the one user whom it is for; 0: it is for a role."""

    role_bit: int
    user_id: int


SharedBy = TypeVar("SharedBy", bound=Audience)


class Member:
    """One subscription on one socket. position: up to where it has been served, unless live;
    lane None: it is not being served."""

    __slots__ = ("cost", "fail", "follower", "head", "lane", "outbox", "pay", "position")

    def __init__(
        self,
        outbox: Outbox,
        head: bytes,
        fail: Callable[[Exception], None],
        cost: int = 0,
        pay: Callable[[int], float] = lambda _: 0.0,
    ) -> None:
        """head: what comes before a result's text; fail: ends the operation with an error.
        cost: of rendering an event; pay: charges a replay's work, see RateLimiter.pace."""
        self.cost = cost
        self.pay = pay
        self.outbox = outbox
        self.head = head
        self.fail = fail
        self.lane: Lane[Any] | None = None
        self.position = 0
        self.follower: asyncio.Task[None] | None = None

    @property
    def is_live(self) -> bool:
        return self.lane is not None and self in each(self.lane.live)

    @property
    def group(self) -> Any:
        """That shares its rendering; None: it is not being served."""
        return None if self.lane is None else self.lane.group


class Lane(Generic[SharedBy]):
    """Members of one group with one interest. members: how many, live or not."""

    __slots__ = ("group", "interest", "live", "members")

    def __init__(self, group: SharedBy, interest: Interest) -> None:
        self.group = group
        self.interest = interest
        self.live: Few[Member] = None
        self.members = 0

    def may_see(self, event: Event) -> bool:
        return may_see(event.roles, event.user_id, self.group.role_bit, self.group.user_id)

    def passes(self, event: Event) -> bool:
        """Whether the members may see the event and want to. Raises CursorTooOld for one that
        cannot be read any more, WrittenByNewer for one that another server can read: whether
        they want it is not known, so they are told."""
        if event.topic != self.interest.topic or not self.may_see(event):
            return False
        raise_if_unreadable(event)
        return self.interest.wants(event)


def by_group(lanes: Iterable[Lane[SharedBy]]) -> dict[SharedBy, list[Lane[SharedBy]]]:
    """The same lanes, those of one group together."""
    found: dict[SharedBy, list[Lane[SharedBy]]] = {}
    for lane in lanes:
        together = found.get(lane.group)
        if together is None:
            together = found[lane.group] = []
        together.append(lane)
    return found


def live_in(lanes: Iterable[Lane[SharedBy]]) -> list[Member]:
    """The live members of these lanes."""
    found: list[Member] = []
    for lane in lanes:
        live = lane.live
        if isinstance(live, dict):
            found.extend(live)
        elif live is not None:
            found.append(live)
    return found


class _Channel(Generic[SharedBy]):
    """The lanes of one role that want the same kinds of a topic."""

    __slots__ = ("by_user", "index", "kinds", "role_bit", "topic")

    def __init__(self, topic: str, kinds: frozenset[str], role_bit: int) -> None:
        self.topic = topic
        self.kinds = kinds
        self.role_bit = role_bit
        self.index: FilterIndex[Lane[SharedBy]] = FilterIndex()
        self.by_user: dict[int, dict[Lane[SharedBy], None]] = {}  # those that are one user's

    def find(self, event: Event) -> Found[Lane[SharedBy]]:
        """Those that may see the event, which is of these kinds, and want to."""
        if event.roles & self.role_bit:
            return self.index.find(event)
        found: Found[Lane[SharedBy]] = Found()
        for lane in self.by_user.get(event.user_id or 0, ()):
            try:
                if lane.interest.filter.passes(event):
                    found.receivers.append(lane)
            except Exception as error:
                found.failed.append((lane, error))
        return found


class Channels(Generic[SharedBy]):
    """All lanes of a process, by what they want. A topic has as many channels as there are roles
    and choices of kinds: few, however many lanes."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, frozenset[str], int], _Channel[SharedBy]] = {}
        self._by_kind: dict[tuple[str, str], list[_Channel[SharedBy]]] = {}

    def add(self, lane: Lane[SharedBy]) -> None:
        interest, group = lane.interest, lane.group
        key = (interest.topic, interest.kinds, group.role_bit)
        channel = self._all.get(key)
        if channel is None:
            channel = self._all[key] = _Channel(*key)
            for kind in interest.kinds:
                self._by_kind.setdefault((interest.topic, kind), []).append(channel)
        channel.index.add(interest.filter, lane)
        if group.user_id:
            channel.by_user.setdefault(group.user_id, {})[lane] = None

    def remove(self, lane: Lane[SharedBy]) -> None:
        interest, group = lane.interest, lane.group
        key = (interest.topic, interest.kinds, group.role_bit)
        channel = self._all[key]
        channel.index.remove(interest.filter, lane)
        if group.user_id:
            del channel.by_user[group.user_id][lane]
            if not channel.by_user[group.user_id]:
                del channel.by_user[group.user_id]
        if not len(channel.index):
            del self._all[key]
            for kind in interest.kinds:
                there = self._by_kind[interest.topic, kind]
                there.remove(channel)
                if not there:
                    del self._by_kind[interest.topic, kind]

    def find(self, event: Event) -> Found[Lane[SharedBy]]:
        """Whom a new event is for. Failed are those who cannot be told whether it is."""
        found: Found[Lane[SharedBy]] = Found()
        try:
            raise_if_unreadable(event)
        except Exception as error:
            found.failed.extend((one, error) for one in self._of(event.topic) if one.may_see(event))
            return found
        for channel in self._by_kind.get((event.topic, event.kind), ()):
            more = channel.find(event)
            found.receivers.extend(more.receivers)
            found.failed.extend(more.failed)
        return found

    @property
    def looked_at(self) -> int:
        """How many filters were, so far, by those channels that are there."""
        return sum(channel.index.looked_at for channel in self._all.values())

    def _of(self, topic: str) -> Iterator[Lane[SharedBy]]:
        for channel in self._all.values():
            if channel.topic == topic:
                yield from channel.index.receivers()
