"""Groups on a real hub, with a log in memory, renderings that tests hold, and peers that stall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from graphql_api.clock import HeldClock
from graphql_api.delivery import audience
from graphql_api.delivery.audience import EVERYONE, ROLE_BITS
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.filters import Axis, Condition, Filter, Interest
from graphql_api.delivery.hub import Hub
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, Head, Log
from graphql_api.transport.groups import Groups
from graphql_api.transport.lanes import Member
from graphql_api.transport.outbox import Outbox
from tests.transport.pipes import Pipe, PipeLine, settle

EPOCH = "ab" * 8
TOPIC = "t"
KINDS = frozenset({"K", "L", "WANTED"})
SUBJECT = Axis("subject", lambda event: () if event.subject is None else (event.subject,))
KIND = Axis("kind", lambda event: (event.kind,), is_key=False)
BIG_RING = 10**7
NO_RING = 1  # the newest event only


class FakeLog:
    """A log in memory. Like the real one it reads fresh events each time; it can be held up."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.floor = 0
        self.pages = 0
        self.gate: asyncio.Event | None = None  # reads wait for it; None: they do not wait

    def grow(self, events: list[Event]) -> list[Event]:
        """Commit `events`; they as a hub is told of them."""
        for event in events:
            event.position = len(self.events) + 1
            event.recorded_at_us = event.position
            self.events.append(event)
            if event.topic == audience.TOPIC:
                self._restrict(event)
        return [replace(event) for event in events]

    def _restrict(self, notice: Event) -> None:
        for event in self.events:
            if event.subject == notice.subject:
                event.roles &= notice.payload.roles

    async def head(self) -> Head:
        await asyncio.sleep(0)
        return Head(EPOCH, len(self.events), self.floor, len(self.events))

    async def page(self, after: int, up_to: int, limit: int = 500) -> list[Event]:
        self.pages += 1
        first = max(after, self.floor)
        read = [replace(event) for event in self.events[first : min(up_to, first + limit)]]
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        return read


def asks(passes: Callable[[Event], bool]) -> Condition:
    """A filter that no index knows, by what it asks."""
    return Condition(passes, passes)


class Subscription:
    """Stands for an open subscription: renders an event as its position, at once or when told.

    where: its filter, or else `wants`, which no index knows."""

    def __init__(
        self,
        key: object = "key",
        *,
        wants: Callable[[Event], bool] = lambda _: True,
        where: Filter | None = None,
        is_slow: bool = False,
        personal: bool = False,
        size: int = 0,
    ) -> None:
        self.key = key
        self.interest = Interest(TOPIC, KINDS, where or Filter(conditions=(asks(wants),)))
        self.personal = personal
        self.after: Cursor | None = None
        self.fault: Exception | None = None
        self.is_slow = is_slow
        self.rendered: list[int] = []  # positions, as rendering began
        self.held: list[tuple[int, asyncio.Future[str]]] = []
        self._size = size

    def wants(self, event: Event) -> bool:
        return self.interest.wants(event)

    def render(self, event: Event, epoch: str) -> str | Awaitable[str]:
        assert epoch == EPOCH
        self.rendered.append(event.position)
        if self.fault is not None and not self.is_slow:
            raise self.fault
        if not self.is_slow:
            return self._text(event.position)
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.held.append((event.position, future))
        return future

    def finish(self, number: int = 0) -> None:
        """Let a rendering that is held come to its end."""
        position, future = self.held.pop(number)
        if future.done():
            return
        if self.fault is not None:
            future.set_exception(self.fault)
        else:
            future.set_result(self._text(position))

    def finish_all(self) -> None:
        while self.held:
            self.finish()

    def _text(self, position: int) -> str:
        return f"{position}" + "." * self._size


