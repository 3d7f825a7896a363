"""Whether the log is still the one that this process knows: looked at with each transaction.

A database can go back under a running process: a standby that lacked a tail takes over at the
same address, or an older backup is put in place. Then positions that clients hold mean something
else. Whoever holds the head row can tell for sure, and gives the log a new epoch in that very
transaction: once, since the other processes find it when they take the head after it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.events.log import Head, Log, LogEntry, LogTransaction, LogWriter, new_epoch

logger = logging.getLogger(__name__)

# Ids are not given out again that somebody may hold who saw the lost tail. Other processes may
# have given out more of them than this one knows: so many are left out besides.
IDS_LEFT_OUT = 1_000_000


class Continuity:
    """A Journal: the log, compared with what was seen of it whenever its head is taken."""

    def __init__(self, log: Log, seen: Callable[[], Head]) -> None:
        """seen: the newest event that this process knows of."""
        self._log = log
        self._seen = seen
        self._tell: list[Callable[[], None]] = []
        self._last_id = 0
        self._renew = single(self._renew_one)

    def on_doubt(self, tell: Callable[[], None]) -> None:
        """Call `tell` when the log is another one than was seen, before the transaction that
        found it goes on; again with each one until what was seen is of the new log. It must
        not raise."""
        self._tell.append(tell)

    async def take_head(self, connection: Connection, now_us: int) -> LogEntry:
        """As Log.take_head. The entry has the new epoch if the log was given one."""
        entry = await self._log.take_head(connection, now_us)
        seen = self._seen()
        if entry.head.epoch != seen.epoch:
            self._doubt()
        elif await self._went_back(connection, entry.head, seen):
            await self._give_new_epoch(connection, entry)
            self._doubt()
        return entry

    async def store(self, connection: Connection, entry: LogEntry) -> None:
        """As Log.store."""
        await self._log.store(connection, entry)
        self._last_id = max(self._last_id, entry.last_id)

    async def renew(self, writer: LogWriter, old_epoch: str) -> None:
        """Give the log a new epoch, unless it has another one than `old_epoch` already."""
        await writer.submit(self._renew, old_epoch)

    def _doubt(self) -> None:
        for tell in self._tell:
            tell()

    async def _went_back(self, connection: Connection, head: Head, seen: Head) -> bool:
        if head.position < seen.position:
            return True
        if not seen.witness_us or head.floor >= seen.position:
            return False  # nothing is known of that place, or it was deleted by retention
        if head.position == seen.position:
            return head.witness_us != seen.witness_us
        row = await connection.row(
            "SELECT recorded_at FROM event WHERE position = ?", seen.position
        )
        return row is not None and row["recorded_at"] != seen.witness_us

    async def _give_new_epoch(self, connection: Connection, entry: LogEntry) -> None:
        epoch = new_epoch()
        last_id = max(entry.last_id, self._last_id) + IDS_LEFT_OUT
        # Both now: who asks what became of a commit takes the head, and stores nothing more.
        await connection.change(
            "UPDATE log_head SET epoch = ?, last_id = ? WHERE id = 1", epoch, last_id
        )
        logger.error(
            "the log went back, to position %d: it is %s from now on, and no more %s",
            *(entry.head.position, epoch, entry.head.epoch),
        )
        entry.head = replace(entry.head, epoch=epoch)
        entry.last_id = last_id

    async def _renew_one(self, transaction: LogTransaction, old_epoch: str) -> None:
        if transaction.entry.head.epoch == old_epoch:
            await self._give_new_epoch(transaction.connection, transaction.entry)
            self._doubt()
