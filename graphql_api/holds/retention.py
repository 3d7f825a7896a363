"""Retention of holds: deletes those that ended long ago. Called by the monitoring job.

What was sold by one stays in the ledger, under the hold's reference.
"""

from __future__ import annotations

from graphql_api.events.log import LogTransaction
from graphql_api.events.retention import Trim, Trimming

HOLDS_PER_TRANSACTION = 200  # with their lines: at most 20,000 rows, mostly some hundred


class HoldRetention(Trimming):
    """Deletes ended holds, with their lines."""

    async def _trim_some(self, transaction: LogTransaction, command: Trim) -> int:
        connection = transaction.connection
        rows = await connection.rows(
            "SELECT id FROM hold WHERE ended_at < ? ORDER BY ended_at, id LIMIT ?",
            command.older_than_us,
            HOLDS_PER_TRANSACTION,
        )
        if not rows:
            return 0
        ids = connection.dialect.array([row[0] for row in rows])
        for table, column in (("hold_line", "hold_id"), ("hold", "id")):
            await connection.change(
                f"DELETE FROM {table} WHERE " + connection.dialect.one_of(column, "bigint"), ids
            )
        return len(rows)
