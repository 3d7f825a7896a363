"""The state machine of presence, on a held clock: nothing is waited for."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.clock import HeldClock
from graphql_api.delivery.audience import ADMINS, EVERYONE, ROLE_BITS
from graphql_api.errors import LimitExceeded
from graphql_api.presence.entries import GONE_S, LEAVE_S, TYPING_S, Activity, Entry, Person
from graphql_api.presence.presence import (
    ENTRIES_OF_USER_MAX,
    HEARTBEAT_S,
    LEAVING_MAX,
    PARTICIPANTS_MAX,
    TELL_S,
    TYPING_CHANGE_S,
    Holder,
    Presence,
)
from graphql_api.presence.reports import MESSAGE, Entries, Report

VIEWER, ADMIN = ROLE_BITS["VIEWER"], ROLE_BITS["ADMIN"]
VIEWING, EDITING = Activity.VIEWING, Activity.EDITING
ITEM, OTHER = 1, 2


def person(user_id: int, session_id: int | None = None, name: str | None = None) -> Person:
    return Person(user_id, name or f"user {user_id}", session_id or 10 * user_id)


class World:
    """A machine, its clock, and who may see what."""

    def __init__(self, clock: HeldClock | None = None, entries_max: int = 1_000) -> None:
        self.clock = clock or HeldClock()
        self.roles: dict[int, int] = {}
        self.presence = Presence(self.clock, lambda i: self.roles.get(i, EVERYONE), entries_max)
        self.told: list[tuple[int, int]] = []

    def enter(
        self,
        key: str,
        user_id: int = 1,
        item_id: int = ITEM,
        activity: Activity = VIEWING,
        typing: bool = False,
    ) -> list[Entry]:
        return self.presence.enter(key, person(user_id), item_id, activity, typing)

    def hear(self, report: Report) -> int | None:
        """The item of which a report was news."""
        entry = self.presence.hear(report)
        return None if entry is None else entry.item_id

    def look(self) -> list[tuple[int, int]]:
        changes = self.presence.look()
        self.told += changes
        return changes

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Move on, looking exactly when the machine asks to; what was told."""
        end_s = self.clock.monotonic_s() + seconds
        changes = self.look()
        while (due_s := self.presence.due_s()) <= end_s:
            self.clock.advance(max(0.0, due_s - self.clock.monotonic_s()))
            changes += self.look()
        self.clock.advance(end_s - self.clock.monotonic_s())
        return changes

    def here(self, item_id: int = ITEM, role_bit: int = VIEWER) -> list[tuple[int, str, bool]]:
        """Who is shown: user, activity, typing."""
        state = self.presence.state(item_id, role_bit)
        return [(p.user_id, p.activity.value, p.typing) for p in state.participants]

    def users(self, item_id: int = ITEM) -> list[int]:
        return [user_id for user_id, _, _ in self.here(item_id)]


@pytest.fixture
def world() -> World:
    return World()


def test_who_enters_is_told_at_once_and_a_heartbeat_tells_nothing(world: World) -> None:
    world.enter("a")
    assert world.look() == [(ITEM, EVERYONE)]
    assert world.here() == [(1, "VIEWING", False)]
    for _ in range(20):
        assert world.wait(HEARTBEAT_S) == []
        world.enter("a")
    assert world.users() == [1]


def test_without_heartbeats_one_is_gone_after_45_seconds(world: World) -> None:
    world.enter("a")
    assert world.wait(GONE_S - 0.01) == [(ITEM, EVERYONE)]
    assert world.users() == [1]
    assert world.wait(0.01) == [(ITEM, EVERYONE)]
    assert world.users() == []
    assert world.presence.due_s() == math.inf
    assert world.presence.items() == []
    assert len(world.presence.entries) == 0


