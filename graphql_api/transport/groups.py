"""Groups: subscriptions that must receive the same bytes share one rendering per event.

A group is its key (see Subscribed.key). The hub's events come to `Groups.dispatch`; each group
that wants an event renders it once and hands the text to its members, each with its own id
spliced in front. A member that cannot take it (a slow socket), or that begins in the past,
follows the log at its own speed (`Groups.follow`) and joins its group at the seam: it joins in
the very step in which it finds nothing left to read, so there is no hole and no repeat.

Positions make that exact. A live member has what its group has; one that joins while its group
is still rendering earlier events waits in `joining` until they are past.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from graphql_api.clock import Clock
from graphql_api.delivery import audience
from graphql_api.delivery.audience import may_see
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Event
from graphql_api.transport.again import again
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import tail_of
from graphql_api.transport.rendering import Renderings, Subscribed, raise_if_unreadable

logger = logging.getLogger(__name__)

PENDING_MAX = 2_000  # events a group may be behind in rendering before its members follow the log
TURN_EVENTS = 100  # read by a follower before others get their turn


class Member:
    """One subscription on one socket. position: up to where it has been served, unless live."""

    __slots__ = ("cost", "fail", "follower", "group", "head", "outbox", "pay", "position")

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
        self.group: Group | None = None
        self.position = 0
        self.follower: asyncio.Task[None] | None = None


class Group:
    """Members that get the same bytes, and the one rendering that they share."""

    __slots__ = (
        "_groups",
        "is_rendering",
        "joining",
        "key",
        "live",
        "members",
        "pending",
        "role_bit",
        "subscribed",
        "user_id",
    )

    def __init__(
        self, groups: Groups, key: Hashable, subscribed: Subscribed, role_bit: int, user_id: int
    ) -> None:
        """user_id: of all members for a personal subscription, of any of them otherwise."""
        self._groups = groups
        self.key = key
        self.subscribed = subscribed
        self.role_bit = role_bit
        self.user_id = user_id if subscribed.personal else 0
        self.members: dict[Member, None] = {}  # all of them: live, joining and following
        self.live: dict[Member, None] = {}
        self.joining: list[Member] = []
        self.pending: deque[Event] = deque()
        self.is_rendering = False

    @property
    def position(self) -> int:
        """Up to where the live members have been served."""
        return self.pending[0].position - 1 if self.pending else self._groups.dispatched

    @property
    def is_empty(self) -> bool:
        return not self.live and not self.joining

    def passes(self, event: Event) -> bool:
        """Whether the members may see the event and want to. Raises CursorTooOld for one that
        cannot be read any more, WrittenByNewer for one that another server can read: whether
        they want it is not known, so they are told."""
        if not may_see(event.roles, event.user_id, self.role_bit, self.user_id):
            return False
        raise_if_unreadable(event)
        return self.subscribed.wants(event)

    def offer(self, event: Event) -> None:
        """A new event of the group's topic."""
        if self.is_empty or not self.passes(event):
            return
        if self.is_rendering:
            self.pending.append(event)
            if len(self.pending) > PENDING_MAX:
                self._groups.release_all(self)
            return
        text = self._groups.renderings.render(self.subscribed, event)
        if isinstance(text, str):
            self.deliver(event, text)
        else:
            self.pending.append(event)
            self.is_rendering = True
            self._groups.spawn(self._catch_up(event, text))

    async def _catch_up(self, event: Event, text: str | Awaitable[str]) -> None:
        """Render what is pending, in order, `event` first; new events queue behind."""
        try:
            while True:
                rendered = text if isinstance(text, str) else await text
                # Else everybody was released meanwhile, and what is pending came after that.
                if self.pending and self.pending[0] is event:
                    self.pending.popleft()
                    if self.passes(event):  # its audience may have been narrowed meanwhile
                        self.deliver(event, rendered)
                if self.is_empty:
                    self.pending.clear()  # nobody wants it any more
                if not self.pending:
                    break
                event = self.pending[0]
                text = self._groups.renderings.render(self.subscribed, event)
        except Exception as error:
            self.fail(error)
        finally:
            self.is_rendering = False
            self._admit(self._groups.dispatched + 1)

    def fail(self, error: Exception) -> None:
        """A fault of ours in filter or rendering: it ends the members that it concerns."""
        self.pending.clear()
        for member in (*self.live, *self.joining):
            self._groups.fail(member, error)

    def deliver(self, event: Event, text: str) -> None:
        """Hand the event's text to every live member. One that has no room leaves."""
        if self.joining:
            self._admit(event.position)
        tail = tail_of(text)
        slow: list[Member] = []
        for member in self.live:
            if not member.outbox.put_parts(member.head, tail):
                slow.append(member)
        for member in slow:
            del self.live[member]
            member.position = event.position - 1
            self._groups.fell_behind(member)
        self._groups.delivered(event, len(self.live), len(tail))

    def _admit(self, position: int) -> None:
        still: list[Member] = []
        for member in self.joining:
            if member.position < position:
                self.live[member] = None
            else:
                still.append(member)
        self.joining = still

    def join(self, member: Member) -> None:
        """`member` has been served up to the newest dispatched event, or beyond it (its cursor
        came from a process that is ahead of this one): it is live from there."""
        if self.is_rendering or member.position > self._groups.dispatched:
            self.joining.append(member)
        else:
            self.live[member] = None

    def has_served(self, member: Member) -> bool:
        """Whether `member` was handed everything that was dispatched, and wants nothing older."""
        return not self.pending and (
            member in self.live
            or (member in self.joining and member.position <= self._groups.dispatched)
        )

    def leave(self, member: Member) -> None:
        """Take a member out; its position says up to where it was served."""
        if member in self.live:
            member.position = self.position
            del self.live[member]
        elif member in self.joining:
            self.joining.remove(member)


