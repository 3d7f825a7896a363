"""Which servers run, so that one that did not stop in good order is told to ADMIN.

Each server keeps a row with a sign of life, and takes it away when it stops. A row that is left
behind is found by the next server that starts on the same machine, because its process is gone;
one of another machine by whoever looks next after it has been silent for SILENT_MAX_S.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from graphql_api.clock import SECOND_US
from graphql_api.database.connection import Row
from graphql_api.database.writer import single
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.notifications.notices import stopped_uncleanly
from graphql_api.notifications.sending import store

SIGN_OF_LIFE_MINUTES = 1
SILENT_MAX_S = 200  # three signs of life missed


@dataclass(frozen=True, slots=True)
class _Sign:
    host: str
    pid: int
    run_id: int | None


class ServerRuns:
    """One server's own row. `start`, `live` each SIGN_OF_LIFE_MINUTES, `stop`."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._id: int | None = None
        self._host = socket.gethostname()[:255]
        self._sign = single(self._sign_one)
        self._end = single(self._end_one)

    async def start(self) -> None:
        """Say that this server runs, and tell of those that ended without a word."""
        await self.live()

    async def live(self) -> None:
        """Give a sign of life, and tell of those that gave none for long."""
        self._id = await self._writer.submit(self._sign, _Sign(self._host, os.getpid(), self._id))

    async def stop(self) -> None:
        """This server stops in good order."""
        if self._id is not None:
            await self._writer.submit(self._end, self._id)
            self._id = None

    async def _sign_one(self, transaction: LogTransaction, command: _Sign) -> int:
        connection = transaction.connection
        now_us = transaction.entry.now_us
        rows = await connection.rows("SELECT id, host, pid, seen_at FROM server_run ORDER BY id")
        ended = [
            row for row in rows if row["id"] != command.run_id and _has_ended(row, command, now_us)
        ]
        for row in ended:
            await connection.change("DELETE FROM server_run WHERE id = ?", row["id"])
        await store(transaction, [stopped_uncleanly(row["host"], row["seen_at"]) for row in ended])
        if await connection.change(
            "UPDATE server_run SET seen_at = ? WHERE id = ?", now_us, command.run_id
        ):
            assert command.run_id is not None
            return command.run_id
        run_id = transaction.new_id()
        await connection.change(
            "INSERT INTO server_run (id, host, pid, started_at, seen_at) VALUES (?, ?, ?, ?, ?)",
            run_id,
            command.host,
            command.pid,
            now_us,
            now_us,
        )
        return run_id

    async def _end_one(self, transaction: LogTransaction, run_id: int) -> None:
        await transaction.connection.change("DELETE FROM server_run WHERE id = ?", run_id)


def _has_ended(row: Row, command: _Sign, now_us: int) -> bool:
    if row["seen_at"] < now_us - SILENT_MAX_S * SECOND_US:
        return True
    return row["host"] == command.host and not _is_alive(row["pid"])


def _is_alive(pid: int) -> bool:
    """Whether this machine runs a process of this number; another one may have got it since."""
    if os.name != "posix":  # elsewhere asking is ending it: its silence will tell
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there, and somebody else's
        return True
    return True