@pytest.mark.parametrize("how", ["closed", "elsewhere"])
def test_leaving_is_shown_after_5_seconds(world: World, how: str) -> None:
    world.enter("a")
    world.wait(1)
    if how == "closed":
        world.presence.leave("a")
    else:
        world.enter("a", item_id=OTHER)
        assert world.look() == [(OTHER, EVERYONE)]
    world.wait(LEAVE_S - 0.01)
    assert world.users() == [1]
    world.wait(0.01)
    assert world.users() == []
    assert (ITEM, EVERYONE) in world.told


def test_a_reconnect_does_not_flicker(world: World) -> None:
    world.enter("a", activity=EDITING)
    world.wait(20)
    since_us = world.presence.state(ITEM, VIEWER).participants[0].since_us
    world.told.clear()
    world.presence.leave("a")  # the socket closed
    world.wait(3)
    world.enter("b", activity=EDITING)  # and another one is here
    world.wait(GONE_S - 1)
    assert world.told == []
    assert world.presence.state(ITEM, VIEWER).participants[0].since_us == since_us


def test_who_comes_back_over_the_same_key_stays(world: World) -> None:
    world.enter("a")
    world.wait(1)
    world.enter("a", item_id=OTHER)
    world.wait(1)
    world.enter("a")
    world.wait(10)
    assert world.users() == [1]
    assert world.users(OTHER) == []


def test_two_tabs_are_one_participant_and_the_stronger_activity_counts(world: World) -> None:
    world.enter("a")
    world.enter("b", activity=EDITING)
    world.enter("c", user_id=2)
    world.look()
    assert world.here() == [(1, "EDITING", False), (2, "VIEWING", False)]
    world.wait(1)
    world.enter("b", activity=VIEWING)
    world.look()
    assert world.here() == [(1, "VIEWING", False), (2, "VIEWING", False)]
    world.presence.leave("b")
    assert world.wait(6) == []


def test_typing_ends_by_itself(world: World) -> None:
    world.enter("a", typing=True)
    world.look()
    assert world.here() == [(1, "VIEWING", True)]
    world.wait(TYPING_S - 0.01)
    assert world.here() == [(1, "VIEWING", True)]
    world.wait(0.01)
    assert world.here() == [(1, "VIEWING", False)]
    assert len(world.told) == 2


def test_typing_is_told_as_changed_at_most_once_in_3_seconds(world: World) -> None:
    told_s = []
    for number in range(300):
        world.enter("a", typing=number % 2 == 0)
        told_s += [world.clock.monotonic_s()] * len(world.look())
        world.clock.advance(0.1)
    assert len(told_s) >= 9
    assert all(later - one >= TYPING_CHANGE_S - 1e-6 for one, later in pairwise(told_s))


def test_typing_that_stopped_before_it_could_be_told_settles_as_stopped(world: World) -> None:
    world.enter("a", typing=True)
    world.look()
    world.clock.advance(1)
    world.enter("a", typing=False)
    assert world.look() == []
    assert world.wait(1.9) == []
    assert world.wait(0.1) == [(ITEM, EVERYONE)]
    assert world.here() == [(1, "VIEWING", False)]


def test_many_changes_at_once_are_told_as_one(world: World) -> None:
    for user_id in range(1, 51):
        world.enter(f"k{user_id}", user_id)
    assert world.look() == [(ITEM, EVERYONE)]
    for user_id in range(51, 90):
        world.enter(f"k{user_id}", user_id)
        assert world.look() == []
    world.clock.advance(TELL_S)
    assert world.look() == [(ITEM, EVERYONE)]
    assert len(world.users()) == 89


def test_only_who_may_see_the_item_learns_of_it(world: World) -> None:
    world.roles[ITEM] = ADMINS
    world.enter("a")
    assert world.look() == [(ITEM, ADMINS)]
    assert world.here(role_bit=VIEWER) == []
    assert world.here(role_bit=ADMIN) == [(1, "VIEWING", False)]
    assert world.presence.roles_told(ITEM) == ADMINS


