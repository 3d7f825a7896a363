"""Filters: what a subscription wants of a topic's events, said so that it can be indexed.

A face declares axes. On each, an event has values (its item, the places that it is about), and a
filter asks that it has one of those it names. So a filter is told from the event's side: by its
values those who want it are found (filter_index.py), without a look at the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from graphql_api.events.log import Event


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """What events differ in; made once, where a face declares it.

    values: an event's own there, () when it has none. is_key: few of the events have any one of
    them (an item, a SKU), so filters are found by it; not so a status, which half of them have.
    """

    name: str
    values: Callable[[Event], Collection[Hashable]]
    is_key: bool = True


class Clause(NamedTuple):
    """An event passes that has any of `values` on the axis; of no values, none passes."""

    axis: Axis
    values: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class Condition:
    """What no axis can say. key: conditions with equal keys ask the same, and are asked once."""

    key: Hashable
    passes: Callable[[Event], bool] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """Passes what passes each of its parts; without any, everything. It may look at the event
    alone, so it says the same in a replay, in every process and for everyone."""

    clauses: tuple[Clause, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, *asked: tuple[Axis, Iterable[Hashable] | None]) -> Filter:
        """As a client gave it: values for each axis, None where it does not ask."""
        return cls(
            tuple(Clause(axis, frozenset(given)) for axis, given in asked if given is not None)
        )

    def passes(self, event: Event) -> bool:
        return all(
            not clause.values.isdisjoint(clause.axis.values(event)) for clause in self.clauses
        ) and all(condition.passes(event) for condition in self.conditions)


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscription wants of the log: which kinds of a topic, and which of their events."""

    topic: str
    kinds: frozenset[str]
    filter: Filter = EVERYTHING

    def wants(self, event: Event) -> bool:
        """Whether the event passes, whoever looks."""
        return event.topic == self.topic and event.kind in self.kinds and self.filter.passes(event)
