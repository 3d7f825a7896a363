"""Reading alerts, newest first, by keyset pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql_api.alerts.lifecycle import COLUMNS, Alert, alert_of
from graphql_api.alerts.rules import AlertStatus, AlertType, Severity
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """None: not filtered by this. An empty tuple matches nothing. location_ids: of the own minimum
    of any of these places; an item's own alert is of no place."""

    types: tuple[AlertType, ...] | None = None
    min_severity: Severity | None = None
    statuses: tuple[AlertStatus, ...] | None = None
    item_ids: tuple[int, ...] | None = None
    location_ids: tuple[int, ...] | None = None


class AlertSort(Enum):
    """NEWEST: as they were raised, the last first; an id, which rises as alerts are raised, is the
    whole page key. GRAVEST: by severity, and the newest first within one."""

    NEWEST = "id"
    GRAVEST = "(severity, id)"


def _severity(wanted: AlertFilter) -> str:
    """What to sort by. Live alerts are few beside those that ended: they are found by their status
    and sorted, and the index by severity, which holds them all, is kept out of it."""
    is_live = wanted.statuses is not None and AlertStatus.RESOLVED not in wanted.statuses
    return "severity + 0" if is_live else "severity"


def place_of(alert: Alert, sort: AlertSort) -> list[int]:
    """An alert's place in the list: the page key."""
    return [alert.id] if sort is AlertSort.NEWEST else [int(alert.severity), alert.id]


class AlertListing:
    """Reads alerts."""

    def __init__(self, reading: Connection, scanning: Connection) -> None:
        self._reading = reading
        self._scanning = scanning

    async def page(
        self,
        wanted: AlertFilter,
        sees_admins: bool,
        limit: int,
        beyond: Sequence[int] | None,
        *,
        until: Sequence[int] | None = None,
        backwards: bool = False,
        sort: AlertSort = AlertSort.NEWEST,
    ) -> list[Alert]:
        """At most `limit` alerts after the place `beyond` of the list (`place_of`).

        until: before this place; backwards: the last of them (keyset.py).
        """
        condition, parameters = self._condition(wanted, sees_admins)
        is_by_id = sort is AlertSort.NEWEST
        marks = "(?)" if is_by_id else "(?, ?)"
        places = keyset(sort.value, True, beyond, until, backwards, marks)
        grave = "" if is_by_id else f"{_severity(wanted)} {places.direction}, "
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM alert WHERE {condition} AND {places.condition} "
            f"ORDER BY {grave}id {places.direction} LIMIT ?",
            *parameters,
            *places.parameters,
            limit,
        )
        return in_order([alert_of(row) for row in rows], backwards)

    async def by_ids(self, ids: Sequence[int], sees_admins: bool) -> dict[int, Alert]:
        """The alerts of `ids` that exist and that this viewer may see."""
        condition, parameters = self._condition(AlertFilter(), sees_admins)
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM alert WHERE {condition} AND "
            + self._reading.dialect.one_of("id", "bigint"),
            *parameters,
            self._reading.dialect.array(ids),
        )
        return {row[0]: alert_of(row) for row in rows}

    async def pages(
        self,
        item_ids: Sequence[int],
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> dict[int, list[Alert]]:
        """The same page of several items in one statement: item id → alerts."""
        places = keyset("id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM (SELECT alert.*, row_number() OVER "
            f"(PARTITION BY item_id ORDER BY id {places.direction}) AS place FROM alert WHERE "
            + self._reading.dialect.one_of("item_id", "bigint")
            + f" AND {places.condition}) ranked WHERE place <= ? ORDER BY item_id, id DESC",
            self._reading.dialect.array(item_ids),
            *places.parameters,
            limit,
        )
        pages: dict[int, list[Alert]] = {item_id: [] for item_id in item_ids}
        for row in rows:
            alert = alert_of(row)
            pages[alert.item_id].append(alert)
        return pages

    async def counts(self, item_ids: Sequence[int]) -> dict[int, int]:
        """How many alerts each of these items has: item id → count."""
        rows = await self._scanning.rows(
            "SELECT item_id, count(*) FROM alert WHERE "
            + self._scanning.dialect.one_of("item_id", "bigint")
            + " GROUP BY item_id",
            self._scanning.dialect.array(item_ids),
        )
        return dict.fromkeys(item_ids, 0) | {row[0]: row[1] for row in rows}

    async def count(self, wanted: AlertFilter, sees_admins: bool) -> int:
        """How many alerts match."""
        condition, parameters = self._condition(wanted, sees_admins)
        row = await self._scanning.row(f"SELECT count(*) FROM alert WHERE {condition}", *parameters)
        assert row is not None
        return int(row[0])

    async def count_live(self, sees_admins: bool, location_ids: Sequence[int] | None = None) -> int:
        """How many alerts are not resolved: by their own index, however many have been.
        location_ids: of these places' own minimums; None: all."""
        condition = "" if sees_admins else " AND admins_only = 0"
        parameters = []
        if location_ids is not None:
            dialect = self._scanning.dialect
            condition += " AND " + dialect.one_of("location_id", "bigint")
            parameters.append(dialect.array(location_ids))
        row = await self._scanning.row(
            f"SELECT count(*) FROM alert WHERE live_item_id IS NOT NULL{condition}", *parameters
        )
        assert row is not None
        return int(row[0])

    def _condition(self, wanted: AlertFilter, sees_admins: bool) -> tuple[str, list[Any]]:
        dialect = self._reading.dialect
        conditions: list[str] = ["1 = 1"] if sees_admins else ["admins_only = 0"]
        parameters: list[Any] = []
        for column, kind, chosen in (
            ("type", "text", wanted.types),
            ("status", "text", wanted.statuses),
        ):
            if chosen is not None:
                conditions.append(dialect.one_of(column, kind))
                parameters.append(dialect.array(choice.value for choice in chosen))
        for column, ids in (("item_id", wanted.item_ids), ("location_id", wanted.location_ids)):
            if ids is not None:
                conditions.append(dialect.one_of(column, "bigint"))
                parameters.append(dialect.array(ids))
        if wanted.min_severity is not None:
            conditions.append("severity >= ?")
            parameters.append(int(wanted.min_severity))
        return " AND ".join(conditions), parameters