def test_hiding_an_item_tells_those_who_saw_that_there_is_nothing(world: World) -> None:
    world.enter("a")
    world.look()
    world.clock.advance(1)
    world.roles[ITEM] = ADMINS
    world.presence.touch(ITEM)
    assert world.look() == [(ITEM, EVERYONE)]
    assert world.here(role_bit=VIEWER) == []
    world.clock.advance(1)
    world.enter("b", 2)
    assert world.look() == [(ITEM, ADMINS)]  # and from then on they are told nothing


def test_a_deleted_item_has_no_presence(world: World) -> None:
    world.enter("a")
    world.look()
    world.clock.advance(1)
    world.roles[ITEM] = 0
    world.presence.forget(world.presence.at(ITEM))
    assert world.look() == [(ITEM, EVERYONE)]
    assert world.presence.items() == []


def test_a_session_that_ends_takes_its_entries_with_it_at_once(world: World) -> None:
    world.enter("a", 1)
    world.presence.enter("b", person(1, session_id=11), ITEM, EDITING, False)
    world.look()
    world.clock.advance(1)
    world.presence.forget(world.presence.entries.of_session(11))
    assert world.look() == [(ITEM, EVERYONE)]
    assert world.here() == [(1, "VIEWING", False)]


def test_a_lease_is_told_and_ends_by_itself(world: World) -> None:
    expires_at_us = world.clock.now_us() + 60_000_000
    world.presence.grant(ITEM, Holder(1, "Ann", 10, expires_at_us))
    assert world.look() == [(ITEM, EVERYONE)]
    holder = world.presence.state(ITEM, VIEWER).holder
    assert holder is not None and holder.name == "Ann"
    assert world.wait(59.99) == []
    assert world.wait(0.01) == [(ITEM, EVERYONE)]
    assert world.presence.state(ITEM, VIEWER).holder is None
    assert world.presence.items() == []
    assert world.presence.holders == {}
    world.presence.grant(OTHER, None)
    assert world.presence.items() == []


def test_states_of_one_process_rise(world: World) -> None:
    moments = [world.presence.state(ITEM, VIEWER).at_us for _ in range(3)]
    assert moments == sorted(set(moments))


# Bounds


def test_nobody_more_enters_a_full_world_but_those_who_are_there_stay() -> None:
    world = World(entries_max=3)
    for key in "abc":
        world.enter(key, ord(key))
    with pytest.raises(LimitExceeded):
        world.enter("d", 4)
    world.enter("a", ord("a"))
    world.presence.leave("b")
    world.wait(LEAVE_S)
    world.enter("d", 4)
    assert len(world.presence.entries) == 3


def test_a_user_has_so_many_entries_and_the_oldest_goes(world: World) -> None:
    for number in range(ENTRIES_OF_USER_MAX + 20):
        world.enter(f"k{number}", 1, item_id=number)
        world.clock.advance(0.01)
    assert len(world.presence.entries) == ENTRIES_OF_USER_MAX
    assert len(world.presence.entries.of_user(1)) == ENTRIES_OF_USER_MAX
    world.look()
    assert world.users(0) == []
    assert world.users(ENTRIES_OF_USER_MAX + 19) == [1]


def test_flipping_through_items_leaves_a_short_trace(world: World) -> None:
    for item_id in range(500):
        world.enter("a", item_id=item_id)
    assert len(world.presence.entries) == 1 + LEAVING_MAX
    world.look()
    assert len(world.presence.items()) == 1 + LEAVING_MAX


def test_a_client_that_repeats_itself_is_not_passed_on_each_time_and_costs_no_memory(
    world: World,
) -> None:
    passed_on = 0
    for _ in range(2_000):
        passed_on += len(world.enter("a", typing=True))
        world.look()
        world.clock.advance(0.01)
    assert 5 <= passed_on <= 12  # in 20 seconds
    assert len(world.presence._due) <= 5


