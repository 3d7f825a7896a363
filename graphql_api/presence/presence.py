"""Who is where: a state machine without input or output, on a clock that is handed in.

An entry says that one connection or session (its `key`) is at one item. A user's entries at an
item make one participant, whose strongest activity counts. An entry lives as long as its
heartbeats come; when its key leaves (a closed socket, another item) it is shown a little longer,
so that a reconnect does not flicker.

Entries of other processes come as reports, entry by entry, each with a version that rises with
every change anywhere (a hybrid logical clock). So lost, doubled or reordered reports do no harm:
the newest version wins, and a heartbeat says everything again.

Callers change entries (`enter`, `leave`, `hear`, …) and then ask `look` which items have a new
state to be told; `due_s` says when to look again though nothing happens.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from graphql_api.clock import SECOND_US, Clock
from graphql_api.errors import LimitExceeded
from graphql_api.presence.entries import (
    TYPING_S,
    Activity,
    Entry,
    EntryIndex,
    Person,
    by_heartbeat,
    by_leaving,
    by_version,
    entry_of,
)
from graphql_api.presence.reports import Report

HEARTBEAT_S = 15.0  # how often a client says that it is still there
TYPING_CHANGE_S = 3.0  # a participant's typing is told as changed at most so often
TELL_S = 0.1  # an item's state is told at most so often: changes in between become one
PARTICIPANTS_MAX = 100  # told of an item: beyond it those who only look, the latest first, are not
ENTRIES_OF_USER_MAX = 50  # beyond it the user's oldest entry goes
LEAVING_MAX = 4  # of one key: who flips through items leaves no longer a trace


@dataclass(frozen=True, slots=True)
class Participant:
    """A user at an item. since_us: since when without a break."""

    user_id: int
    name: str
    activity: Activity
    typing: bool
    since_us: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has an item's edit lease, until expires_at_us."""

    user_id: int
    name: str
    session_id: int
    expires_at_us: int


@dataclass(frozen=True, slots=True)
class ItemState:
    """All that is told of one item. at_us: rises with every state of this process."""

    item_id: int
    participants: tuple[Participant, ...]
    holder: Holder | None
    at_us: int


@dataclass(slots=True)
class _Item:
    """What is known of one item. told: what was told last, with the roles it was told to."""

    entries: dict[str, Entry] = field(default_factory=dict)
    holder: Holder | None = None
    holder_until_s: float = -math.inf
    typing: dict[int, tuple[bool, float]] = field(default_factory=dict)  # shown, changed when
    since_us: dict[int, int] = field(default_factory=dict)  # by user, as shown
    told: tuple[tuple[Participant, ...], Holder | None, int] = ((), None, 0)
    told_s: float = -math.inf
    due_s: float = math.inf


