"""Retention of notifications: deletes old ones, read or not. Called by the monitoring job."""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api.clock import DAY_US, Clock
from graphql_api.database.writer import single
from graphql_api.events.log import LogTransaction, LogWriter

NOTIFICATIONS_PER_TRANSACTION = 1_000  # with what was read of them: a few ms each time


@dataclass(frozen=True, slots=True)
class _Trim:
    older_than_us: int


class NotificationRetention:
    """Deletes notifications older than `days`, with their marks of reading."""

    def __init__(self, writer: LogWriter, clock: Clock, days: int) -> None:
        self._writer = writer
        self._clock = clock
        self._keep_us = days * DAY_US
        self._trim = single(self._trim_some)

    async def run(self) -> int:
        """Delete all that is too old, in bounded transactions; how many notifications."""
        deleted = 0
        command = _Trim(self._clock.now_us() - self._keep_us)
        while some := await self._writer.submit(self._trim, command):
            deleted += some
        return deleted

    async def _trim_some(self, transaction: LogTransaction, command: _Trim) -> int:
        """Ids rise with time, so the oldest are the first of the primary key."""
        connection = transaction.connection
        row = await connection.row(
            "SELECT max(id) FROM (SELECT id, created_at FROM notification ORDER BY id LIMIT ?) "
            "oldest WHERE created_at < ?",
            NOTIFICATIONS_PER_TRANSACTION,
            command.older_than_us,
        )
        last = row[0] if row is not None else None
        if last is None:
            return 0
        await connection.change("DELETE FROM notification_read WHERE notification_id <= ?", last)
        await connection.change("DELETE FROM notification_mark WHERE up_to <= ?", last)
        return await connection.change("DELETE FROM notification WHERE id <= ?", last)
