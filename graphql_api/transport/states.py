"""State subscriptions: each message is the whole newest state of one subject, beside the log.

They have no cursor and miss nothing that counts: a watcher that cannot take a state now (a slow
socket) notes the subject, and gets its newest state when it can. Watchers whose states look alike
share one rendering of each, whichever subjects they watch; a change looks at those of its subject.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from typing import Any, Protocol

from graphql_api.delivery.counters import Counters
from graphql_api.delivery.states import StateInterest, StateSource
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import tail_of

logger = logging.getLogger(__name__)

TURN_STATES = 100  # handed to one watcher before others get their turn
TAILS_MAX = 1_000  # rendered states kept by a group, about 300 KB; an older one is rendered anew


class Watched(Protocol):
    """An open subscription to states, as the schema hands it over."""

    interest: StateInterest
    key: Any

    def render(self, state: Any, epoch: str) -> Any: ...


class Watcher:
    """One state subscription on one socket. missed: subjects of which it lacks the newest state;
    group None: it is not being served."""

    __slots__ = ("fail", "group", "head", "interest", "missed", "outbox")

    def __init__(self, outbox: Outbox, head: bytes, fail: Callable[[Exception], None]) -> None:
        """head: what comes before a result's text; fail: ends the operation with an error."""
        self.outbox = outbox
        self.head = head
        self.fail = fail
        self.group: StateGroup | None = None
        self.interest: StateInterest | None = None
        self.missed: dict[int, None] = {}


class StateGroup:
    """Watchers that get the same bytes. by_subject: those of each; of_all: those of any. tails:
    rendered states, the newest last."""

    __slots__ = ("by_subject", "count", "key", "of_all", "role_bit", "tails", "watched")

    def __init__(self, key: Hashable, watched: Watched, role_bit: int) -> None:
        self.key = key
        self.watched = watched
        self.role_bit = role_bit
        self.count = 0
        self.by_subject: dict[int, dict[Watcher, None]] = {}
        self.of_all: dict[Watcher, None] = {}
        self.tails: dict[int, bytes] = {}

    def add(self, watcher: Watcher, interest: StateInterest) -> None:
        self.count += 1
        if interest.subjects is None:
            self.of_all[watcher] = None
        for subject in interest.subjects or ():
            self.by_subject.setdefault(subject, {})[watcher] = None

    def remove(self, watcher: Watcher, interest: StateInterest) -> None:
        self.count -= 1
        if interest.subjects is None:
            del self.of_all[watcher]
        for subject in interest.subjects or ():
            del self.by_subject[subject][watcher]
            if not self.by_subject[subject]:
                del self.by_subject[subject]

    def of(self, subject: int) -> list[Watcher]:
        """Those who watch the subject."""
        return [*self.of_all, *self.by_subject.get(subject, ())]


class States:
    """All state subscriptions of a process, to one source."""

    def __init__(self, source: StateSource, counters: Counters) -> None:
        self._source = source
        self._counters = counters
        self._groups: dict[Hashable, StateGroup] = {}
        self._stop_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._stop_listening = self._source.listen(self._changed)

    def close(self) -> None:
        self._stop_listening()

    def enter(self, watcher: Watcher, watched: Watched, role_bit: int) -> None:
        """Serve `watcher`: the state now of every subject that it wants, then each change."""
        group = self._groups.get(watched.key)
        if group is None:
            group = self._groups[watched.key] = StateGroup(watched.key, watched, role_bit)
        interest = watched.interest
        watcher.group, watcher.interest = group, interest
        group.add(watcher, interest)
        self._counters.subscriptions_by_topic[interest.topic] += 1
        self._counters.state_groups = len(self._groups)
        watcher.missed = {s: None for s in self._source.subjects(role_bit) if interest.wants(s)}
        self.catch_up(watcher)

    def exit(self, watcher: Watcher) -> None:
        """`watcher` wants no more, or not now. Harmless when it is not being served."""
        group, interest = watcher.group, watcher.interest
        if group is None or interest is None:
            return
        watcher.missed, watcher.group, watcher.interest = {}, None, None
        group.remove(watcher, interest)
        self._counters.subscriptions_by_topic[interest.topic] -= 1
        if not group.count:
            del self._groups[group.key]
        self._counters.state_groups = len(self._groups)

    def catch_up(self, watcher: Watcher) -> None:
        """Hand over what it has missed, as far as its socket takes it."""
        group = watcher.group
        if group is None:
            return
        for _ in range(min(TURN_STATES, len(watcher.missed))):
            subject = next(iter(watcher.missed))
            if not self._give(watcher, group, subject):
                return  # the socket calls again when it is free
            if watcher.group is not group:
                return  # it has failed meanwhile
            del watcher.missed[subject]
        if watcher.missed:
            asyncio.get_running_loop().call_soon(self.catch_up, watcher)

    def _changed(self, subject: int, roles: int) -> None:
        """The source has a new state. It is rendered when somebody takes it."""
        for group in tuple(self._groups.values()):
            try:
                self._offer(group, subject, roles)
            except Exception:  # it costs the other groups nothing
                logger.exception("a state could not be handed on")

    def _offer(self, group: StateGroup, subject: int, roles: int) -> None:
        if not roles & group.role_bit:
            return
        group.tails.pop(subject, None)
        for watcher in group.of(subject):
            if watcher.missed or not self._give(watcher, group, subject):
                watcher.missed[subject] = None

    def _give(self, watcher: Watcher, group: StateGroup, subject: int) -> bool:
        """Hand over a subject's newest state; whether there was room for it."""
        try:
            tail = self._tail(group, subject)
        except Exception as error:
            watcher.fail(error)
            return True
        if not watcher.outbox.put_parts(watcher.head, tail):
            return False
        self._counters.deliveries += 1
        self._counters.bytes_sent += len(tail)
        return True

    def _tail(self, group: StateGroup, subject: int) -> bytes:
        known = group.tails.get(subject)
        if known is None:
            text = group.watched.render(self._source.state(subject, group.role_bit), "")
            assert isinstance(text, str), "a state has no field that must be fetched"
            known = group.tails[subject] = tail_of(text)
            if len(group.tails) > TAILS_MAX:
                del group.tails[next(iter(group.tails))]
        return known
