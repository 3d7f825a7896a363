"""The log of events: appended by the writer, read by the hub and by resuming clients.

Positions are dense (1, 2, 3 …) and in commit order, because every writing transaction takes
the head row first (`Log.take_head`) and only then gives out positions.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql_api.database.connection import Connection, Row
from graphql_api.database.marks import Marks
from graphql_api.database.writer import Transaction, Writer
from graphql_api.errors import CursorTooOld, EpochChanged
from graphql_api.events.cursor import Cursor
from graphql_api.kernel.codec import Damaged, Fact, Kind, State, WrittenByNewer

logger = logging.getLogger(__name__)

EPOCH_BYTES = 8
FIRST_ID = 1_001  # ids below are for rows that come with the database
PAGE_MAX = 500  # events in one read: about 250 KB

# What an event's payload is stored as, by topic and kind.
Facts = Mapping[tuple[str, str], Kind[Any]]

# Of a topic or kind that is not known here: nobody subscribes to it.
_OTHER: Kind[dict[str, Any]] = Kind("event", dict[str, Any])

_COLUMNS = "position, topic, kind, subject, roles, user_id, recorded_at, payload"


@dataclass(slots=True, eq=False)
class Event:
    """A fact. `payload` is the state right after it, in the form that `Facts` has for its topic
    and kind, and is not changed any more; Unreadable for a stored one that cannot be read.

    roles: bit mask of the roles that may see it; user_id: the one user who may, or None.
    A roles mask of 0 with no user is for the servers themselves, never for a client.
    """

    topic: str
    kind: str
    subject: int | None
    roles: int
    user_id: int | None
    payload: Any
    position: int = 0
    recorded_at_us: int = 0
    size: int = 0  # bytes of the payload as JSON, once stored or read
    is_part: bool = False  # of something long, which is told at its end; for reactors, not stored
    keeps_audience: bool = False  # who may see its subject is as before; for reactors, not stored


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands. floor: newest deleted position, 0 when none was."""

    epoch: str
    position: int
    floor: int
    witness_us: int

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.position, self.witness_us)


@dataclass(slots=True)
class LogEntry:
    """One transaction's share of the log, while its commands run."""

    head: Head
    last_id: int
    now_us: int
    marks: Marks = field(default_factory=lambda: Marks(None))
    events: list[Event] = field(default_factory=list)

    def append(self, event: Event) -> Event:
        """Give `event` the next position. It counts once the transaction has committed."""
        event.position = self.head.position + len(self.events) + 1
        event.recorded_at_us = self.now_us
        self.events.append(event)
        return event

    def cursor_of(self, event: Event) -> Cursor:
        return Cursor(self.head.epoch, event.position, event.recorded_at_us)

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def mark(self) -> tuple[int, int]:
        return len(self.events), self.last_id

    def rewind(self, mark: tuple[int, int]) -> None:
        count, self.last_id = mark
        del self.events[count:]


