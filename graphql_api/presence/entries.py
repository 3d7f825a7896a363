"""What is known of one key at one item, and all such entries by what they are asked for.

No input or output; moments are on the monotonic clock of whoever holds them (presence.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api.clock import DAY_US
from graphql_api.presence.reports import Report

GONE_S = 45.0  # three heartbeats: two may get lost
LEAVE_S = 5.0  # how long one who left is still shown: a reconnect takes 1 to 3 s
TYPING_S = 5.0  # a typing signal lasts so long, unless it comes again


class Activity(Enum):
    """What somebody does at an item."""

    VIEWING = "VIEWING"
    EDITING = "EDITING"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose entry it is: the user, by name, and the session that ends it when it ends."""

    user_id: int
    name: str
    session_id: int


@dataclass(slots=True)
class Entry:
    """That a key is at an item. left_s: when it left; None while it is there."""

    key: str
    item_id: int
    person: Person
    activity: Activity
    typing_until_s: float
    since_us: int
    version: int
    seen_s: float
    left_s: float | None
    is_ours: bool
    reported_s: float = -math.inf

    def ends_s(self) -> float:
        """When it is not shown any more, if nothing is heard of it."""
        gone_s = self.seen_s + GONE_S
        return gone_s if self.left_s is None else min(gone_s, self.left_s + LEAVE_S)

    def is_typing(self, now_s: float) -> bool:
        return self.left_s is None and now_s < self.typing_until_s

    def report(self, now_s: float) -> Report:
        """As other processes are told; moments as seconds before now. See `hear`."""
        return Report(
            self.key,
            self.version,
            self.person.user_id,
            self.person.name,
            self.person.session_id,
            self.item_id,
            self.activity.value,
            round(max(0.0, self.typing_until_s - now_s), 2),
            self.since_us,
            round(now_s - self.seen_s, 2),
            None if self.left_s is None else round(now_s - self.left_s, 2),
        )


class EntryIndex:
    """All entries that a process knows of, also of other processes, also those that have left."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[int, Entry]] = {}
        self._by_user: dict[int, dict[tuple[str, int], Entry]] = {}
        self._by_session: dict[int, dict[tuple[str, int], Entry]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        return (entry for of_key in self._by_key.values() for entry in of_key.values())

    def find(self, key: str, item_id: int) -> Entry | None:
        return self._by_key.get(key, {}).get(item_id)

    def of_key(self, key: str) -> list[Entry]:
        return list(self._by_key.get(key, {}).values())

    def of_user(self, user_id: int) -> list[Entry]:
        return list(self._by_user.get(user_id, {}).values())

    def of_session(self, session_id: int) -> list[Entry]:
        return list(self._by_session.get(session_id, {}).values())

    def add(self, entry: Entry) -> None:
        """Keep an entry where there is none."""
        person, place = entry.person, (entry.key, entry.item_id)
        self._by_key.setdefault(entry.key, {})[entry.item_id] = entry
        self._by_user.setdefault(person.user_id, {})[place] = entry
        self._by_session.setdefault(person.session_id, {})[place] = entry
        self._count += 1

    def remove(self, entry: Entry) -> None:
        person, place = entry.person, (entry.key, entry.item_id)
        _remove(self._by_key, entry.key, entry.item_id)
        _remove(self._by_user, person.user_id, place)
        _remove(self._by_session, person.session_id, place)
        self._count -= 1


def _remove(index: dict[Any, dict[Any, Entry]], group: Any, place: Any) -> None:
    """Take an entry out of an index; a group without entries goes with it."""
    del index[group][place]
    if not index[group]:
        del index[group]


def entry_of(report: Report, now_s: float) -> Entry:
    """The entry that another process reported. Raises ValueError."""
    if not 0 <= report.since_us < DAY_US * 1_000_000:  # before the year 4700
        raise ValueError("since when is a moment")
    typing_s = min(report.typing_s, TYPING_S)
    left_s = report.left_s
    return Entry(
        report.key,
        report.item_id,
        Person(report.user_id, report.name, report.session_id),
        Activity(report.activity),
        now_s + typing_s if typing_s > 0 else -math.inf,
        report.since_us,
        report.version,
        now_s - max(0.0, report.seen_s),
        None if left_s is None else now_s - max(0.0, left_s),
        is_ours=False,
    )


def by_leaving(entry: Entry) -> tuple[float, int]:
    return entry.left_s or 0.0, entry.version


def by_heartbeat(entry: Entry) -> tuple[float, int]:
    return entry.seen_s, entry.version


def by_version(entry: Entry) -> int:
    return entry.version
