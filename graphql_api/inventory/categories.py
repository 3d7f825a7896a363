"""Categories: what items say that they are, counted. Read by schema/categories.py.

Items whose categories differ in case and form only are of one. It is shown as its first item
writes it, of those that the viewer may see: a later item does not rename it for everybody.

Counting reads each item's row of an index, a tenth of a second at a million. So the whole list is
kept, as of a place in the log, and holds as long as no item was created, changed or deleted since:
stock may change. What another process does is known as soon as the log's head is not what this
one has heard; then it is counted anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Event, Head, Log
from graphql_api.inventory.conditions import Where
from graphql_api.inventory.item import CATEGORY_MAX, TOPIC, UpdateType
from graphql_api.inventory.matching import TERM_END

KEPT_MAX = 5_000  # categories: a megabyte; of more each page is counted by itself


@dataclass(frozen=True, slots=True)
class Category:
    """key: its name as it compares; items: how many are in it that are neither deleted nor hidden
    from the viewer."""

    key: str
    name: str
    items: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """The whole list as of a place in the log; None: it is too long to be kept."""

    epoch: str
    position: int
    categories: list[Category] | None


class Categories:
    """Reads categories: on the connection for long reads, for counting reads all of a category."""

    def __init__(self, scanning: Connection, log: Log, hub: Hub) -> None:
        self._scanning = scanning
        self._log = log
        self._hub = hub
        self._kept: dict[bool, _Kept] = {}  # by whether hidden items count
        self._changed = 0  # where in the log an item was created, changed or deleted last
        self._counting = asyncio.Lock()  # who asks meanwhile takes what the first one counted

    def heed(self, events: Sequence[Event]) -> None:
        """The hub calls it for every event."""
        for event in events:
            if event.topic == TOPIC and event.kind != UpdateType.STOCK_UPDATED.stored:
                self._changed = event.position

    def forget(self) -> None:
        """The log is another one, or was not heard to its end."""
        self._kept.clear()

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
        kept = await self._all(sees_admins)
        if kept is None:
            return await self._counted(prefix, sees_admins, limit, after, until, backwards)
        found = [
            one
            for one in _beginning(kept, prefix)
            if (after is None or one.key > after) and (until is None or one.key < until)
        ]
        return found[-limit:] if backwards else found[:limit]

    async def count(self, prefix: str | None, sees_admins: bool) -> int:
        """How many categories begin with `prefix`."""
        kept = await self._all(sees_admins)
        if kept is not None:
            return len(_beginning(kept, prefix))
        where = _where(prefix, sees_admins)
        row = await self._scanning.row(
            f"SELECT count(DISTINCT category_key) FROM item WHERE {where.sql}", *where.parameters
        )
        assert row is not None
        return int(row[0])

    async def _all(self, sees_admins: bool) -> list[Category] | None:
        """All categories, by their keys; None: there are too many to keep them."""
        async with self._counting:
            head = await self._log.head()
            kept = self._kept.get(sees_admins)
            if kept is None or not self._holds(kept, head):
                found = await self._counted(None, sees_admins, KEPT_MAX + 1, None, None, False)
                kept = _Kept(head.epoch, head.position, None if len(found) > KEPT_MAX else found)
                self._kept[sees_admins] = kept
            return kept.categories

    def _holds(self, kept: _Kept, head: Head) -> bool:
        heard = self._hub.head
        return (
            kept.epoch == head.epoch == heard.epoch
            and kept.position >= self._changed
            and heard.position >= head.position
        )

    async def _counted(
        self,
        prefix: str | None,
        sees_admins: bool,
        limit: int,
        after: str | None,
        until: str | None,
        backwards: bool,
    ) -> list[Category]:
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


def _beginning(categories: list[Category], prefix: str | None) -> list[Category]:
    if prefix is None or not prefix.strip():
        return categories
    begin = values.lookup_key(prefix, CATEGORY_MAX)
    if begin == values.NO_KEY:
        return []
    return [one for one in categories if begin <= one.key < begin + TERM_END]


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
