"""Reading holds, newest first, by keyset pages.

A hold whose time is over reads as EXPIRED, though nobody may have come yet to end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.clock import Clock
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.holds.book import load_lines
from graphql_api.holds.lifecycle import COLUMNS, Hold, HoldStatus, hold_from_row

# Whether nothing of the hold `h` is hidden from whoever is no ADMIN.
_VISIBLE = (
    "NOT EXISTS (SELECT 1 FROM hold_line l JOIN item i ON i.id = l.item_id "
    "WHERE l.hold_id = h.id AND i.admins_only = 1)"
)
_COLUMNS = ", ".join(f"h.{column}" for column in COLUMNS.split(", "))


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """None: not filtered by this. An empty tuple matches nothing. item_ids: holds that have units
    of any of these."""

    item_ids: tuple[int, ...] | None = None
    statuses: tuple[HoldStatus, ...] | None = None
    reference: str | None = None


class HoldListing:
    """Reads holds. Ids rise as holds are placed, so an id is the whole page key."""

    def __init__(self, reading: Connection, scanning: Connection, clock: Clock) -> None:
        self._reading = reading
        self._scanning = scanning
        self._clock = clock

    async def page(
        self,
        wanted: HoldFilter,
        sees_admins: bool,
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[Hold]:
        """At most `limit` holds older than the id `before`.

        until: newer than this id; backwards: the oldest of them (keyset.py).
        """
        condition, parameters = self._condition(wanted, sees_admins)
        places = keyset("h.id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {_COLUMNS} FROM hold h WHERE {condition} AND {places.condition} "
            f"ORDER BY h.id {places.direction} LIMIT ?",
            *parameters,
            *places.parameters,
            limit,
        )
        return in_order(await self._whole(rows), backwards)

    async def by_ids(self, ids: Sequence[int], sees_admins: bool) -> dict[int, Hold]:
        """The holds of `ids` that exist and that this viewer may see."""
        condition, parameters = self._condition(HoldFilter(), sees_admins)
        rows = await self._reading.rows(
            f"SELECT {_COLUMNS} FROM hold h WHERE {condition} AND "
            + self._reading.dialect.one_of("h.id", "bigint"),
            *parameters,
            self._reading.dialect.array(ids),
        )
        return {hold.id: hold for hold in await self._whole(rows)}

    async def count(self, wanted: HoldFilter, sees_admins: bool) -> int:
        """How many holds match."""
        condition, parameters = self._condition(wanted, sees_admins)
        row = await self._scanning.row(
            f"SELECT count(*) FROM hold h WHERE {condition}", *parameters
        )
        assert row is not None
        return int(row[0])

    async def next_expiry_us(self) -> int | None:
        """When the first of the live holds runs out; None: there is none. By an index."""
        row = await self._reading.row("SELECT min(expires_at) FROM hold WHERE status = 'HELD'")
        return None if row is None else row[0]

    async def _whole(self, rows: Sequence[Any]) -> list[Hold]:
        holds = [hold_from_row(row) for row in rows]
        await load_lines(self._reading, holds)
        now_us = self._clock.now_us()
        for hold in holds:
            if hold.status is HoldStatus.HELD and hold.is_over(now_us):
                hold.expire(now_us)
        return holds

    def _condition(self, wanted: HoldFilter, sees_admins: bool) -> tuple[str, list[Any]]:
        dialect = self._reading.dialect
        conditions: list[str] = ["1 = 1"] if sees_admins else [_VISIBLE]
        parameters: list[Any] = []
        if wanted.statuses is not None:
            now_us = self._clock.now_us()
            conditions.append(_one_of(wanted.statuses))
            parameters += [now_us] * conditions[-1].count("?")
        if wanted.item_ids is not None:
            conditions.append(
                "h.id IN (SELECT hold_id FROM hold_line WHERE "
                + dialect.one_of("item_id", "bigint")
                + ")"
            )
            parameters.append(dialect.array(wanted.item_ids))
        if wanted.reference is not None:
            conditions.append("h.reference = ?")
            parameters.append(wanted.reference)
        return " AND ".join(conditions), parameters


def _one_of(statuses: Sequence[HoldStatus]) -> str:
    """A condition: the hold `h` has one of these, as it reads now. Each placeholder is for now."""
    conditions = {
        HoldStatus.HELD: "h.status = 'HELD' AND h.expires_at > ?",
        HoldStatus.EXPIRED: "h.status = 'EXPIRED' OR h.status = 'HELD' AND h.expires_at <= ?",
    }
    found = [conditions.get(s, f"h.status = '{s.value}'") for s in dict.fromkeys(statuses)]
    return f"({' OR '.join(found)})" if found else "1 = 0"
