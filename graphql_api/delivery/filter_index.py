"""Which filters an event passes, found without a look at the others.

Each filter stands under one of its clauses (its anchor), at each of that clause's values. An event
looks up its own values, and asks of those who stand there what else they ask. So a change costs by
those who may want it, however many filters there are. Filters that ask for nothing that few events
have stand apart and are asked each time, equal ones once.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from graphql_api.delivery.few import Few, each, with_one, without
from graphql_api.delivery.filters import Axis, Clause, Filter
from graphql_api.events.log import Event

Receiver = TypeVar("Receiver", bound=Hashable)


class _Entry(Generic[Receiver]):
    """A filter, who has it, and what is left to ask of an event that has a value of its anchor."""

    __slots__ = ("anchor", "conditions", "receivers", "rest")

    def __init__(self, asked: Filter, anchor: Clause | None) -> None:
        self.anchor = anchor
        self.rest = tuple(clause for clause in asked.clauses if clause is not anchor)
        self.conditions = asked.conditions
        self.receivers: Few[Receiver] = None


class _Told:
    """An event's values on each axis, read once."""

    __slots__ = ("_known", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self._known: dict[Axis, Collection[Hashable]] = {}

    def on(self, axis: Axis) -> Collection[Hashable]:
        known = self._known.get(axis)
        if known is None:
            known = self._known[axis] = axis.values(self.event)
        return known

    def passes(self, entry: _Entry[Receiver]) -> bool:
        """Whether it passes what is left of a filter."""
        for clause in entry.rest:
            if clause.values.isdisjoint(self.on(clause.axis)):
                return False
        return all(condition.passes(self.event) for condition in entry.conditions)


@dataclass(frozen=True, slots=True)
class Found(Generic[Receiver]):
    """receivers: whose filters the event passes; failed: those whose filters cannot tell."""

    receivers: list[Receiver] = field(default_factory=list)
    failed: list[tuple[Receiver, Exception]] = field(default_factory=list)

    def fail(self, entries: Iterable[_Entry[Receiver]], error: Exception) -> None:
        self.failed.extend((one, error) for entry in entries for one in each(entry.receivers))


class FilterIndex(Generic[Receiver]):
    """Receivers by their filters. looked_at: how many filters were, so far."""

    __slots__ = ("_entries", "_others", "_standing", "looked_at")

    def __init__(self) -> None:
        self._entries: dict[Filter, _Entry[Receiver]] = {}
        self._standing: dict[Axis, dict[Hashable, Few[_Entry[Receiver]]]] = {}
        self._others: dict[_Entry[Receiver], None] = {}
        self.looked_at = 0

    def __len__(self) -> int:
        """How many different filters there are."""
        return len(self._entries)

    def receivers(self) -> Iterator[Receiver]:
        """All, whatever they ask."""
        for entry in self._entries.values():
            yield from each(entry.receivers)

    def add(self, asked: Filter, receiver: Receiver) -> None:
        entry = self._entries.get(asked)
        if entry is None:
            entry = self._entries[asked] = _Entry(asked, self._anchor(asked))
            self._place(entry)
        entry.receivers = with_one(entry.receivers, receiver)

    def remove(self, asked: Filter, receiver: Receiver) -> None:
        entry = self._entries[asked]
        entry.receivers = without(entry.receivers, receiver)
        if entry.receivers is None:
            del self._entries[asked]
            self._displace(entry)

    def find(self, event: Event) -> Found[Receiver]:
        """Who wants the event."""
        told = _Told(event)
        found: Found[Receiver] = Found()
        entries = dict(self._others)
        for axis, standing in self._standing.items():
            try:
                values = told.on(axis)
            except Exception as error:
                found.fail(_all_in(standing), error)
                continue
            for value in values:
                there = standing.get(value)
                if isinstance(there, dict):
                    entries.update(there)
                elif there is not None:
                    entries[there] = None
        self.looked_at += len(entries)
        for entry in entries:
            if entry.rest or entry.conditions:
                try:
                    if not told.passes(entry):
                        continue
                except Exception as error:
                    found.fail((entry,), error)
                    continue
            if isinstance(entry.receivers, dict):
                found.receivers.extend(entry.receivers)
            elif entry.receivers is not None:
                found.receivers.append(entry.receivers)
        return found

    def _anchor(self, asked: Filter) -> Clause | None:
        """The clause that the fewest events ask about in vain, as far as the others here tell:
        where the fewest stand. None: the filter has no clause to be found by."""
        keys = [clause for clause in asked.clauses if clause.axis.is_key]
        if len(keys) > 1:
            return min(keys, key=self._crowd)
        return keys[0] if keys else None

    def _crowd(self, clause: Clause) -> int:
        """How many filters stand at the fullest of a clause's values."""
        standing = self._standing.get(clause.axis, {})
        return max((len(each(standing.get(value))) for value in clause.values), default=0)

    def _place(self, entry: _Entry[Receiver]) -> None:
        if entry.anchor is None:
            self._others[entry] = None
            return
        for value in entry.anchor.values:
            standing = self._standing.setdefault(entry.anchor.axis, {})
            standing[value] = with_one(standing.get(value), entry)

    def _displace(self, entry: _Entry[Receiver]) -> None:
        if entry.anchor is None:
            del self._others[entry]
            return
        standing = self._standing.get(entry.anchor.axis, {})
        for value in entry.anchor.values:
            left = without(standing[value], entry)
            if left is None:
                del standing[value]
            else:
                standing[value] = left
        if not standing:
            self._standing.pop(entry.anchor.axis, None)


def _all_in(standing: dict[Hashable, Few[_Entry[Receiver]]]) -> list[_Entry[Receiver]]:
    """Each entry once."""
    return list(dict.fromkeys(entry for there in standing.values() for entry in each(there)))
