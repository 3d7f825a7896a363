"""The holds that one run of commands touches, in memory. For holds.py, inside the writer.

What is loaded and stored takes a constant number of statements, however many holds there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from graphql_api.database.connection import Connection
from graphql_api.database.waiting import BRIEF_WEIGHT_MAX
from graphql_api.events.log import Event, LogTransaction
from graphql_api.holds.lifecycle import (
    COLUMNS,
    Hold,
    HoldChange,
    HoldLine,
    hold_from_row,
    told,
)

DUE_MAX = 1_000  # holds that are ended by one transaction,
DUE_LINES_MAX = 2_000  # and what they hold: about 100 ms of work


class HoldBook:
    """Holds by their ids. `load` or `load_due` once, `store` once."""

    def __init__(self, transaction: LogTransaction) -> None:
        self._transaction = transaction
        self._holds: dict[int, Hold] = {}
        self._new: dict[int, Hold] = {}
        self._changed: dict[int, Hold] = {}

    async def load(self, hold_ids: Collection[int]) -> None:
        """Fetch these holds."""
        if not hold_ids:
            return
        connection = self._transaction.connection
        rows = await connection.rows(
            f"SELECT {COLUMNS}, line_count FROM hold WHERE "
            + connection.dialect.one_of("id", "bigint"),
            connection.dialect.array(hold_ids),
        )
        await self._take(rows)

    async def load_due(self) -> list[Hold]:
        """Fetch those whose time is over, as many as one transaction ends."""
        due: list[Any] = []
        lines = 0
        for row in await self._transaction.connection.rows(
            f"SELECT {COLUMNS}, line_count FROM hold WHERE status = 'HELD' AND expires_at <= ? "
            "ORDER BY expires_at, id LIMIT ?",
            self._transaction.entry.now_us,
            DUE_MAX,
        ):
            lines += row["line_count"]
            if due and lines > DUE_LINES_MAX:
                break
            due.append(row)
        await self._take(due)
        return list(self._holds.values())

    async def _take(self, rows: Iterable[Any]) -> None:
        connection, lines = self._transaction.connection, 0
        for row in rows:
            *columns, count = tuple(row)
            lines += count
            self._holds[row[0]] = hold_from_row(columns)
        if lines > BRIEF_WEIGHT_MAX:  # known only now
            connection.make_long()
        await load_lines(connection, self._holds.values())

    def __iter__(self) -> Any:
        return iter(self._holds.values())

    def find(self, hold_id: int) -> Hold | None:
        return self._holds.get(hold_id)

    def add(self, hold: Hold) -> None:
        """Take a new one in."""
        self._holds[hold.id] = self._new[hold.id] = hold

    def record(self, change: HoldChange, hold: Hold, is_hidden: bool, user_id: int | None) -> Event:
        """Note that `hold` changed, with an event."""
        if hold.id not in self._new:
            self._changed[hold.id] = hold
        return self._transaction.entry.append(told(change, hold, is_hidden, user_id))

    async def store(self) -> None:
        """Write what is new and what changed."""
        connection = self._transaction.connection
        await connection.change_many(
            f"INSERT INTO hold ({COLUMNS}, line_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    h.id, h.status.value, h.reference, h.note, h.user_id, h.created_at,
                    h.expires_at, h.ended_at, h.ended_by_id, len(h.lines),
                )
                for h in self._new.values()
            ],
        )  # fmt: skip
        await connection.change_many(
            "INSERT INTO hold_line (id, hold_id, item_id, location_id, quantity) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (self._transaction.new_id(), h.id, line.item_id, line.location_id, line.quantity)
                for h in self._new.values()
                for line in h.lines
            ],
        )
        await connection.change_many(
            "UPDATE hold SET status = ?, expires_at = ?, ended_at = ?, ended_by = ? WHERE id = ?",
            [
                (h.status.value, h.expires_at, h.ended_at, h.ended_by_id, h.id)
                for h in self._changed.values()
            ],
        )


async def load_lines(connection: Connection, holds: Iterable[Hold]) -> None:
    """Give the holds their lines: one statement, or none."""
    by_id = {hold.id: hold for hold in holds}
    if not by_id:
        return
    rows = await connection.rows(
        "SELECT hold_id, item_id, location_id, quantity FROM hold_line WHERE "
        + connection.dialect.one_of("hold_id", "bigint")
        + " ORDER BY id",
        connection.dialect.array(by_id),
    )
    for hold_id, *line in map(tuple, rows):
        by_id[hold_id].lines.append(HoldLine(*line))


async def is_due(transaction: LogTransaction) -> bool:
    """Whether there is a hold whose time is over: by an index, some microseconds."""
    row = await transaction.connection.row(
        "SELECT 1 FROM hold WHERE status = 'HELD' AND expires_at <= ? LIMIT 1",
        transaction.entry.now_us,
    )
    return row is not None
