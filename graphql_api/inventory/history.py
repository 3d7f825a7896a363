"""Reading the ledger: movements, newest first, by keyset pages.

Without a time among its filters a list goes by the ledger's order, whose key is the id; with one
it goes by when things happened, and then by id.

A page stays fast at a million movements because one of its filters leads, and the others are
tested on what that one gives:

- words of a reference or a reason, if one of them is rare: those movements are fetched and sorted;
- items, users, places or types, each of whose values has an index in the ledger's order: the first
  so many of each value;
- a time: the index of what happened when is walked. In a long period a filter of the second kind
  leads instead, if not too many movements fit it.

Words that are all common are met soon: by a walk of bounded length along the lists of one of them,
or along the ledger where that word begins too many terms, or where a time is asked for. Only when
it finds too few are the lists of all words intersected, on the connection for long reads; where
they are too long even for that, the question is refused. So no page reads more than a bounded
number of rows, and in a time of few movements every question is answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.errors import BadRequest
from graphql_api.inventory.movement_filter import MovementFilter, Where, where_of
from graphql_api.inventory.movement_search import (
    are_readable,
    first_with,
    ids_with_rarest,
    intersected,
    terms_to_follow,
)
from graphql_api.inventory.movement_terms import has_terms
from graphql_api.inventory.movements import MOVEMENT_COLUMNS, Movement, movement_from_row

PERIOD_WALKED_MAX = 2_000  # movements of a period that is walked, whatever else is asked for
VALUES_FETCHED_MAX = 5_000  # movements that are fetched and sorted: about 20 ms
ROWS_WALKED = (500, 10_000)  # in search of common words: at first, and at most, about 50 ms

TOO_COMMON = (
    "Too many movements have these words, and too few of the newest ones fit: ask for a shorter "
    f"time, in which at most {ROWS_WALKED[-1]:,} movements happened, or for a rarer word."
)

Place = tuple[int, ...]  # an id; or when it happened, and the id


@dataclass(frozen=True, slots=True)
class _Page:
    """Which rows of a list are wanted, and how many."""

    by_time: bool
    limit: int
    beyond: Place | None
    until: Place | None
    backwards: bool

    def places(self, id_column: str = "id") -> Where:
        """Between the places that the page is of."""
        key, marks = (f"({id_column})", "(?)")
        if self.by_time:
            key, marks = (f"(occurred_at, {id_column})", "(?, ?)")
        places = keyset(key, True, self.beyond, self.until, self.backwards, marks)
        return Where([places.condition], list(places.parameters))

    @property
    def direction(self) -> str:
        return "ASC" if self.backwards else "DESC"

    @property
    def order(self) -> str:
        columns = ("occurred_at", "id") if self.by_time else ("id",)
        return "ORDER BY " + ", ".join(f"{column} {self.direction}" for column in columns)


class History:
    """Reads movements. Ids rise in the ledger's order."""

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
        items = None if item_id is None else (item_id,)
        return await self.found(
            MovementFilter(item_ids=items, sees_admins=sees_admins),
            limit,
            None if before is None else (before,),
            until=None if until is None else (until,),
            backwards=backwards,
        )

    async def found(
        self,
        wanted: MovementFilter,
        limit: int,
        beyond: Place | None,
        *,
        until: Place | None = None,
        backwards: bool = False,
    ) -> list[Movement]:
        """At most `limit` movements of a filter after the place `beyond`, newest first.

        A place is (id,), or (occurred_at, id) where the filter goes by time. until, backwards:
        see keyset.py. Raises BadRequest for words that are too common to be looked for.
        """
        if wanted.finds_nothing:
            return []
        page = _Page(wanted.by_time, limit, beyond, until, backwards)
        places = page.places()
        where = where_of(wanted, self._reading.dialect).plus(places.sql, *places.parameters)
        if wanted.terms:
            rows = await self._with_terms(wanted, where, page)
        else:
            rows = await self._led(wanted, where, page)
        return in_order(rows, backwards)

    async def _led(self, wanted: MovementFilter, where: Where, page: _Page) -> list[Movement]:
        """A page without words."""
        leading = wanted.leading
        if leading is None:
            return await self._select(where, page)
        column, values, type_name = leading
        dialect = self._reading.dialect
        if wanted.by_time:
            if await self._is_short_period(where_of(wanted.times, dialect)):
                return await self._select(where, page)
            ids = await self._first_of_each(leading, VALUES_FETCHED_MAX + 1)
            if len(ids) > VALUES_FETCHED_MAX:
                return await self._select(where, page)
            return await self._among(ids, where, page)
        if len(values) == 1:  # the other conditions, and its own, over its index
            return await self._select(where, page)
        best = dialect.best_of_each("movement", column, type_name, where.sql, page.direction)
        found = Where([best], [dialect.array(values), *where.parameters, page.limit])
        return await self._select(found, page)

    async def _with_terms(
        self, wanted: MovementFilter, where: Where, page: _Page
    ) -> list[Movement]:
        """A page of what has all the wanted words."""
        rare = await ids_with_rarest(self._reading, wanted.terms)
        if rare is not None:
            one_word = len(wanted.terms) == 1  # which all of them have
            rows = await self._among(rare, where, page, limit=None if one_word else len(rare))
            return _having(rows, wanted)[: page.limit]
        followed = None
        if not wanted.by_time:
            followed = await terms_to_follow(self._reading, wanted.terms)
        for most in ROWS_WALKED:
            if followed is None:
                rows = await self._select(where, page, limit=most)
                is_all = len(rows) < most
            else:
                ids = await first_with(
                    self._reading, followed, page.places("movement_id"), page.direction, most
                )
                rows = await self._among(ids, where, page, limit=most)
                is_all = len(ids) < most
            found = _having(rows, wanted)
            if is_all or len(found) >= page.limit:
                return found[: page.limit]
        if not await are_readable(self._scanning, wanted.terms):
            raise BadRequest(TOO_COMMON)
        return await self._select(intersected(where, wanted.terms), page, self._scanning)

    async def _is_short_period(self, times: Where) -> bool:
        """Whether little happened in it. The order keeps databases to its index."""
        row = await self._reading.row(
            f"SELECT count(*) FROM (SELECT 1 FROM movement WHERE {times.sql} "
            f"ORDER BY occurred_at, id LIMIT {PERIOD_WALKED_MAX + 1}) some_of_them",
            *times.parameters,
        )
        assert row is not None
        return int(row[0]) <= PERIOD_WALKED_MAX

    async def _first_of_each(self, leading: tuple[str, Sequence[Any], str], most: int) -> list[int]:
        """At most so many movements that have one of the values: all of them, if they are fewer."""
        column, values, type_name = leading
        dialect = self._reading.dialect
        best = dialect.best_of_each("movement", column, type_name, "1 = 1", "DESC")
        rows = await self._reading.rows(
            f"SELECT id FROM movement WHERE {best} LIMIT ?", dialect.array(values), most, most
        )
        return [row[0] for row in rows]

    async def _among(
        self, ids: Sequence[int], where: Where, page: _Page, limit: int | None = None
    ) -> list[Movement]:
        """A page of these movements alone."""
        dialect = self._reading.dialect
        among = where.plus(dialect.one_of("id", "bigint"), dialect.array(ids))
        return await self._select(among, page, limit=limit)

    async def _select(
        self,
        where: Where,
        page: _Page,
        connection: Connection | None = None,
        limit: int | None = None,
    ) -> list[Movement]:
        rows = await (connection or self._reading).rows(
            f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE {where.sql} {page.order} LIMIT ?",
            *where.parameters,
            page.limit if limit is None else limit,
        )
        return [movement_from_row(row) for row in rows]

    async def by_ids(self, ids: Sequence[int], sees_admins: bool) -> dict[int, Movement]:
        """The movements of `ids` that exist and that this viewer may see."""
        where = where_of(MovementFilter(sees_admins=sees_admins), self._reading.dialect)
        rows = await self._reading.rows(
            f"SELECT {MOVEMENT_COLUMNS} FROM movement WHERE {where.sql} AND "
            + self._reading.dialect.one_of("id", "bigint"),
            *where.parameters,
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

    async def count(self, wanted: MovementFilter) -> int:
        """How many movements a filter has: reads them all, on a connection of its own."""
        if wanted.finds_nothing:
            return 0
        where = intersected(where_of(wanted, self._scanning.dialect, counts=True), wanted.terms)
        row = await self._scanning.row(
            f"SELECT count(*) FROM movement WHERE {where.sql}", *where.parameters
        )
        assert row is not None
        return int(row[0])


def _having(rows: Sequence[Movement], wanted: MovementFilter) -> list[Movement]:
    """Those of them that have all the wanted words."""
    return [row for row in rows if has_terms(row, wanted.terms)]