class Groups:
    """All groups of a process."""

    def __init__(
        self,
        hub: Hub,
        counters: Counters,
        clock: Clock,
        fell_behind: Callable[[Member], None],
    ) -> None:
        """fell_behind: told of a live member whose socket has no room."""
        self._hub = hub
        self._counters = counters
        self._clock = clock
        self.fell_behind = fell_behind
        self.dispatched = hub.head.position
        self._groups: dict[Hashable, Group] = {}
        self._by_topic: dict[str, dict[Group, None]] = {}
        self.renderings = Renderings(hub)
        self._tasks: set[asyncio.Task[Any]] = set()

    def dispatch(self, event: Event) -> None:
        """A new event, in order, from the hub. Never raises."""
        if event.position > self.dispatched + 1:
            # Retention went past this process: whoever was served up to here has missed events,
            # and is told so when it asks the log for them.
            self._release_everybody()
        if event.topic == audience.TOPIC:
            self._narrow(event)
        for group in tuple(self._by_topic.get(event.topic, ())):
            try:
                group.offer(event)
            except Exception as error:
                group.fail(error)
        self.dispatched = event.position

    def catch_up(self) -> None:
        """Events of the hub's were not dispatched: everybody reads them in the log instead."""
        self._release_everybody()
        self.dispatched = self._hub.head.position

    def begin_anew(self) -> None:
        """The log is another one, and all members have been told: nothing of the old one stays."""
        for group in self._groups.values():
            group.pending.clear()
        self.renderings.clear()
        self.dispatched = self._hub.head.position

    def fail(self, member: Member, error: Exception) -> None:
        """End a member's operation. What goes wrong with that costs the others nothing."""
        try:
            member.fail(error)
        except Exception:
            logger.exception("a subscription could not be ended")

    def _release_everybody(self) -> None:
        for group in tuple(self._groups.values()):
            self.release_all(group)

    def _narrow(self, notice: Event) -> None:
        """Events about a subject got a narrower audience: those too that wait to be rendered."""
        roles = audience.narrowed_to(notice)
        if roles is None:  # nobody knows for whom they are: they are read as the log has them
            self._release_everybody()
            return
        for group in self._groups.values():
            for event in group.pending:
                if event.subject == notice.subject:
                    event.roles &= roles

    def enter(
        self, member: Member, subscribed: Subscribed, role_bit: int, user_id: int, after: int | None
    ) -> None:
        """Serve `member` with everything after the position `after`; None: from now on."""
        key = subscribed.key
        group = self._groups.get(key)
        if group is None:
            group = Group(self, key, subscribed, role_bit, user_id)
        member.group = group
        self._counters.subscriptions_by_topic[subscribed.topic] += 1
        group.members[member] = None
        self._groups[key] = group
        self._by_topic.setdefault(subscribed.topic, {})[group] = None
        self._counters.execution_groups = len(self._groups)
        member.position = self.dispatched if after is None else after
        if member.position < self.dispatched:
            self.follow(member)
        else:
            group.join(member)

    def exit(self, member: Member) -> None:
        """`member` wants no more."""
        group = member.group
        if group is None:
            return
        self._counters.subscriptions_by_topic[group.subscribed.topic] -= 1
        self.release(member)
        member.group = None
        self._let_go(group, member)

    def release(self, member: Member) -> None:
        """Stop serving `member` for now; its position says up to where it was served."""
        if member.follower is not None:
            member.follower.cancel()
            member.follower = None
        if member.group is not None:
            member.group.leave(member)

    def release_all(self, group: Group) -> None:
        """The group is too far behind in rendering: its members follow the log instead."""
        members = [*group.live, *group.joining]
        for member in members:
            group.leave(member)
        group.pending.clear()
        for member in members:
            self.follow(member)

    def follow(self, member: Member) -> None:
        """Serve `member` from the log until it has caught up, then join its group.

        What is read and rendered for it is charged to its user, whose replays go no faster than
        that is paid; they are never refused.
        """
        assert member.follower is None and member.group is not None
        member.follower = self.spawn(self._follow(member, member.group))

    async def _follow(self, member: Member, group: Group) -> None:
        try:
            while member.position < self.dispatched:
                before = member.position
                wait_s = member.pay(await self._follow_page(member, group))
                if wait_s or member.position - before >= TURN_EVENTS:
                    await asyncio.sleep(wait_s)
            member.follower = None
            group.join(member)
            self._counters.replays_by_result["caught up"] += 1
        except Exception as error:
            member.follower = None
            self._counters.replays_by_result["failed"] += 1
            self.fail(member, error)

    async def _follow_page(self, member: Member, group: Group) -> int:
        """Serve `member` at most TURN_EVENTS of the log; the work that it made."""
        narrowed, work = self._hub.audiences_narrowed, 0
        subscribed = group.subscribed
        read = partial(self._hub.read, member.position, TURN_EVENTS)
        for event in await again(read):  # also while the database is away, for a while
            if event.position > self.dispatched:
                break
            work += 1
            if event.topic == subscribed.topic and group.passes(event):
                tail = self.renderings.known(subscribed, event)
                if not isinstance(tail, bytes):
                    work += member.cost if tail is None else 0
                    tail = await self.renderings.tail(subscribed, event)
                if member.outbox.parked:
                    await member.outbox.free()
                if self._hub.audiences_narrowed != narrowed:
                    break  # what was read may be for others now: read it again
                member.outbox.put_parts(member.head, tail, anyway=True)
                self._counters.deliveries += 1
            member.position = event.position
        return work

    def delivered(self, event: Event, members: int, size: int) -> None:
        """Count a delivery to `members` sockets."""
        self._counters.deliveries += members
        self._counters.bytes_sent += members * size
        self._counters.observe_latency((self._clock.now_us() - event.recorded_at_us) / 1_000_000)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Run a task that nobody awaits; kept until it ends."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("delivery failed", exc_info=task.exception())

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # A group lives as long as it has members.
    def _let_go(self, group: Group, member: Member) -> None:
        group.members.pop(member, None)
        if not group.members:
            self._groups.pop(group.key, None)
            self._by_topic[group.subscribed.topic].pop(group, None)
        self._counters.execution_groups = len(self._groups)
