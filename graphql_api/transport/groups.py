"""Groups: subscriptions whose events look alike share one rendering per event.

A group is its key (see Subscribed.key); what its members filter by is no part of it. The hub's
events come to `Groups.dispatch`, which finds the lanes that want one (lanes.py); each group with
such lanes renders it once and hands the text to their members, each with its own id spliced in
front. A member that cannot take it (a slow socket), or that begins in the past,
follows the log at its own speed (`Groups.follow`) and joins its group at the seam: it joins in
the very step in which it finds nothing left to read, so there is no hole and no repeat.

Positions make that exact. A live member has what its group has; one that joins while its group
is still rendering earlier events waits in `joining` until they are past.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable
from functools import partial
from typing import NamedTuple

from graphql_api.clock import Clock
from graphql_api.delivery import audience
from graphql_api.delivery.audience import may_see
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.few import each, with_one, without
from graphql_api.delivery.filters import Interest
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Event
from graphql_api.transport.again import again
from graphql_api.transport.lanes import Channels, Lane, Member, by_group, live_in
from graphql_api.transport.protocol import tail_of
from graphql_api.transport.rendering import Renderings, Subscribed
from graphql_api.transport.tasks import Tasks
from graphql_api.transport.turns import Turns

logger = logging.getLogger(__name__)

PENDING_MAX = 2_000  # events a group may be behind in rendering before its members follow the log
TURN_EVENTS = 100  # read by a follower in its turn; of 50 an event costs a quarter more
FOLLOWERS_A_ROUND = 4  # of the loop, so that many who come back make no round long


class _Waiting(NamedTuple):
    """An event that waits to be rendered, and the lanes that want it."""

    event: Event
    lanes: list[Lane[Group]]


class Group:
    """Members that are served by one rendering, in lanes by what they want."""

    __slots__ = (
        "_groups",
        "is_rendering",
        "joining",
        "key",
        "lanes",
        "live_count",
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
        self.lanes: dict[Interest, Lane[Group]] = {}
        self.live_count = 0
        self.joining: list[Member] = []
        self.pending: deque[_Waiting] = deque()
        self.is_rendering = False

    @property
    def position(self) -> int:
        """Up to where the live members have been served."""
        return self.pending[0].event.position - 1 if self.pending else self._groups.dispatched

    @property
    def is_empty(self) -> bool:
        return not self.live_count and not self.joining

    def offer(self, event: Event, lanes: list[Lane[Group]]) -> None:
        """A new event, and the lanes that want it. Raises what rendering it raises."""
        if not self.joining and not any(lane.live is not None for lane in lanes):
            return
        waiting = _Waiting(event, lanes)
        if self.is_rendering:
            self.pending.append(waiting)
            if len(self.pending) > PENDING_MAX:
                self._groups.release_all(self)
            return
        text = self._groups.renderings.render(self.subscribed, event)
        if isinstance(text, str):
            self.deliver(waiting, text)
        else:
            self.pending.append(waiting)
            self.is_rendering = True
            self._groups.tasks.spawn(self._catch_up(waiting, text))

    async def _catch_up(self, waiting: _Waiting, text: Awaitable[str]) -> None:
        """Render what is pending, in order, `waiting` first; new events queue behind."""
        rendering: Awaitable[str] | None = text
        try:
            while True:
                await self._serve(waiting, rendering)
                if self.is_empty:
                    self.pending.clear()  # nobody wants it any more
                if not self.pending:
                    break
                waiting, rendering = self.pending[0], None
        finally:
            self.is_rendering = False
            self._admit(self._groups.dispatched + 1)

    async def _serve(self, waiting: _Waiting, rendering: Awaitable[str] | None) -> None:
        """Hand on a pending event when it is rendered. rendering: if that has begun."""
        event, fault, text = waiting.event, None, ""
        try:
            begun = rendering or self._groups.renderings.render(self.subscribed, event)
            text = begun if isinstance(begun, str) else await begun
        except Exception as error:
            fault = error
        if not self.pending or self.pending[0] is not waiting:
            return  # everybody was released meanwhile, and what is pending came after that
        self.pending.popleft()
        if fault is not None:
            self.fail(event, waiting.lanes, fault)
        elif may_see(event.roles, event.user_id, self.role_bit, self.user_id):
            self.deliver(waiting, text)  # else its audience was narrowed meanwhile

    def fail(self, event: Event, lanes: Iterable[Lane[Group]], error: Exception) -> None:
        """A fault of ours in filter or rendering: it ends the members that it concerns."""
        for lane in lanes:
            lacking = [m for m in self.joining if m.lane is lane and m.position < event.position]
            for member in (*each(lane.live), *lacking):
                self._groups.fail(member, error)

    def deliver(self, waiting: _Waiting, text: str) -> None:
        """Hand the event's text to the live members who want it. One that has no room leaves."""
        event, lanes = waiting
        if self.joining:
            self._admit(event.position)
        tail, members = tail_of(text), live_in(lanes)
        slow: list[Member] = []
        for member in members:
            if not member.outbox.put_parts(member.head, tail):
                slow.append(member)
        for member in slow:
            self._take_out(member)
            member.position = event.position - 1
            self._groups.fell_behind(member)
        self._groups.delivered(event, len(members) - len(slow), len(tail))

    def _admit(self, position: int) -> None:
        """Those who join are live from the event at `position` on, if they lack it."""
        still: list[Member] = []
        for member in self.joining:
            if member.position < position:
                self._take_in(member)
            else:
                still.append(member)
        self.joining = still

    def _take_in(self, member: Member) -> None:
        assert member.lane is not None
        member.lane.live = with_one(member.lane.live, member)
        self.live_count += 1

    def _take_out(self, member: Member) -> None:
        assert member.lane is not None
        member.lane.live = without(member.lane.live, member)
        self.live_count -= 1

    def join(self, member: Member) -> None:
        """`member` has been served up to the newest dispatched event, or beyond it (its cursor
        came from a process that is ahead of this one): it is live from there."""
        if self.is_rendering or member.position > self._groups.dispatched:
            self.joining.append(member)
        else:
            self._take_in(member)

    def has_served(self, member: Member) -> bool:
        """Whether `member` was handed everything that was dispatched, and wants nothing older."""
        return not self.pending and (
            member.is_live
            or (member.position <= self._groups.dispatched and member in self.joining)
        )

    def leave(self, member: Member) -> None:
        """Take a member out; its position says up to where it was served."""
        if member.is_live:
            member.position = self.position
            self._take_out(member)
        elif member in self.joining:
            # Nothing that it lacked was handed on since it came: it would be live.
            member.position = max(member.position, self.position)
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
        self.channels: Channels[Group] = Channels()
        self.renderings = Renderings(hub)
        self.tasks = Tasks("delivery")
        self._turns = Turns(FOLLOWERS_A_ROUND)

    def dispatch(self, event: Event) -> None:
        """A new event, in order, from the hub. Never raises."""
        if event.position > self.dispatched + 1:
            # Retention went past this process: whoever was served up to here has missed events,
            # and is told so when it asks the log for them.
            self._release_everybody()
        if event.topic == audience.TOPIC:
            self._narrow(event)
        found = self.channels.find(event)
        for lane, error in found.failed:
            lane.group.fail(event, (lane,), error)
        for group, lanes in by_group(found.receivers).items():
            try:
                group.offer(event, lanes)
            except Exception as error:
                group.fail(event, lanes, error)
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
            for event, _ in group.pending:
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
            self._groups[key] = group
            self._counters.execution_groups = len(self._groups)
        interest = subscribed.interest
        lane = group.lanes.get(interest)
        if lane is None:
            lane = group.lanes[interest] = Lane(group, interest)
            self.channels.add(lane)
        lane.members += 1
        member.lane = lane
        self._counters.subscriptions_by_topic[interest.topic] += 1
        member.position = self.dispatched if after is None else after
        if member.position < self.dispatched:
            self.follow(member)
        else:
            group.join(member)

    def exit(self, member: Member) -> None:
        """`member` wants no more."""
        lane = member.lane
        if lane is None:
            return
        self._counters.subscriptions_by_topic[lane.interest.topic] -= 1
        self.release(member)
        member.lane = None
        lane.members -= 1
        if not lane.members:
            self._let_go(lane)

    def release(self, member: Member) -> None:
        """Stop serving `member` for now; its position says up to where it was served."""
        if member.follower is not None:
            member.follower.cancel()
            member.follower = None
        if member.lane is not None:
            member.lane.group.leave(member)

    def release_all(self, group: Group) -> None:
        """The group is too far behind in rendering: its members follow the log instead."""
        members = [*live_in(group.lanes.values()), *group.joining]
        for member in members:
            group.leave(member)
        group.pending.clear()
        for member in members:
            self.follow(member)

    def follow(self, member: Member) -> None:
        """Serve `member` from the log until it has caught up, then join its group.

        What is read and rendered is charged to its user, whose replays go no faster than that.
        """
        assert member.follower is None and member.lane is not None
        member.follower = self.tasks.spawn(self._follow(member, member.lane))

    async def _follow(self, member: Member, lane: Lane[Group]) -> None:
        try:
            while member.position < self.dispatched:
                before = member.position
                await self._turns.take(member)
                wait_s = member.pay(await self._follow_page(member, lane))
                if wait_s or member.position - before >= TURN_EVENTS:
                    await asyncio.sleep(wait_s)
            member.follower = None
            lane.group.join(member)
            self._counters.replays_by_result["caught up"] += 1
        except Exception as error:
            member.follower = None
            self._counters.replays_by_result["failed"] += 1
            self.fail(member, error)

    async def _follow_page(self, member: Member, lane: Lane[Group]) -> int:
        """Serve `member` at most TURN_EVENTS of the log; the work that it made."""
        narrowed, work = self._hub.audiences_narrowed, 0
        subscribed = lane.group.subscribed
        read = partial(self._hub.read, member.position, TURN_EVENTS)
        for event in await again(read):  # also while the database is away, for a while
            if event.position > self.dispatched:
                break
            work += 1
            if lane.passes(event):
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

    async def close(self) -> None:
        await self.tasks.close()

    # A lane lives as long as it has members, a group as long as it has lanes.
    def _let_go(self, lane: Lane[Group]) -> None:
        group = lane.group
        self.channels.remove(lane)
        del group.lanes[lane.interest]
        if not group.lanes:
            del self._groups[group.key]
            self._counters.execution_groups = len(self._groups)