class Log:
    """Reads and writes the log. `reading` serves the reads."""

    def __init__(self, reading: Connection, facts: Facts) -> None:
        self._reading = reading
        self._facts = facts
        self._to_check: list[tuple[Cursor, asyncio.Future[Head]]] = []
        self._checking: asyncio.Task[None] | None = None

    async def create(self, connection: Connection) -> None:
        """Give an empty database its head, with a new epoch. Harmless when it has one."""
        await connection.change(
            "INSERT INTO log_head (id, epoch, position, floor, last_id, recorded_at) "
            "VALUES (1, ?, 0, 0, ?, 0) ON CONFLICT (id) DO NOTHING",
            new_epoch(),
            FIRST_ID - 1,
        )

    async def take_head(self, connection: Connection, now_us: int) -> LogEntry:
        """Lock the head for this transaction. The clock may jump; recorded_at never goes back."""
        row = await connection.row(
            "UPDATE log_head SET position = position WHERE id = 1 "
            "RETURNING epoch, position, floor, recorded_at, last_id, marks"
        )
        assert row is not None, "the database has no log head: it was not migrated"
        head = Head(row["epoch"], row["position"], row["floor"], row["recorded_at"])
        return LogEntry(head, row["last_id"], max(now_us, head.witness_us), Marks(row["marks"]))

    async def store(self, connection: Connection, entry: LogEntry) -> None:
        """Write the entry's events and move the head."""
        rows = []
        for event in entry.events:
            text = self._kind_to_store(event).encode(event.payload)
            event.size = len(text)
            rows.append(
                (
                    event.position,
                    event.topic,
                    event.kind,
                    event.subject,
                    event.roles,
                    event.user_id,
                    event.recorded_at_us,
                    text,
                )
            )
        await connection.change_many(
            f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        await connection.change(
            "UPDATE log_head SET position = ?, last_id = ?, recorded_at = ?, marks = ? "
            "WHERE id = 1",
            entry.head.position + len(entry.events),
            entry.last_id,
            entry.now_us if entry.events else entry.head.witness_us,
            entry.marks.text(),
        )

    def _kind_to_store(self, event: Event) -> Kind[Any]:
        kind = self._facts.get((event.topic, event.kind))
        if kind is None:
            # It would be told live as it is, and be another thing to whoever reads it from the log.
            assert not isinstance(event.payload, Fact | State), (
                f"no FACTS of a noun have {event.topic} {event.kind}"
            )
            return _OTHER
        return kind

    async def head(self) -> Head:
        """Where the log stands now, over all processes."""
        row = await self._reading.row(
            "SELECT epoch, position, floor, recorded_at FROM log_head WHERE id = 1"
        )
        assert row is not None, "the database has no log head: it was not migrated"
        return Head(row["epoch"], row["position"], row["floor"], row["recorded_at"])

    async def page(self, after: int, up_to: int, limit: int = PAGE_MAX) -> list[Event]:
        """Events with `after` < position <= `up_to`, in order, at most `limit` of them."""
        rows = await self._reading.rows(
            f"SELECT {_COLUMNS} FROM event WHERE position > ? AND position <= ? "
            "ORDER BY position LIMIT ?",
            after,
            up_to,
            limit,
        )
        return [self._event(row) for row in rows]

    def _event(self, row: Row) -> Event:
        position, topic, kind, subject, roles, user_id, recorded_at, text = row
        try:
            payload = self._facts.get((topic, kind), _OTHER).decode(text)
        except (Damaged, WrittenByNewer) as error:
            logger.error("the event at position %d cannot be read: %s", position, error)
            payload = Unreadable(error)
        return Event(
            topic, kind, subject, roles, user_id, payload, position, recorded_at, len(text)
        )

    async def check_cursor(self, cursor: Cursor) -> Head:
        """The head, if every event after `cursor` is still there to be had.

        Raises EpochChanged or CursorTooOld. A cursor beyond the head, or whose witness is not
        what stands at its position, comes from another history of this database.

        Thousands may come back at once: those who ask while others are being checked are checked
        together, with two reads for all of them.
        """
        checked: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._to_check.append((cursor, checked))
        if self._checking is None:
            self._checking = asyncio.create_task(self._check_all(), name="cursor check")
        return await checked

    async def _check_all(self) -> None:
        try:
            await self._check_those_who_wait()
        finally:
            self._checking = None
            for _, checked in self._to_check:  # only after a fault of ours, or while closing
                checked.cancel()
            self._to_check = []

    async def _check_those_who_wait(self) -> None:
        while self._to_check:
            waiting, self._to_check = self._to_check, []
            try:
                head = await self.head()
                positions = {cursor.position for cursor, _ in waiting}
                witnesses = await self._witnesses(
                    [n for n in positions if head.floor < n <= head.position]
                )
                verdicts = [_verdict(cursor, head, witnesses) for cursor, _ in waiting]
            except Exception as error:
                verdicts = [error] * len(waiting)
            for (_, checked), fault in zip(waiting, verdicts, strict=True):
                if checked.done():  # its caller has gone
                    continue
                if fault is None:
                    checked.set_result(head)
                else:
                    checked.set_exception(fault)

    async def _witnesses(self, positions: Sequence[int]) -> dict[int, int]:
        """Position → recorded_at_us, of the events that there are."""
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            "SELECT position, recorded_at FROM event WHERE " + dialect.one_of("position", "bigint"),
            dialect.array(positions),
        )
        return {row["position"]: row["recorded_at"] for row in rows}


def _verdict(cursor: Cursor, head: Head, witnesses: Mapping[int, int]) -> Exception | None:
    """What is wrong with going on after `cursor`, if anything."""
    if cursor.epoch != head.epoch or cursor.position > head.position:
        return EpochChanged(ANOTHER_LOG)
    if cursor.position < head.floor:
        return CursorTooOld(
            "Events after this cursor were deleted by retention. "
            "Query the data afresh with syncCursor, then subscribe after it."
        )
    witness_us = witnesses.get(cursor.position) if cursor.position > head.floor else None
    if witness_us is not None and witness_us != cursor.witness_us:
        return EpochChanged(ANOTHER_LOG)
    return None


ANOTHER_LOG = (
    "This cursor belongs to another log (the database was replaced or restored). "
    "Query the data afresh with syncCursor, then subscribe after it."
)


LogTransaction = Transaction[LogEntry]
LogWriter = Writer[LogEntry]


def new_epoch() -> str:
    """The identity of a new log."""
    return secrets.token_hex(EPOCH_BYTES)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The payload of a stored event that cannot be read: no state at all. Who must hand the event
    on says that it cannot be had, and never skips it."""

    why: Damaged | WrittenByNewer