class RecordingOutbox(Outbox):
    """Notes what it has taken, written or not."""

    __slots__ = ("taken",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.taken: list[str] = []

    def put(self, text: str) -> bool:
        taken = super().put(text)
        if taken:
            self.taken.append(text)
        return taken

    def put_anyway(self, text: str) -> None:
        super().put_anyway(text)
        self.taken.append(text)

    def put_parts(self, head: bytes, tail: bytes, *, anyway: bool = False) -> bool:
        before = len(self.taken)
        taken = super().put_parts(head, tail, anyway=anyway)
        if taken and len(self.taken) == before:  # it went by the line, not by `put`
            self.taken.append((head + tail).decode())
        return taken


class Peer:
    """A socket: its way out, and its subscriptions."""

    def __init__(self, groups: Groups, bound: int, has_line: bool = False) -> None:
        """has_line: whether the server lets us write past ASGI."""
        self.pipe = Pipe()
        line = PipeLine(self.pipe) if has_line else None
        self.outbox = RecordingOutbox(self.pipe, bound, HeldClock(), self._freed, line)
        self.members: list[Member] = []
        self.failures: dict[Member, Exception] = {}
        self._groups = groups

    def join(
        self,
        subscription: Subscription,
        after: int | None = None,
        *,
        role: str = "USER",
        user_id: int = 1,
        name: str | None = None,
    ) -> Member:
        """Begin a subscription; `name` is its operation id."""
        if name is None:
            name = f"{len(self.members)}"
        member = Member(self.outbox, f"{name}:".encode(), lambda error: self._failed(member, error))
        self.members.append(member)
        self._groups.enter(member, subscription, ROLE_BITS[role], user_id, after)
        return member

    def leave(self, member: Member) -> None:
        self.members.remove(member)
        self._groups.exit(member)

    def got(self, member: Member | None = None) -> list[int]:
        """The positions that were handed to the outbox for a member, or for the only one."""
        return _positions(self.outbox.taken, member or self.members[0])

    def wrote(self, member: Member | None = None) -> list[int]:
        """The positions that the peer has read."""
        return _positions(self.pipe.sent, member or self.members[0])

    def _failed(self, member: Member, error: Exception) -> None:
        self.failures[member] = error
        self.leave(member)

    def _freed(self) -> None:  # as GraphQLSocket._freed
        for member in self.members:
            group = member.group
            if (
                group is not None
                and member.follower is None
                and not member.is_live
                and member not in group.joining
            ):
                self._groups.follow(member)


def _positions(texts: list[str], member: Member) -> list[int]:
    """The positions in a member's texts: `id:position...}`."""
    head = member.head.decode()
    mine = [text for text in texts if text.startswith(head)]
    assert all(text.endswith("}") for text in mine)
    return [int(text[len(head) : -1].rstrip(".")) for text in mine]


class Stage:
    """A log, its hub, and groups that listen to it."""

    def __init__(self, ring_bytes_max: int = BIG_RING, bound: int = 1_000) -> None:
        self.log = FakeLog()
        self.hub = Hub(cast(Log, self.log), ring_bytes_max)
        self.counters = Counters()
        self.fallen: list[Member] = []
        self.groups = Groups(self.hub, self.counters, HeldClock(), self.fallen.append)
        self._bound = bound

    async def open(self) -> None:
        await self.hub.start()
        self.groups.dispatched = self.hub.head.position
        self.hub.listen(self._dispatch)

    def _dispatch(self, events: Any) -> None:
        for event in events:
            self.groups.dispatch(event)

    async def close(self) -> None:
        await self.groups.close()
        await self.hub.close()

    def peer(self, bound: int | None = None, *, has_line: bool = False) -> Peer:
        return Peer(self.groups, bound or self._bound, has_line)

    def commit(self, count: int = 1, **fields: Any) -> list[int]:
        """Commit events in this process; their positions."""
        grown = self.log.grow([an_event(**fields) for _ in range(count)])
        self.hub.committed(grown)
        return [event.position for event in grown]

    def commit_elsewhere(self, count: int = 1, **fields: Any) -> list[int]:
        """Commit events in another process: this hub learns of it by a hint."""
        grown = self.log.grow([an_event(**fields) for _ in range(count)])
        return [event.position for event in grown]

    def restrict(self, subject: int) -> None:
        """From now on what is about `subject` is for ADMIN only, and so is its past."""
        notice = Event(
            audience.TOPIC,
            audience.RESTRICTED,
            subject,
            0,
            None,
            audience.Restricted(audience.ADMINS),
        )
        self.hub.committed(self.log.grow([notice]))

    @property
    def group_count(self) -> int:
        """Groups that exist; the counters tells the same."""
        count = len(self.groups._groups)
        assert self.counters.execution_groups == count
        return count

    def assert_empty(self) -> None:
        """Nothing is left of any subscription."""
        assert self.group_count == 0
        assert self.counters.subscriptions == 0
        assert not self.groups.tasks
        assert not self.groups.channels._all and not self.groups.channels._by_kind


def an_event(
    topic: str = TOPIC,
    kind: str = "K",
    subject: int | None = None,
    roles: int = EVERYONE,
    user_id: int | None = None,
) -> Event:
    return Event(topic, kind, subject, roles, user_id, {}, size=100)


@asynccontextmanager
async def staged(ring_bytes_max: int = BIG_RING, bound: int = 1_000) -> AsyncIterator[Stage]:
    """A stage that is closed at the end of the block."""
    stage = Stage(ring_bytes_max, bound)
    await stage.open()
    try:
        yield stage
    finally:
        await stage.close()


__all__ = ["NO_RING", "Peer", "Stage", "Subscription", "settle", "staged"]