def test_a_crowd_is_told_up_to_a_bound_and_who_edits_is_always_in_it(world: World) -> None:
    for user_id in range(1, 150):
        world.enter(f"k{user_id}", user_id, activity=EDITING if user_id == 149 else VIEWING)
        world.clock.advance(0.001)
    world.look()
    shown = world.users()
    assert len(shown) == PARTICIPANTS_MAX
    assert shown == [*range(1, PARTICIPANTS_MAX), 149]


# Reports between processes


def reports(world: World, entries: list[Entry]) -> list[Report]:
    return world.presence.reports(entries)


def two_worlds() -> tuple[World, World]:
    clock = HeldClock()
    return World(clock), World(clock)


def test_a_report_shows_the_same_elsewhere_for_as_long() -> None:
    one, other = two_worlds()
    told = reports(one, one.enter("a", activity=EDITING, typing=True))
    one.clock.advance(2)
    assert other.hear(told[0]) == ITEM
    assert other.look() == [(ITEM, EVERYONE)]
    assert other.here() == [(1, "EDITING", True)]
    assert other.presence.ours() == []
    other.wait(GONE_S)
    assert other.users() == []


def test_a_report_tells_how_old_it_is() -> None:
    one, other = two_worlds()
    one.enter("a")
    one.clock.advance(40)
    assert other.hear(reports(one, one.presence.ours())[0]) == ITEM
    other.wait(4.9)
    assert other.users() == [1]
    other.wait(0.2)
    assert other.users() == []


def test_a_process_that_hears_of_a_reconnect_only_knows_since_when_too() -> None:
    one, other = two_worlds()
    one.enter("a")
    one.wait(30)
    since_us = one.presence.state(ITEM, VIEWER).participants[0].since_us
    one.presence.leave("a")
    (told,) = reports(one, one.enter("b"))
    other.hear(told)
    other.look()
    assert other.presence.state(ITEM, VIEWER).participants[0].since_us == since_us


def test_old_and_repeated_reports_change_nothing() -> None:
    one, other = two_worlds()
    (first,) = reports(one, one.enter("a", activity=EDITING))
    one.clock.advance(1)
    (second,) = reports(one, one.enter("a", activity=VIEWING))
    assert other.hear(second) == ITEM
    assert other.hear(first) is None
    assert other.hear(second) is None
    assert other.here() == [(1, "VIEWING", False)]
    (left,) = reports(one, one.presence.leave("a"))
    assert other.hear(left) == ITEM
    assert other.hear(second) is None
    other.wait(LEAVE_S)
    assert other.users() == []


def test_a_leave_that_overtakes_its_entry_still_ends_it() -> None:
    one, other = two_worlds()
    (entered,) = reports(one, one.enter("a"))
    (left,) = reports(one, one.presence.leave("a"))
    other.hear(left)
    assert other.hear(entered) is None
    other.wait(LEAVE_S)
    assert other.users() == []


def test_a_session_that_goes_on_at_another_process_is_at_one_place() -> None:
    one, other = two_worlds()
    (entered,) = reports(one, one.enter("session 10"))
    other.hear(entered)
    moved = reports(other, other.enter("session 10", item_id=OTHER))
    assert sorted(report.item_id for report in moved) == [ITEM, OTHER]
    for report in moved:
        one.hear(report)
    for world in (one, other):
        world.look()
        assert world.users(OTHER) == [1]
    one.wait(LEAVE_S)
    other.look()
    assert one.users() == other.users() == []


def test_a_process_that_was_started_anew_is_believed() -> None:
    one, other = two_worlds()
    for _ in range(50):
        for told in reports(one, one.enter("session 10")):
            other.hear(told)
        one.clock.advance(HEARTBEAT_S)
    again = World(one.clock)
    (told,) = reports(again, again.enter("session 10", activity=EDITING))
    assert other.hear(told) == ITEM
    assert other.here() == [(1, "EDITING", False)]


