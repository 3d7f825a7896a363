"""Retention of sessions: deletes those that ended or expired, with their refresh tokens, and the
used tokens of those that go on. Called by the monitoring job.

A used token is kept for as long as an unused one is good: in that time its second use still ends
its session. One that is deleted is as worthless as any that was never given out.
"""

from __future__ import annotations

from graphql_api.events.log import LogTransaction
from graphql_api.events.retention import Trim, Trimming

ROWS_PER_TRANSACTION = 1_000  # a few ms each time
DAYS = 7  # beyond its end, for who wants to know who was signed in

# Each condition by an index of its own: the writer waits for these every few minutes.
OLD_SESSIONS = "SELECT id FROM session WHERE ended_at < ? OR expires_at < ? LIMIT ?"
OLD_TOKENS = "SELECT token_hash FROM refresh_token WHERE used_at < ? LIMIT ?"


class SessionRetention(Trimming):
    """Deletes sessions whose end is too old."""

    async def _trim_some(self, transaction: LogTransaction, command: Trim) -> int:
        connection = transaction.connection
        rows = await connection.rows(
            OLD_SESSIONS,
            command.older_than_us,
            command.older_than_us,
            ROWS_PER_TRANSACTION,
        )
        if not rows:
            return 0
        ids = connection.dialect.array([row["id"] for row in rows])
        for table, column in (("refresh_token", "session_id"), ("session", "id")):
            one_of = connection.dialect.one_of(column, "bigint")
            await connection.change(f"DELETE FROM {table} WHERE {one_of}", ids)
        return len(rows)


class RefreshTokenRetention(Trimming):
    """Deletes refresh tokens that were used too long ago, of sessions that live on."""

    async def _trim_some(self, transaction: LogTransaction, command: Trim) -> int:
        connection = transaction.connection
        rows = await connection.rows(
            OLD_TOKENS,
            command.older_than_us,
            ROWS_PER_TRANSACTION,
        )
        if not rows:
            return 0
        return await connection.change(
            "DELETE FROM refresh_token WHERE " + connection.dialect.one_of("token_hash", "text"),
            connection.dialect.array([row["token_hash"] for row in rows]),
        )
