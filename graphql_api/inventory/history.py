"""Reading the ledger: movements, newest first, by keyset pages."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.inventory.movements import MOVEMENT_COLUMNS, Movement, movement_from_row

_OF_VISIBLE_ITEMS = "item_id IN (SELECT id FROM item WHERE admins_only = 0)"


class History:
    """Reads movements. Ids rise in the ledger's order, so an id is the whole page key."""

    def __init__(self, reading: Connection, scanning: Connection) -> None:
        self._reading = reading
        self._scanning = scanning

    async def page(
        self,
        item_id: int | None,
        sees_admins: bool,
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[Movement]:
        """At most `limit` movements older than the id `before`; of one item, or of all.

        until: newer than this id; backwards: the oldest of them (keyset.py).
        """
        condition, parameters = _condition(item_id, sees_admins)
        places = keyset("id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE {condition} AND {places.condition} "
            f"ORDER BY id {places.direction} LIMIT ?",
            *parameters,
            *places.parameters,
            limit,
        )
        return in_order([movement_from_row(row) for row in rows], backwards)

    async def by_ids(self, ids: Sequence[int], sees_admins: bool) -> dict[int, Movement]:
        """The movements of `ids` that exist and that this viewer may see."""
        condition, parameters = _condition(None, sees_admins)
        rows = await self._reading.rows(
            f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE {condition} AND "
            + self._reading.dialect.one_of("id", "bigint"),
            *parameters,
            self._reading.dialect.array(ids),
        )
        return {row[0]: movement_from_row(row) for row in rows}

    async def pages(
        self,
        item_ids: Sequence[int],
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> dict[int, list[Movement]]:
        """The same page of several items in one statement: item id → movements."""
        places = keyset("id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {MOVEMENT_COLUMNS} FROM (SELECT movement.*, row_number() OVER "
            f"(PARTITION BY item_id ORDER BY id {places.direction}) AS place FROM movement WHERE "
            + self._reading.dialect.one_of("item_id", "bigint")
            + f" AND {places.condition}) ranked WHERE place <= ? ORDER BY item_id, id DESC",
            self._reading.dialect.array(item_ids),
            *places.parameters,
            limit,
        )
        pages: dict[int, list[Movement]] = {item_id: [] for item_id in item_ids}
        for row in rows:
            movement = movement_from_row(row)
            pages[movement.item_id].append(movement)
        return pages

    async def counts(self, item_ids: Sequence[int]) -> dict[int, int]:
        """How many movements each of these items has: item id → count."""
        rows = await self._scanning.rows(
            "SELECT item_id, count(*) FROM movement WHERE "
            + self._scanning.dialect.one_of("item_id", "bigint")
            + " GROUP BY item_id",
            self._scanning.dialect.array(item_ids),
        )
        return dict.fromkeys(item_ids, 0) | {row[0]: row[1] for row in rows}

    async def count(self, item_id: int | None, sees_admins: bool) -> int:
        """How many movements there are, of one item or of all that the viewer may see."""
        condition, parameters = _condition(item_id, sees_admins)
        row = await self._scanning.row(
            f"SELECT count(*) FROM movement WHERE {condition}", *parameters
        )
        assert row is not None
        return int(row[0])


def _condition(item_id: int | None, sees_admins: bool) -> tuple[str, list[int]]:
    if item_id is not None:
        return "item_id = ?", [item_id]
    return ("1 = 1" if sees_admins else _OF_VISIBLE_ITEMS), []
