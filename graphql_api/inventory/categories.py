"""Categories: what items say that they are, counted. Read by schema/categories.py.

Items whose categories differ in case and form only are of one. It is shown as its first item
writes it, of those that the viewer may see: a later item does not rename it for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.inventory.conditions import Where
from graphql_api.inventory.item import CATEGORY_MAX
from graphql_api.inventory.matching import TERM_END


@dataclass(frozen=True, slots=True)
class Category:
    """key: its name as it compares; items: how many are in it that are neither deleted nor hidden
    from the viewer."""

    key: str
    name: str
    items: int


class Categories:
    """Reads categories: on the connection for long reads, for counting reads all of a category."""

    def __init__(self, scanning: Connection) -> None:
        self._scanning = scanning

    async def page(
        self,
        prefix: str | None,
        sees_admins: bool,
        limit: int,
        after: str | None,
        until: str | None = None,
        backwards: bool = False,
    ) -> list[Category]:
        """At most `limit` categories that begin with `prefix`, by their keys; see keyset.py."""
        where = _where(prefix, sees_admins)
        place = keyset("category_key", False, after, until, backwards)
        rows = await self._scanning.rows(
            "SELECT counted.category_key, (SELECT category FROM item "
            f"WHERE item.category_key = counted.category_key AND {where.sql} ORDER BY id LIMIT 1), "
            "counted.items FROM (SELECT category_key, count(*) AS items FROM item "
            f"WHERE {where.sql} AND {place.condition} GROUP BY category_key "
            f"ORDER BY category_key {place.direction} LIMIT ?) counted "
            f"ORDER BY counted.category_key {place.direction}",
            *where.parameters,
            *where.parameters,
            *place.parameters,
            limit,
        )
        return in_order([Category(*row) for row in rows], backwards)

    async def count(self, prefix: str | None, sees_admins: bool) -> int:
        """How many categories begin with `prefix`."""
        where = _where(prefix, sees_admins)
        row = await self._scanning.row(
            f"SELECT count(DISTINCT category_key) FROM item WHERE {where.sql}", *where.parameters
        )
        assert row is not None
        return int(row[0])


def category_key(category: str | None) -> str | None:
    """What a category compares by; None: there is none."""
    return None if category is None else values.folded(category)


def _where(prefix: str | None, sees_admins: bool) -> Where:
    where = Where()
    where.add("category_key IS NOT NULL AND deleted_at IS NULL AND archived_at IS NULL")
    if not sees_admins:
        where.add("admins_only = 0")
    if prefix is not None and prefix.strip():
        begin = values.lookup_key(prefix, CATEGORY_MAX)
        if begin == values.NO_KEY:
            where.add("1 = 0")
        else:
            where.add("category_key >= ? AND category_key < ?", begin, begin + TERM_END)
    return where
