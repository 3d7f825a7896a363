"""Groups: one rendering for all who must get the same, and each event once, in order, for each."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from graphql_api.delivery.audience import ADMINS, EVERYONE
from graphql_api.delivery.filters import Condition, Filter
from graphql_api.errors import CursorTooOld
from graphql_api.events.log import PAGE_MAX, Event
from graphql_api.transport import groups as groups_module
from graphql_api.transport import rendering
from graphql_api.transport.lanes import Member
from tests.campaigns import examples
from tests.patience import PATIENCE_S
from tests.streams import eventually
from tests.transport.pipes import settle
from tests.transport.stage import (
    BIG_RING,
    KIND,
    NO_RING,
    SUBJECT,
    Peer,
    Stage,
    Subscription,
    asks,
    staged,
)

# Sharing


async def test_an_event_is_rendered_once_for_all_members_of_a_group() -> None:
    async with staged() as stage:
        subscription = Subscription()
        peers = [stage.peer() for _ in range(50)]
        for number, peer in enumerate(peers):
            peer.join(subscription, name=f"id {number}")
        stage.commit(20)
        assert subscription.rendered == list(range(1, 21))
        for number, peer in enumerate(peers):
            assert peer.pipe.sent == [f"id {number}:{position}}}" for position in range(1, 21)]
        assert stage.counters.deliveries == 1_000
        assert stage.counters.subscriptions == 50
        assert stage.group_count == 1


async def test_members_with_different_keys_are_rendered_apart() -> None:
    async with staged() as stage:
        subscriptions = [Subscription(("document", variables)) for variables in range(3)]
        peer = stage.peer()
        for subscription in subscriptions:
            peer.join(subscription)
        stage.commit(2)
        assert [subscription.rendered for subscription in subscriptions] == [[1, 2]] * 3
        assert stage.group_count == 3


async def test_a_role_sees_what_is_for_it_and_a_user_what_is_for_them() -> None:
    async with staged() as stage:
        peer = stage.peer()
        admin = peer.join(Subscription("admin"), role="ADMIN")
        user = peer.join(Subscription("user"), role="USER")
        me = peer.join(Subscription("me", personal=True), role="USER", user_id=7)
        stage.commit(roles=ADMINS)
        stage.commit(roles=EVERYONE)
        stage.commit(roles=0, user_id=7)
        stage.commit(roles=0)
        assert peer.got(admin) == [1, 2]
        assert peer.got(user) == [2]
        assert peer.got(me) == [2, 3]


async def test_what_no_member_wants_is_not_rendered() -> None:
    async with staged() as stage:
        subscription = Subscription(wants=lambda event: event.kind == "WANTED")
        peer = stage.peer()
        peer.join(subscription)
        stage.commit(3)
        stage.commit(kind="WANTED")
        stage.commit(topic="another topic", kind="WANTED")
        assert subscription.rendered == [4]
        assert peer.got() == [4]


async def test_thousands_of_different_documents_leave_nothing_behind() -> None:
    async with staged() as stage:
        peer = stage.peer()
        for number in range(3_000):
            peer.join(Subscription(number), 0 if number % 3 else None)
        assert stage.group_count == 3_000
        stage.commit()
        await settle()
        for member in list(peer.members):
            peer.leave(member)
        await settle()
        stage.assert_empty()
        assert stage.groups.renderings.kept_bytes <= rendering.RENDERED_BYTES_MAX


async def test_a_member_that_left_is_not_kept_alive_by_its_group() -> None:
    async with staged() as stage:
        stays, goes = stage.peer(), stage.peer()
        stays.join(Subscription())
        goes.join(Subscription())
        stage.commit()
        goes.leave(goes.members[0])
        gone = weakref.ref(goes.outbox) if hasattr(goes.outbox, "__weakref__") else None
        del goes
        gc.collect()
        assert gone is None or gone() is None
        stage.commit()
        assert stays.got() == [1, 2]


# Rendering that has to wait


async def test_events_queue_behind_a_rendering_that_waits_and_come_in_order() -> None:
    async with staged() as stage:
        subscription = Subscription(is_slow=True)
        peer = stage.peer()
        peer.join(subscription)
        stage.commit(3)
        assert subscription.rendered == [1]
        for expected in ([1], [1, 2], [1, 2, 3]):
            subscription.finish()
            await settle()
            assert peer.got() == expected
        stage.commit()
        subscription.finish()
        await settle()
        assert peer.got() == [1, 2, 3, 4]


async def test_another_group_does_not_wait_for_a_rendering() -> None:
    async with staged() as stage:
        peer = stage.peer()
        slow, quick = Subscription("slow", is_slow=True), Subscription("quick")
        peer.join(slow)
        live = peer.join(quick)
        stage.commit(3)
        assert peer.got(live) == [1, 2, 3]


async def test_who_joins_during_a_rendering_gets_what_comes_after_and_nothing_before() -> None:
    async with staged() as stage:
        subscription = Subscription(is_slow=True)
        first, second = stage.peer(), stage.peer()
        first.join(subscription)
        stage.commit(2)
        second.join(subscription)
        stage.commit(2)
        for _ in range(4):
            subscription.finish()
            await settle()
        assert first.got() == [1, 2, 3, 4]
        assert second.got() == [3, 4]


async def test_who_joined_during_a_rendering_is_live_once_it_is_done() -> None:
    # It stayed "joining" until the next event: its heartbeats had no cursor meanwhile.
    async with staged() as stage:
        subscription = Subscription(is_slow=True)
        first, second = stage.peer(), stage.peer()
        first.join(subscription)
        stage.commit()
        member = second.join(subscription)
        subscription.finish()
        await settle()
        assert member.group is not None and member.group.has_served(member)
        assert second.got() == []


async def test_everybody_may_leave_during_a_rendering_and_others_come() -> None:
    async with staged() as stage:
        subscription = Subscription(is_slow=True)
        peer = stage.peer()
        member = peer.join(subscription)
        stage.commit(2)
        peer.leave(member)
        stage.commit()
        late = peer.join(subscription, name="late")
        stage.commit()
        for _ in range(6):
            subscription.finish_all()
            await settle()
        assert peer.got(late) == [4]
        peer.leave(late)
        await settle()
        stage.assert_empty()


async def test_a_group_too_far_behind_in_rendering_lets_its_members_follow_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(groups_module, "PENDING_MAX", 3)
    async with staged() as stage:
        subscription = Subscription(is_slow=True)
        peers = [stage.peer() for _ in range(3)]
        for peer in peers:
            peer.join(subscription)
        stage.commit(10)
        group = peers[0].members[0].group
        assert group is not None and len(group.pending) <= 3
        for _ in range(40):
            subscription.finish_all()
            await settle(5)
        for peer in peers:
            assert peer.got() == list(range(1, 11))
        assert sorted(subscription.rendered)[:2] == [1, 1]  # the one that was under way, again
        assert len(subscription.rendered) <= 12
        stage.commit(2)
        for _ in range(10):
            subscription.finish_all()
            await settle(5)
        assert peers[1].got() == list(range(1, 13))


async def test_what_comes_while_an_abandoned_rendering_is_still_under_way_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The group stopped rendering when it found another event in front, and that one was lost.
    monkeypatch.setattr(groups_module, "PENDING_MAX", 2)
    async with staged() as stage:
        subscription = Subscription(is_slow=True)
        peer = stage.peer()
        peer.join(subscription)
        stage.commit()
        await settle()
        stage.commit(2)  # too many: the member follows the log; the rendering of 1 goes on
        abandoned = subscription.held.pop(0)
        for _ in range(20):
            subscription.finish_all()
            await settle(5)
        assert peer.got() == [1, 2, 3]  # it has caught up
        stage.commit()
        abandoned[1].set_result("1")
        for _ in range(5):
            await settle(5)
            subscription.finish_all()
        stage.commit()
        for _ in range(5):
            await settle(5)
            subscription.finish_all()
        assert peer.got() == [1, 2, 3, 4, 5]


# Faults


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_rendering_that_fails_ends_its_members_with_an_error_and_disturbs_nobody_else(
    is_slow: bool,
) -> None:
    # It went up through the hub into the writer, whose task died of it.
    async with staged() as stage:
        bad, good = Subscription("bad", is_slow=is_slow), Subscription("good")
        bad.fault = RuntimeError("a fault of ours")
        peers = [stage.peer() for _ in range(2)]
        failing = [peer.join(bad) for peer in peers]
        sound = peers[0].join(good)
        stage.commit(3)
        await settle()
        bad.finish_all()
        await settle()
        for peer, member in zip(peers, failing, strict=True):
            assert peer.failures == {member: bad.fault}
        assert peers[0].got(sound) == [1, 2, 3]
        assert stage.groups.dispatched == 3
        stage.commit()
        assert peers[0].got(sound) == [1, 2, 3, 4]
        assert stage.group_count == 1


async def test_a_filter_that_fails_ends_its_members_with_an_error() -> None:
    async with staged() as stage:

        def fails(_: Event) -> bool:
            raise KeyError("state")

        peer = stage.peer()
        member = peer.join(Subscription("bad", wants=fails))
        sound = peer.join(Subscription("good"))
        stage.commit(2)
        assert isinstance(peer.failures[member], KeyError)
        assert peer.got(sound) == [1, 2]


@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_rendering_that_fails_in_a_replay_ends_those_members_only(is_slow: bool) -> None:
    async with staged() as stage:
        stage.commit(3)
        bad, good = Subscription("bad", is_slow=is_slow), Subscription("good")
        bad.fault = RuntimeError("a fault of ours")
        peer = stage.peer()
        failing = [peer.join(bad, 0), peer.join(bad, 1)]
        sound = peer.join(good, 0)
        for _ in range(5):
            await settle()
            bad.finish_all()
        assert [peer.failures.get(member) for member in failing] == [bad.fault] * 2
        assert peer.got(sound) == [1, 2, 3]
        assert stage.counters.replays_by_result["failed"] == 2


# Resuming


@pytest.mark.parametrize("ring", [BIG_RING, NO_RING])
@pytest.mark.parametrize("is_slow", [False, True])
async def test_a_member_gets_everything_after_its_cursor_once_and_goes_on_live(
    ring: int, is_slow: bool
) -> None:
    async with staged(ring) as stage:
        stage.commit(250)
        subscription = Subscription(is_slow=is_slow)
        peers = {after: stage.peer() for after in (0, 1, 99, 100, 101, 249, 250)}
        for after, peer in peers.items():
            peer.join(subscription, after)
        async with asyncio.timeout(PATIENCE_S):
            while any(member.follower for peer in peers.values() for member in peer.members):
                subscription.finish_all()
                await asyncio.sleep(0)
        stage.commit(2)
        for _ in range(4):
            subscription.finish_all()
            await settle(5)
        for after, peer in peers.items():
            assert peer.got() == list(range(after + 1, 253))


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("ring", [BIG_RING, NO_RING])
async def test_commits_at_any_step_between_replay_and_live_reach_the_member_once(
    ring: int, is_slow: bool
) -> None:
    for step in range(40):
        async with staged(ring) as stage:
            stage.commit(8)
            subscription = Subscription(is_slow=is_slow)
            peer, live = stage.peer(), stage.peer()
            live.join(subscription)
            peer.join(subscription, 3)
            for turn in range(60):
                if turn == step:
                    stage.commit(2)
                if turn == step + 1:
                    stage.commit()
                if is_slow and turn % 2 and subscription.held:
                    subscription.finish()
                await asyncio.sleep(0)
            for _ in range(40):
                subscription.finish_all()
                await settle(3)
            assert peer.got() == list(range(4, 12)), f"committed at step {step}"
            assert live.got() == [9, 10, 11]


async def test_those_who_resume_together_share_reads_and_renderings() -> None:
    async with staged(NO_RING) as stage:
        stage.commit(1_000)
        subscription = Subscription(is_slow=False)
        peers = [stage.peer() for _ in range(100)]
        for peer in peers:
            peer.join(subscription, 500)
        await eventually(lambda: not any(peer.members[0].follower for peer in peers))
        for peer in peers:
            assert peer.got() == list(range(501, 1_001))
        assert len(subscription.rendered) == 500
        assert stage.log.pages <= 25


async def test_those_who_resume_from_many_places_read_far_fewer_pages_than_they_are() -> None:
    # Each place had its own pages: nothing was shared unless two stood at the same event.
    async with staged(NO_RING) as stage:
        stage.commit(2_000)
        subscription = Subscription()
        peers = [stage.peer() for _ in range(200)]
        for number, peer in enumerate(peers):
            peer.join(subscription, 1_000 + number * 3)
            if number % 10 == 0:
                await settle(3)
        await eventually(lambda: not any(peer.members[0].follower for peer in peers))
        for number, peer in enumerate(peers):
            assert peer.got() == list(range(1_001 + number * 3, 2_001))
        assert stage.log.pages <= 40


async def test_a_long_replay_gives_way_to_others() -> None:
    async with staged() as stage:
        stage.commit(5_000)
        peer = stage.peer()
        member = peer.join(Subscription(), 0)
        turns = 0
        async with asyncio.timeout(PATIENCE_S):
            while member.follower is not None:
                await asyncio.sleep(0)
                turns += 1
        assert turns >= 5_000 // groups_module.TURN_EVENTS
        assert peer.got() == list(range(1, 5_001))


async def test_many_who_come_back_at_once_make_no_round_long_and_wait_for_nobodys_end() -> None:
    async with staged() as stage:
        stage.commit(1_000)
        peers = [stage.peer() for _ in range(40)]
        members = [peer.join(Subscription(), 0) for peer in peers]
        got, first, longest = [0] * len(peers), 0, 0
        async with asyncio.timeout(PATIENCE_S):
            while any(member.follower is not None for member in members):
                await asyncio.sleep(0)
                now = [len(peer.got()) for peer in peers]
                longest = max(longest, sum(now) - sum(got))
                got = now
                first = first or (all(got) and max(got))
        most = groups_module.FOLLOWERS_A_ROUND * groups_module.TURN_EVENTS
        assert longest <= most
        assert 0 < first <= 2 * groups_module.TURN_EVENTS, "all have some before anybody has much"
        assert got == [1_000] * len(peers)


async def test_a_cursor_of_another_process_is_honoured_before_this_one_is_there() -> None:
    # The cursor is ahead of this process: it was taken for "now", and what it had seen came again.
    async with staged() as stage:
        stage.commit(2)
        stage.commit_elsewhere(5)
        peer = stage.peer()
        member = peer.join(Subscription(), 5)
        assert stage.groups.dispatched == 2
        stage.hub.hint()
        await eventually(lambda: stage.groups.dispatched == 7)
        assert peer.got() == [6, 7]
        stage.commit()
        assert peer.got() == [6, 7, 8]
        assert member.is_live


async def test_a_replay_that_retention_overtakes_is_told_so() -> None:
    async with staged(NO_RING) as stage:
        stage.commit(PAGE_MAX + 300)
        stage.log.gate = asyncio.Event()
        peer = stage.peer()
        member = peer.join(Subscription(), 10)
        await settle()
        stage.log.floor = PAGE_MAX + 200
        stage.log.gate.set()
        await settle(2_000)
        assert isinstance(peer.failures[member], CursorTooOld)
        assert peer.got(member) == list(range(11, PAGE_MAX + 1))  # the page that was read before
        stage.assert_empty()


async def test_a_page_asked_for_before_the_log_grew_is_not_taken_for_all_there_is() -> None:
    # Who shared it, but needed what had come since, was told that retention had deleted that.
    async with staged(NO_RING) as stage:
        stage.commit(5)
        stage.log.gate = asyncio.Event()
        early, late = stage.peer(), stage.peer()
        early.join(Subscription(), 0)
        await settle()
        stage.commit(5)
        late.join(Subscription(), 7)
        await settle()
        stage.log.gate.set()
        await settle(200)
        assert not late.failures
        assert late.got() == [8, 9, 10]
        assert early.got() == list(range(1, 11))


async def test_a_member_that_leaves_during_its_replay_gets_nothing_more() -> None:
    async with staged(NO_RING) as stage:
        stage.commit(300)
        subscription = Subscription(is_slow=True)
        peer = stage.peer()
        member, other = peer.join(subscription, 0), peer.join(subscription, 0)
        await settle()
        subscription.finish()
        await settle()
        peer.leave(member)
        while other.follower is not None:
            subscription.finish_all()
            await asyncio.sleep(0)
        assert peer.got(member) == [1]
        assert peer.got(other) == list(range(1, 301))
        peer.leave(other)
        await settle()
        stage.assert_empty()


async def test_renderings_for_those_who_follow_are_bounded_in_bytes_also_when_they_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A rendering whose followers had all left was kept for ever, and not counted.
    monkeypatch.setattr(rendering, "RENDERED_BYTES_MAX", 2_000)
    async with staged() as stage:
        stage.commit(3)
        for number in range(200):
            subscription = Subscription(number, is_slow=True, size=100)
            peer = stage.peer()
            member = peer.join(subscription, 0)
            await settle(3)
            peer.leave(member)
            subscription.finish_all()
            await settle(3)
        kept = stage.groups.renderings.kept
        assert sum(len(text) for text in kept.values() if isinstance(text, bytes)) <= 2_000
        assert len(kept) <= 20
        assert stage.groups.renderings.kept_bytes <= 2_000


# Audience


async def test_a_narrowed_audience_is_heeded_by_a_replay_that_has_read_the_events_already() -> None:
    # The page in the follower's hands had the audience as it was when it was read.
    async with staged(NO_RING) as stage:
        stage.commit(2)
        stage.commit(3, subject=5)
        stage.commit(2)
        peer = stage.peer()
        peer.pipe.room = 1
        member = peer.join(Subscription(), 0, role="VIEWER")
        admins = stage.peer()
        admins.pipe.room = 1
        admin = admins.join(Subscription("admin"), 0, role="ADMIN")
        await settle()
        stage.restrict(5)
        peer.pipe.flow()
        admins.pipe.flow()
        await settle(50)
        assert peer.got(member) == [1, 2, 6, 7]
        assert admins.got(admin) == [1, 2, 3, 4, 5, 6, 7]


async def test_a_narrowed_audience_is_heeded_by_what_waits_to_be_rendered() -> None:
    async with staged() as stage:
        subscription, for_admins = (Subscription(role, is_slow=True) for role in ("v", "a"))
        peer = stage.peer()
        viewer = peer.join(subscription, role="VIEWER")
        admin = peer.join(for_admins, role="ADMIN")
        stage.commit()
        stage.commit(2, subject=5)
        stage.commit()
        stage.restrict(5)
        for _ in range(10):
            subscription.finish_all()
            for_admins.finish_all()
            await settle(5)
        assert peer.got(viewer) == [1, 4]
        assert peer.got(admin) == [1, 2, 3, 4]


# Slow readers


async def test_a_member_whose_socket_is_full_leaves_and_nobody_else_waits() -> None:
    async with staged(bound=100) as stage:
        subscription = Subscription(size=20)
        slow, quick = stage.peer(), stage.peer()
        slow.pipe.stall()
        member = slow.join(subscription)
        quick.join(subscription)
        stage.commit(50)
        assert quick.wrote() == list(range(1, 51))
        assert stage.fallen == [member]
        assert slow.outbox.bytes_waiting <= 100
        assert not member.is_live
        slow.pipe.flow()
        await settle(200)
        assert slow.wrote() == list(range(1, 51))
        assert member.is_live
        stage.commit()
        assert slow.wrote() == list(range(1, 52))


async def test_a_slow_member_that_comes_back_again_and_again_misses_nothing() -> None:
    async with staged(NO_RING, bound=60) as stage:
        subscription = Subscription(size=10)
        peer = stage.peer()
        first, second = peer.join(subscription), peer.join(Subscription("b", size=3))
        for number in range(60):
            peer.pipe.stall()
            stage.commit(1 + number % 7)
            peer.pipe.take(number % 5)
            await settle(number % 11)
            if number % 6 == 0:
                peer.pipe.flow()
                await settle(1_000)
        peer.pipe.flow()
        await settle(1_000)
        everything = list(range(1, stage.groups.dispatched + 1))
        assert peer.wrote(first) == everything
        assert peer.wrote(second) == everything
        assert len(stage.fallen) > 10


async def test_a_slow_member_may_leave_while_it_is_out() -> None:
    async with staged(bound=50) as stage:
        peer = stage.peer()
        peer.pipe.stall()
        member = peer.join(Subscription(size=20))
        stage.commit(20)
        assert stage.fallen == [member]
        peer.leave(member)
        peer.pipe.flow()
        await settle(50)
        stage.assert_empty()
        assert peer.got(member) == [1, 2, 3]  # in the server's hands, and two that had room


# Filters


async def test_those_with_other_filters_share_the_rendering_and_get_their_own() -> None:
    async with staged() as stage:
        subscriptions = [Subscription(where=Filter.of((SUBJECT, [n, 9]))) for n in range(5)]
        peers = [stage.peer() for _ in subscriptions]
        for peer, subscription in zip(peers, subscriptions, strict=True):
            peer.join(subscription)
        stage.commit(subject=3)
        stage.commit(subject=9)
        stage.commit(subject=8)
        assert [peer.got() for peer in peers] == [[2], [2], [2], [1, 2], [2]]
        assert [subscription.rendered for subscription in subscriptions] == [[1, 2], [], [], [], []]
        assert stage.group_count == 1


async def test_a_change_looks_at_no_other_filter_however_many_there_are() -> None:
    looked_at = {}
    for count in (1, 300):
        async with staged() as stage:
            peer = stage.peer()
            for number in range(count):
                where = Filter.of((SUBJECT, [number]), (KIND, ["K", "L"]))
                peer.join(Subscription(where=where))
            stage.commit(10, subject=0)
            assert peer.got() == list(range(1, 11))
            looked_at[count] = stage.groups.channels.looked_at
    assert looked_at == {1: 10, 300: 10}


async def test_an_event_for_one_user_looks_at_nobody_elses_filter() -> None:
    asked: list[int] = []

    def is_heard(user_id: int) -> Filter:
        def passes(_: Event) -> bool:
            asked.append(user_id)
            return True

        return Filter(conditions=(Condition(user_id, passes),))

    async with staged() as stage:
        peer = stage.peer()
        members = [
            peer.join(Subscription(user, where=is_heard(user), personal=True), user_id=user)
            for user in range(1, 50)
        ]
        stage.commit(roles=0, user_id=7)
        assert asked == [7]
        assert [peer.got(member) for member in members] == [
            [1] if n == 6 else [] for n in range(49)
        ]


async def test_a_rendering_that_fails_ends_those_who_wanted_that_event_alone() -> None:
    async with staged() as stage:
        slow = Subscription(is_slow=True, where=Filter.of((SUBJECT, [1])))
        peer = stage.peer()
        first = peer.join(slow)
        second = peer.join(Subscription(where=Filter.of((SUBJECT, [2]))))
        stage.commit(subject=1)
        stage.commit(subject=2)
        slow.held.pop(0)[1].set_exception(RuntimeError("a fault of ours"))
        await settle()
        slow.finish_all()
        await settle()
        assert isinstance(peer.failures.pop(first), RuntimeError)
        assert not peer.failures
        assert peer.got(second) == [2]


async def test_who_waits_for_its_place_and_lacks_nothing_leaves_at_the_newest() -> None:
    # It would read again what it has not missed, or be told that it is too old.
    async with staged() as stage:
        stage.commit(2)
        stage.commit_elsewhere(5, subject=1)
        peer = stage.peer()
        member = peer.join(Subscription(where=Filter.of((SUBJECT, [2]))), 5)
        stage.hub.hint()
        await eventually(lambda: stage.groups.dispatched == 7)
        assert member.group.has_served(member)
        member.group.leave(member)
        assert member.position == 7


# All of it, in any order

FILTERS = [
    Filter.of((SUBJECT, [1])),
    Filter.of((SUBJECT, [2, 3]), (KIND, ["K"])),
    Filter.of((KIND, ["L"])),
    Filter.of((SUBJECT, [])),
    Filter(conditions=(asks(lambda event: event.position % 2 == 0),)),
]
SUBSCRIPTION = st.integers(0, 5 + 4 * len(FILTERS))


class Delivery(RuleBasedStateMachine):
    """Whatever happens in whatever order: each member gets each of its events once, in order.

    The model is the list of committed events; a member's share follows from where it began, and
    from its filter evaluated alone: many with different ones share a group, whose rendering may be
    held up. What was narrowed to ADMIN before a VIEWER was served may not be served to them any
    more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.started_at: dict[Member, int] = {}
        self.role_of: dict[Member, str] = {}
        self.subscription_of: dict[Member, Subscription] = {}
        self.peer_of: dict[Member, Peer] = {}
        self.withheld: dict[Member, set[int]] = {}
        self.events: list[Event] = []

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(asyncio.wait_for(work, PATIENCE_S))

    @initialize(ring=st.sampled_from([BIG_RING, 3_000, NO_RING]), bound=st.sampled_from([20, 200]))
    def begin(self, ring: int, bound: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(groups_module, "PENDING_MAX", 3)
        self.patch.setattr(groups_module, "TURN_EVENTS", 4)
        self.patch.setattr(rendering, "RENDERED_BYTES_MAX", 60)

        async def begin() -> None:
            self.stage = Stage(ring, bound)
            await self.stage.open()
            self.peers = [self.stage.peer(has_line=bool(number % 2)) for number in range(3)]
            self.subscriptions = [
                Subscription((number, role), wants=wants, is_slow=is_slow, size=3)
                for number, (wants, is_slow) in enumerate(
                    [
                        (lambda _: True, False),
                        (lambda _: True, True),
                        (lambda event: event.kind == "K", True),
                    ]
                )
                for role in ("ADMIN", "VIEWER")
            ]
            self.subscriptions += [
                Subscription((key, role), where=where, is_slow=key == "slow", size=3)
                for where in FILTERS
                for key in ("quick", "slow")
                for role in ("ADMIN", "VIEWER")
            ]

        self.run(begin())

    @rule(count=st.integers(1, 5), kind=st.sampled_from("KL"), subject=st.integers(1, 3))
    def commit(self, count: int, kind: str, subject: int) -> None:
        async def commit() -> None:
            self.stage.commit(count, kind=kind, subject=subject)

        self.run(commit())

    @rule(count=st.integers(1, 3), subject=st.integers(1, 3), is_told=st.booleans())
    def commit_elsewhere(self, count: int, subject: int, is_told: bool) -> None:
        async def commit() -> None:
            self.stage.commit_elsewhere(count, subject=subject)
            if is_told:
                self.stage.hub.hint()

        self.run(commit())

    @rule(subject=st.integers(1, 3))
    def narrow(self, subject: int) -> None:
        async def narrow() -> None:
            self.stage.hub.hint()
            await self.caught_up()  # the notice is dispatched at once, as in its own process
            for member, role in self.role_of.items():
                if role == "VIEWER":
                    served = self.peer_of[member].got(member)
                    self.withheld[member].update(
                        event.position
                        for event in self.stage.log.events
                        if event.subject == subject and event.position not in served
                    )
            self.stage.restrict(subject)

        self.run(narrow())

    @rule(peer=st.integers(0, 2), subscription=SUBSCRIPTION, back=st.none() | st.integers(0, 9))
    def join(self, peer: int, subscription: int, back: int | None) -> None:
        async def join() -> None:
            newest = len(self.stage.log.events)
            after = None if back is None else max(0, newest - back)
            chosen = self.subscriptions[subscription]
            role = chosen.key[1]  # type: ignore[index]
            began = self.stage.groups.dispatched if after is None else after
            number = len(self.started_at)
            member = self.peers[peer].join(chosen, after, role=role, name=f"m{number}")
            self.started_at[member] = began
            self.role_of[member] = role
            self.subscription_of[member] = chosen
            self.peer_of[member] = self.peers[peer]
            self.withheld[member] = set()

        self.run(join())

    @rule(number=st.integers(0, 20))
    def leave(self, number: int) -> None:
        async def leave() -> None:
            staying = [member for peer in self.peers for member in peer.members]
            if staying:
                member = staying[number % len(staying)]
                self.peer_of[member].leave(member)

        self.run(leave())

    @rule(peer=st.integers(0, 2), how=st.sampled_from(["stall", "flow", "take"]))
    def read(self, peer: int, how: str) -> None:
        async def read() -> None:
            pipe = self.peers[peer].pipe
            if how == "take":
                pipe.take(2)
            elif how == "stall":
                pipe.stall()
            else:
                pipe.flow()

        self.run(read())

    @rule(subscription=SUBSCRIPTION, number=st.integers(0, 3))
    def finish_rendering(self, subscription: int, number: int) -> None:
        async def finish() -> None:
            held = self.subscriptions[subscription].held
            if held:
                self.subscriptions[subscription].finish(number % len(held))

        self.run(finish())

    @rule(is_held=st.booleans())
    def hold_the_log(self, is_held: bool) -> None:
        self.log_is_held(is_held)

    def log_is_held(self, is_held: bool) -> None:
        log = self.stage.log
        if is_held and log.gate is None:
            log.gate = asyncio.Event()
        elif not is_held and log.gate is not None:
            log.gate.set()
            log.gate = None

    @rule(turns=st.integers(1, 12))
    def go_on(self, turns: int) -> None:
        self.run(settle(turns))

    @invariant()
    def nobody_got_anything_twice_or_out_of_order_or_past_their_role(self) -> None:
        for member in self.started_at:
            got = self.peer_of[member].got(member)
            share = self.share(member)
            assert got == share[: len(got)], f"{member.head!r} {got} of {share}"
            assert (
                self.peer_of[member].wrote(member) == got[: len(self.peer_of[member].wrote(member))]
            )
        for peer in getattr(self, "peers", ()):
            assert not peer.failures

    def share(self, member: Member) -> list[int]:
        """The positions that a member gets, sooner or later."""
        subscription, withheld = self.subscription_of[member], self.withheld[member]
        got = set(self.peer_of[member].got(member))
        return [
            event.position
            for event in self.stage.log.events
            if event.position > self.started_at[member]
            and subscription.wants(event)
            and event.position not in withheld
            and (event.roles or event.position in got)
            and self.may_see(member, event, got)
        ]

    def may_see(self, member: Member, event: Event, got: set[int]) -> bool:
        return event.roles & (1 if self.role_of[member] == "ADMIN" else 4) != 0 or (
            event.position in got  # it was served before it was narrowed
        )

    async def caught_up(self) -> None:
        self.log_is_held(False)
        while self.stage.groups.dispatched < len(self.stage.log.events):
            self.stage.hub.hint()
            await asyncio.sleep(0)

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return

        async def end() -> None:
            await self.caught_up()
            for peer in self.peers:
                peer.pipe.flow()
            while any(
                member.follower or (member.group and member.group.is_rendering)
                for peer in self.peers
                for member in peer.members
            ) or any(peer.outbox.parked for peer in self.peers):
                for subscription in self.subscriptions:
                    subscription.finish_all()
                await asyncio.sleep(0)
            for peer in self.peers:
                for member in list(peer.members):
                    assert peer.wrote(member) == self.share(member), member.head
                    assert member.group is not None and member.group.has_served(member)
                    peer.leave(member)
            await settle()
            for subscription in self.subscriptions:
                subscription.finish_all()
            await settle()
            self.stage.assert_empty()

        try:
            self.run(end())
        finally:
            self.run(self.stage.close())
            self.patch.undo()
            self.loop.close()


TestDelivery = Delivery.TestCase
TestDelivery.settings = examples(60, 1_500)
