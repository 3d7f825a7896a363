"""What goes of imports: files that nobody took over, and the runs of servers that are gone.

Called by the monitoring job."""

from __future__ import annotations

from graphql_api.clock import DAY_US, HOUR_US
from graphql_api.database.connection import Connection
from graphql_api.imports.problems import text_of
from graphql_api.said import said

UPLOADING_US = HOUR_US  # that long no upload takes: its server was killed
KEPT_US = DAY_US  # an uploaded file that is not taken over, and the rows that were left out

NOT_TAKEN = said("Its file did not come in whole, or was not taken over within a day.")
# Two bounds of time: for uploads that are coming in, and for all others.
_OLD = (
    "SELECT id FROM file_import WHERE (status = 'UPLOADING' AND began_at < ?) "
    "OR (status <> 'RUNNING' AND began_at < ?)"
)


async def end_silent(connection: Connection, before_us: int) -> list[int]:
    """Imports that nobody told of since `before_us` are interrupted; their ids."""
    rows = await connection.rows(
        "SELECT id FROM file_import WHERE status = 'RUNNING' AND touched_at < ?", before_us
    )
    await connection.change_many(
        "UPDATE file_import SET status = 'INTERRUPTED', runner = NULL WHERE id = ?",
        [(row[0],) for row in rows],
    )
    return [row[0] for row in rows]


async def delete_old(connection: Connection, now_us: int) -> None:
    """Delete old files and rejects; what waits for nobody is cancelled."""
    bounds = (now_us - UPLOADING_US, now_us - KEPT_US)
    for table in ("file_chunk", "file_reject"):
        await connection.change(f"DELETE FROM {table} WHERE import_id IN ({_OLD})", *bounds)
    await connection.change(
        f"UPDATE file_import SET status = 'CANCELLED', problem = ? WHERE id IN ({_OLD}) "
        "AND status IN ('UPLOADING', 'UPLOADED', 'CHECKED')",
        text_of([NOT_TAKEN]),
        *bounds,
    )