class Presence:
    """All entries and leases that this process knows of."""

    def __init__(self, clock: Clock, roles: Callable[[int], int], entries_max: int) -> None:
        """roles: which roles may see an item, as a mask; 0 while that is not known."""
        self._clock = clock
        self._roles = roles
        self._entries_max = entries_max
        self._items: dict[int, _Item] = {}
        self.entries = EntryIndex()
        self.holders: dict[int, Holder] = {}  # of edit leases, by item, as far as is known
        self._dirty: set[int] = set()
        self._due: list[tuple[float, int]] = []  # a heap; what is not its item's due_s is stale
        self._version = 0
        self._at_us = 0

    # What happens

    def enter(
        self, key: str, person: Person, item_id: int, activity: Activity, is_typing: bool
    ) -> list[Entry]:
        """`key` is at this item now, and leaves any other; again as a heartbeat.

        Returns the entries of which other processes should be told. Raises LimitExceeded.
        """
        now_s = self._clock.monotonic_s()
        known = self.entries.find(key, item_id)
        if known is None and len(self.entries) >= self._entries_max:
            raise LimitExceeded("Too many people are here: presence is not kept of more.")
        news = self.leave(key, but=item_id)
        typing_until_s = now_s + TYPING_S if is_typing else -math.inf
        is_new = (
            known is None
            or known.left_s is not None
            or known.activity is not activity
            or known.person != person
            or known.is_typing(now_s) is not is_typing
        )
        entry = Entry(
            key,
            item_id,
            person,
            activity,
            typing_until_s,
            self._since_us(item_id, person.user_id),
            self._next_version(),
            now_s,
            None,
            is_ours=True,
            reported_s=-math.inf if known is None else known.reported_s,
        )
        self._keep(entry)
        # A client that says the same again and again is passed on as often as that is needed.
        again_s = TYPING_CHANGE_S - 1 if is_typing else HEARTBEAT_S - 5
        if is_new or now_s - entry.reported_s >= again_s:
            entry.reported_s = now_s
            news.append(entry)
        return news

    def leave(self, key: str, but: int | None = None) -> list[Entry]:
        """`key` is nowhere any more, but for the item `but`. Returns as `enter`."""
        now_s = self._clock.monotonic_s()
        left = []
        for entry in self.entries.of_key(key):
            if entry.item_id != but and entry.left_s is None:
                entry.left_s, entry.version, entry.is_ours = now_s, self._next_version(), True
                left.append(entry)
                self._touch(entry)
        gone = [e for e in self.entries.of_key(key) if e.left_s is not None]
        for entry in sorted(gone, key=by_leaving)[:-LEAVING_MAX]:
            self._drop(entry)
        return left

    def hear(self, report: Report) -> Entry | None:
        """Another process reports an entry (Entry.report): the entry, if that is news.

        Raises ValueError when it cannot be.
        """
        now_s = self._clock.monotonic_s()
        entry = entry_of(report, now_s)
        self._version = max(self._version, entry.version)
        known = self.entries.find(entry.key, entry.item_id)
        if known is None and (len(self.entries) >= self._entries_max or entry.ends_s() <= now_s):
            return None
        if known is not None and known.version >= entry.version:
            return None
        self._keep(entry)
        return entry

    def forget(self, entries: Iterable[Entry]) -> None:
        """Drop these at once: a session ended, an item is gone."""
        for entry in entries:
            self._drop(entry)

    def weaken(self, entry: Entry) -> None:
        """Its session may look but not edit any more."""
        entry.activity, entry.version = Activity.VIEWING, self._next_version()
        self._touch(entry)

    def grant(self, item_id: int, holder: Holder | None) -> None:
        """The item's edit lease, as the database has it; None: nobody's."""
        if holder is None and item_id not in self._items:
            return
        item = self._items.setdefault(item_id, _Item())
        item.holder = holder
        self.holders.pop(item_id, None)
        if holder is not None:
            self.holders[item_id] = holder
            left_us = holder.expires_at_us - self._clock.now_us()
            item.holder_until_s = self._clock.monotonic_s() + left_us / SECOND_US
        self._dirty.add(item_id)

    def touch(self, item_id: int) -> None:
        """Who may see the item has changed."""
        if item_id in self._items:
            self._dirty.add(item_id)

    # What comes of it

    def look(self) -> list[tuple[int, int]]:
        """The items whose state changed since they were looked at last, each with the mask of
        the roles that may learn of it."""
        now_s = self._clock.monotonic_s()
        while self._due and self._due[0][0] <= now_s:
            due_s, item_id = heapq.heappop(self._due)
            item = self._items.get(item_id)
            if item is not None and item.due_s == due_s:
                item.due_s = math.inf
                self._dirty.add(item_id)
        dirty, self._dirty = self._dirty, set()
        changes = []
        for item_id in sorted(dirty):
            roles = self._look_at(item_id, now_s)
            if roles:
                changes.append((item_id, roles))
        return changes

    def due_s(self) -> float:
        """When, on the monotonic clock, to look again; infinite: when something happens."""
        if self._dirty:
            return self._clock.monotonic_s()
        while self._due:
            due_s, item_id = self._due[0]
            item = self._items.get(item_id)
            if item is not None and item.due_s == due_s:
                return due_s
            heapq.heappop(self._due)
        return math.inf

    def items(self) -> list[int]:
        """The items that have any state."""
        return list(self._items)

    def roles_told(self, item_id: int) -> int:
        """Which roles may see that anybody is there; 0: nobody is."""
        item = self._items.get(item_id)
        return self._roles(item_id) if item is not None and (item.entries or item.holder) else 0

    def state(self, item_id: int, role_bit: int) -> ItemState:
        """The whole state now, as a role may see it; empty when it may not, or nobody is there."""
        item = self._items.get(item_id)
        self._at_us = max(self._at_us + 1, self._clock.now_us())
        if item is None or not self._roles(item_id) & role_bit:
            return ItemState(item_id, (), None, self._at_us)
        now_s = self._clock.monotonic_s()
        holder = item.holder if now_s < item.holder_until_s else None
        return ItemState(item_id, self._participants(item, item_id, now_s), holder, self._at_us)

    def ours(self) -> list[Entry]:
        """Those that were said to this process."""
        return [entry for entry in self.entries if entry.is_ours]

    def at(self, item_id: int) -> list[Entry]:
        item = self._items.get(item_id)
        return [] if item is None else list(item.entries.values())

    def reports(self, entries: Iterable[Entry]) -> list[Report]:
        """The entries as other processes are told of them now."""
        now_s = self._clock.monotonic_s()
        return [entry.report(now_s) for entry in entries]

    # How it is kept

    def _since_us(self, item_id: int, user_id: int) -> int:
        item = self._items.get(item_id)
        known = None if item is None else item.since_us.get(user_id)
        return self._clock.now_us() if known is None else known

    def _next_version(self) -> int:
        # Beyond what a process that was here before may have given out, too.
        self._version = max(self._version + 1, self._clock.now_us())
        return self._version

    def _keep(self, entry: Entry) -> None:
        """Put an entry in place of the one before it."""
        known = self.entries.find(entry.key, entry.item_id)
        if known is not None:
            self._drop(known)
        person = entry.person
        self.entries.add(entry)
        item = self._items.setdefault(entry.item_id, _Item())
        item.entries[entry.key] = entry
        item.since_us.setdefault(person.user_id, entry.since_us)
        self._touch(entry)
        of_user = self.entries.of_user(person.user_id)
        if len(of_user) > ENTRIES_OF_USER_MAX:
            self._drop(min(of_user, key=by_heartbeat))

    def _drop(self, entry: Entry) -> None:
        del self._items[entry.item_id].entries[entry.key]
        self.entries.remove(entry)
        self._dirty.add(entry.item_id)

    def _touch(self, entry: Entry) -> None:
        self._dirty.add(entry.item_id)

    def _look_at(self, item_id: int, now_s: float) -> int:
        """Bring an item up to date: which roles may learn of a change; 0: there is none."""
        item = self._items.get(item_id)
        if item is None:
            return 0
        for entry in [e for e in item.entries.values() if e.ends_s() <= now_s]:
            self._drop(entry)
        self._dirty.discard(item_id)
        if item.holder is not None and now_s >= item.holder_until_s:
            item.holder = None
            self.holders.pop(item_id, None)
        if now_s < item.told_s + TELL_S:
            self._wake(item_id, item, item.told_s + TELL_S)
            return 0
        participants = self._participants(item, item_id, now_s)
        roles = self._roles(item_id)
        before = item.told
        item.told = (participants, item.holder, roles) if roles else ((), None, 0)
        self._wake_when_it_changes(item_id, item, now_s)
        if not item.entries and item.holder is None:
            del self._items[item_id]
        if item.told == before:
            return 0
        item.told_s = now_s
        return roles | before[2]

    def _participants(self, item: _Item, item_id: int, now_s: float) -> tuple[Participant, ...]:
        by_user: dict[int, list[Entry]] = {}
        for entry in item.entries.values():
            if entry.ends_s() > now_s:
                by_user.setdefault(entry.person.user_id, []).append(entry)
        for memory in (item.typing, item.since_us):
            for user_id in [user for user in memory if user not in by_user]:
                del memory[user_id]
        people = [self._participant(item, item_id, some, now_s) for some in by_user.values()]
        people.sort(key=_by_arrival)
        if len(people) > PARTICIPANTS_MAX:
            people.sort(key=lambda one: one.activity is not Activity.EDITING)
            people = sorted(people[:PARTICIPANTS_MAX], key=_by_arrival)
        return tuple(people)

    def _participant(
        self, item: _Item, item_id: int, entries: list[Entry], now_s: float
    ) -> Participant:
        """One user, out of all entries of theirs at the item."""
        newest = max(entries, key=by_version)
        user_id = newest.person.user_id
        since_us = min(item.since_us.get(user_id, newest.since_us), *(e.since_us for e in entries))
        item.since_us[user_id] = since_us
        return Participant(
            user_id,
            newest.person.name,
            Activity.EDITING
            if any(entry.activity is Activity.EDITING for entry in entries)
            else Activity.VIEWING,
            self._typing(item, item_id, user_id, any(e.is_typing(now_s) for e in entries), now_s),
            since_us,
        )

    def _typing(
        self, item: _Item, item_id: int, user_id: int, is_typing: bool, now_s: float
    ) -> bool:
        """Whether they are shown as typing: what is shown stays so for TYPING_CHANGE_S."""
        shown, changed_s = item.typing.get(user_id, (False, -math.inf))
        if shown is is_typing:
            return shown
        if now_s < changed_s + TYPING_CHANGE_S:
            self._wake(item_id, item, changed_s + TYPING_CHANGE_S)
            return shown
        item.typing[user_id] = (is_typing, now_s)
        return is_typing

    def _wake_when_it_changes(self, item_id: int, item: _Item, now_s: float) -> None:
        """Look at the item again when the next of its entries or signals ends."""
        moments = [entry.ends_s() for entry in item.entries.values()]
        moments += [
            entry.typing_until_s for entry in item.entries.values() if entry.typing_until_s > now_s
        ]
        if item.holder is not None:
            moments.append(item.holder_until_s)
        if moments:
            self._wake(item_id, item, min(moments))

    def _wake(self, item_id: int, item: _Item, at_s: float) -> None:
        if at_s < item.due_s:
            item.due_s = at_s
            heapq.heappush(self._due, (at_s, item_id))


def _by_arrival(one: Participant) -> tuple[int, int]:
    return one.since_us, one.user_id
