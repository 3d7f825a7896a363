"""Retention: deletes old events, and moves the log's floor in the same transaction.

The floor is what tells a sleeping client that its cursor is too old, so the two can never
disagree. Movements, alerts and keys are not events: they stay.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from graphql_api.clock import DAY_US, Clock
from graphql_api.database.writer import single
from graphql_api.events.log import LogTransaction, LogWriter

EVENTS_PER_TRANSACTION = 5_000  # about 50 ms, so that no command waits longer


@dataclass(frozen=True, slots=True)
class Trim:
    """A command: delete some of what is older."""

    older_than_us: int


class Trimming(ABC):
    """Deletes what is older than `days`, in bounded transactions. Called by the scheduler."""

    def __init__(self, writer: LogWriter, clock: Clock, days: int) -> None:
        self._writer = writer
        self._clock = clock
        self._keep_us = days * DAY_US
        self._trim = single(self._trim_some)

    async def run(self) -> int:
        """Delete all that is too old; how many rows it were."""
        deleted = 0
        command = Trim(self._clock.now_us() - self._keep_us)
        while some := await self._writer.submit(self._trim, command):
            deleted += some
        return deleted

    @abstractmethod
    async def _trim_some(self, transaction: LogTransaction, command: Trim) -> int:
        """Delete the oldest of them; how many. 0: no more are too old."""


class Retention(Trimming):
    """Deletes events."""

    async def _trim_some(self, transaction: LogTransaction, command: Trim) -> int:
        connection = transaction.connection
        floor = transaction.entry.head.floor
        row = await connection.row(
            "SELECT max(position) FROM (SELECT position, recorded_at FROM event "
            "WHERE position > ? ORDER BY position LIMIT ?) oldest WHERE recorded_at < ?",
            floor,
            EVENTS_PER_TRANSACTION,
            command.older_than_us,
        )
        new_floor = row[0] if row is not None else None
        if new_floor is None:
            return 0
        deleted = await connection.change("DELETE FROM event WHERE position <= ?", new_floor)
        await connection.change("UPDATE log_head SET floor = ? WHERE id = 1", new_floor)
        return deleted
