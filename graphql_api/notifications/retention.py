"""Retention of notifications: deletes old ones, read or not. Called by the monitoring job."""

from __future__ import annotations

from graphql_api.events.log import LogTransaction
from graphql_api.events.retention import Trim, Trimming

NOTIFICATIONS_PER_TRANSACTION = 1_000  # with what was read of them: a few ms each time


class NotificationRetention(Trimming):
    """Deletes notifications, with their marks of reading."""

    async def _trim_some(self, transaction: LogTransaction, command: Trim) -> int:
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
        for table in ("notification_item", "notification_go"):
            await connection.change(f"DELETE FROM {table} WHERE notification_id <= ?", last)
        await connection.change("DELETE FROM notification_mark WHERE up_to <= ?", last)
        return await connection.change("DELETE FROM notification WHERE id <= ?", last)