@pytest.mark.parametrize(
    "report",
    [
        [],
        ["a"],
        [1, 2, 3, "n", 4, 5, "VIEWING", 0, 0, 0, None],
        ["a", 2, 3, "n", 4, 5, "SLEEPING", 0, 0, 0, None],
        ["a", "2", 3, "n", 4, 5, "VIEWING", 0, 0, 0, None],
        ["a", 2, 3, "n", 4, True, "VIEWING", 0, 0, 0, None],
        ["a", 2, 3, "n", 4, 5, "VIEWING", None, 0, 0, None],
        ["a", 2, 3, "n", 4, 5, "VIEWING", 0, 2**62, 0, None],
        ["a", 2, 3, "n", 4, 5, "VIEWING", 0, -1, 0, None],
    ],
)
def test_what_is_no_report_is_refused(world: World, report: list[Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of the codec, or of presence
        world.hear(heard(report))
    assert world.presence.items() == []


def test_a_report_of_a_newer_version_is_heard_as_far_as_it_is_known(world: World) -> None:
    told = ["a", 2, 3, "n", 4, ITEM, "VIEWING", 0, 0, 0, None]
    assert heard([*told, "more"]) == heard(told)
    assert world.hear(heard([*told, {"even": "more"}])) == ITEM


def heard(report: list[Any]) -> Report:
    """A report as it comes from another process."""
    message = MESSAGE.decode(json.dumps(["entries", [report]]))
    assert isinstance(message, Entries)
    return message.told[0]


_steps = st.lists(
    st.tuples(
        st.sampled_from(["enter", "leave", "wait"]),
        st.integers(0, 1),  # where
        st.integers(0, 5),  # which key; a user has two
        st.integers(1, 3),  # which item
        st.sampled_from([VIEWING, EDITING]),
        st.booleans(),
        st.floats(0.0, 20.0),
    ),
    max_size=40,
)


@given(_steps, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_after_the_next_heartbeats_all_processes_show_the_same(steps: Any, chance: Any) -> None:
    """Whatever happened, with reports lost, doubled and out of order."""
    worlds = two_worlds()
    clock = worlds[0].clock
    under_way: list[tuple[int, Report]] = []
    at: dict[str, tuple[int, int, Activity]] = {}

    def pass_on(source: int, entries: list[Entry], *, surely: bool = False) -> None:
        for report in reports(worlds[source], entries):
            if surely:
                worlds[1 - source].hear(report)
                continue
            under_way.extend([(1 - source, report)] * chance.choice([0, 1, 1, 2]))
        chance.shuffle(under_way)
        while under_way and chance.random() < 0.7:
            target, report = under_way.pop()
            worlds[target].hear(report)

    for kind, where, number, item_id, activity, typing, seconds in steps:
        key = f"{where}.{number}"
        if kind == "enter":
            pass_on(where, worlds[where].enter(key, number // 2, item_id, activity, typing))
            at[key] = (number, item_id, activity)
        elif kind == "leave":
            pass_on(where, worlds[where].presence.leave(key))
            at.pop(key, None)
        else:
            clock.advance(seconds)
        for world in worlds:
            world.look()
    under_way.clear()
    # What was lost heals: each heartbeat says all, and what nobody says any more runs out.
    for _ in range(4):
        clock.advance(HEARTBEAT_S)
        for key, (number, item_id, activity) in at.items():
            where = int(key[0])
            worlds[where].enter(key, number // 2, item_id, activity)
            pass_on(where, worlds[where].presence.entries.of_user(number // 2), surely=True)
        for world in worlds:
            world.look()
    clock.advance(LEAVE_S)
    for world in worlds:
        world.look()
    for item_id in (1, 2, 3):
        expected: dict[int, str] = {}
        for number, place, activity in at.values():
            if place == item_id and expected.get(number // 2) != "EDITING":
                expected[number // 2] = activity.value
        for world in worlds:
            shown = {user: activity for user, activity, _ in world.here(item_id)}
            assert shown == expected
    for world in worlds:
        world.wait(GONE_S + LEAVE_S)
        assert world.presence.items() == []
        entries = world.presence.entries
        assert len(entries) == 0
        assert not entries._by_key and not entries._by_user and not entries._by_session
