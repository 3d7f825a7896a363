"""The index of filters finds exactly those that an event passes, and looks at few others."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.delivery.filter_index import FilterIndex
from graphql_api.delivery.filters import Axis, Condition, Filter
from graphql_api.events.log import Event
from tests.campaigns import examples

ITEM = Axis("item", lambda event: (event.payload["item"],))
PLACE = Axis("place", lambda event: event.payload["places"])
STATUS = Axis("status", lambda event: (event.payload["status"],), is_key=False)
CONDITIONS = [
    Condition("even", lambda event: event.payload["item"] % 2 == 0),
    Condition("large", lambda event: event.payload["item"] > 3),
]

SOME = st.none() | st.frozensets(st.integers(0, 6), max_size=4)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    asked = Filter.of((ITEM, draw(SOME)), (PLACE, draw(SOME)), (STATUS, draw(SOME)))
    number = draw(st.none() | st.integers(0, 1))
    return asked if number is None else Filter(asked.clauses, (CONDITIONS[number],))


EVENTS = st.builds(
    lambda item, places, status: told(item=item, places=places, status=status),
    st.integers(0, 7),
    st.sets(st.integers(0, 7), max_size=3),
    st.integers(0, 7),
)


def told(**payload: Any) -> Event:
    return Event("t", "K", None, 7, None, payload)


@given(steps=st.lists(st.tuples(filters(), st.integers(0, 3)) | st.integers(0, 30) | EVENTS))
@examples(100, 2_000)
def test_it_finds_whose_filters_an_event_passes_and_nobody_else(steps: list[Any]) -> None:
    index: FilterIndex[Hashable] = FilterIndex()
    there: dict[tuple[Filter, int], None] = {}
    for step in steps:
        if isinstance(step, tuple):
            if step not in there:
                there[step] = None
                index.add(step[0], step)
        elif isinstance(step, int):
            if there:
                gone = list(there)[step % len(there)]
                del there[gone]
                index.remove(gone[0], gone)
        else:
            found = index.find(step)
            assert not found.failed
            assert len(found.receivers) == len(set(found.receivers))
            assert set(found.receivers) == {one for one in there if one[0].passes(step)}
    for asked, number in list(there):
        index.remove(asked, (asked, number))
    assert not len(index) and not index._standing and not index._others


def test_a_filter_stands_where_the_fewest_do() -> None:
    # All ask for the same item, each at a place of its own: by the item, all would be looked at.
    index: FilterIndex[int] = FilterIndex()
    for number in range(200):
        index.add(Filter.of((ITEM, [1]), (PLACE, [number])), number)
    assert index.find(told(item=1, places={150})).receivers == [150]
    assert index.looked_at <= 2


def test_equal_filters_are_asked_once() -> None:
    index: FilterIndex[int] = FilterIndex()
    for number in range(200):
        index.add(Filter.of((STATUS, [number % 4])), number)
    assert index.find(told(status=3)).receivers == list(range(3, 200, 4))
    assert index.looked_at == 4


@pytest.mark.parametrize("axis", [ITEM, STATUS])
def test_an_axis_that_fails_concerns_those_who_ask_for_it_alone(axis: Axis) -> None:
    index: FilterIndex[str] = FilterIndex()
    index.add(Filter.of((axis, [1])), "asks")
    index.add(Filter.of((PLACE, [1])), "sound")
    index.add(Filter(), "everything")
    found = index.find(told(places={1}))
    assert found.receivers == ["everything", "sound"]
    assert [(one, type(error)) for one, error in found.failed] == [("asks", KeyError)]
