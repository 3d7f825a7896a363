"""A search in the order of how well items are found: pages by key, at any size of the table.

Few items have one of the words: those are read, ranked in memory (matching.py) and cut. Many have
each: the tiers are walked one after the other, each along an index in its own order, for a bounded
number of rows; each row is tested for the other words. Of whole words, and of items in a category,
the lists are read beside each other first (abreast.py). Words that are common and hardly ever stand
together end that walk without a page: then their lists are intersected, on the connection for long
reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.database.connection import Connection, Row
from graphql_api.database.keyset import Keyset, in_order, keyset
from graphql_api.inventory import abreast
from graphql_api.inventory.conditions import (
    Where,
    add_all_begin,
    add_intersection,
    add_not_named,
    add_not_sku,
    add_words,
    all_have,
    exact_ids,
    listed_by_word,
    spelt_ids,
)
from graphql_api.inventory.matching import TERM_END, Query, Tier, rank_of
from graphql_api.texts.terms import TERM_MAX, TOLD, WHOLE_SKU

FETCHED_MAX = 1_000  # items; above it a word is common enough to walk its list
WALK_BEGIN = 150  # rows of a walk's first go: most pages end in it
WALK_GO_MAX = 1_000  # rows of one go; of more PostgreSQL may think that the whole table is near
WALKED_MAX = 9_000  # rows of one page's walk: some 5 µs each

SPELT = "~"  # the term, in a place, of an item that is spelt otherwise; sorts after ""
TOO_MANY = -1  # the id of no item
# A list of items, or TOO_MANY alone: to hand over a thousand and throw them away takes longer than
# to find out that there are more. That is found out once: PostgreSQL keeps what is asked twice.
_LIST = (
    "SELECT item_id FROM (WITH more(is_so) AS (SELECT EXISTS "
    "(SELECT 1 FROM item_term WHERE term >= ? AND term < ? LIMIT 1 OFFSET ?)) "
    "SELECT item_id FROM (SELECT item_id FROM item_term WHERE term >= ? AND term < ? "
    "LIMIT (SELECT CASE WHEN is_so THEN 0 ELSE ? END FROM more)) few "
    f"UNION ALL SELECT {TOO_MANY} FROM more WHERE is_so) list"
)

Place = tuple[int, str, int]  # tier, term, id


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list a page is of: see keyset.py."""

    limit: int
    beyond: Place | None = None
    until: Place | None = None
    backwards: bool = False

    def of(self, places: Sequence[Place]) -> list[Place]:
        """Its part of a whole list."""
        within = sorted(
            place
            for place in places
            if (self.beyond is None or place > self.beyond)
            and (self.until is None or place < self.until)
        )
        return within[-self.limit :] if self.backwards else within[: self.limit]

    def reaches(self, tier: Tier) -> bool:
        return (self.beyond is None or self.beyond[0] <= tier) and (
            self.until is None or self.until[0] >= tier
        )

    def keyset(self, tier: Tier, beyond: tuple[str, int] | None, by_id: bool) -> Keyset:
        """Within a tier. beyond: how far a walk has come, in its own direction."""
        start, end = (
            None if place is None or place[0] != tier else place[1:]
            for place in (self.beyond, self.until)
        )
        if beyond is not None:
            start, end = (start, beyond) if self.backwards else (beyond, end)
        if by_id:
            first, last = (None if place is None else place[1] for place in (start, end))
            return keyset("id", False, first, last, self.backwards)
        return keyset("(term, item_id)", False, start, end, self.backwards, "(?, ?)")


class RankedSearch:
    """Reads places. `scanning` serves what reads long lists."""

    def __init__(self, reading: Connection, scanning: Connection) -> None:
        self._reading = reading
        self._scanning = scanning

    async def exact(self, query: Query, where: Where) -> list[Place]:
        """Items whose SKU or barcode is the whole query, then those spelt otherwise, in order."""
        ids, parameters = exact_ids(query)
        term, ranking, wanted = "''", [], where.copy()
        if query.spelt is None:
            wanted.add(f"item.id IN ({ids})", *parameters)
        else:  # one list: of two with OR between, PostgreSQL reads the whole table
            spelt, more = spelt_ids(query)
            wanted.add(f"item.id IN ({ids} UNION ALL {spelt})", *parameters, *more)
            term, ranking = f"CASE WHEN item.id IN ({ids}) THEN '' ELSE '{SPELT}' END", parameters
        rows = await self._reading.rows(
            f"SELECT {term} AS term, id FROM item WHERE {wanted.sql} ORDER BY term, id",
            *ranking,
            *wanted.parameters,
        )
        return [(int(Tier.EXACT), row[0], row[1]) for row in rows]

    async def few(self, query: Query) -> list[int] | None:
        """The ids of items that have a rare word of the query; None: each is common."""
        # One word alone is walked without a miss: to read its list first would cost more.
        most = FETCHED_MAX if len(query.words) > 1 else min(FETCHED_MAX, WALK_BEGIN)
        for word in query.words:
            ids = await self._list(query.ranges(word), most)
            if ids is not None:
                return ids
        return None

    async def page(self, query: Query, where: Where, cut: Cut) -> list[Place]:
        """At most `cut.limit` places, in their order."""
        places = await self.exact(query, where)
        exact = [place[2] for place in places]
        if not query.words:
            return cut.of(places)
        ids = await self.few(query)
        if ids is not None:
            return cut.of(places + await self._ranked(query, where, ids, exact))
        found: list[Place] = []
        walk = _Walk(self._reading, self._scanning, query, where, exact, cut)
        for tier in sorted(Tier, reverse=cut.backwards):
            missing = cut.limit - len(found)
            if not missing or not cut.reaches(tier):
                continue
            if tier is Tier.EXACT:
                part = cut.of(places)
                part = part[-missing:] if cut.backwards else part[:missing]
            elif tier is Tier.WHOLE and (ids := await self._few_whole(query)) is not None:
                ranked = await self._ranked(query, where, ids, exact)
                part = cut.of([place for place in ranked if place[0] == tier])
                part = part[-missing:] if cut.backwards else part[:missing]
            else:
                part = await walk.tier(tier, missing)
            found = part + found if cut.backwards else found + part
        return found

    async def _few_whole(self, query: Query) -> list[int] | None:
        if len(query.words) == 1:
            return None
        for word in query.words:
            ids = await self._list([(word, f"{word} ")], FETCHED_MAX)
            if ids is not None:
                return ids
        return None

    async def _list(self, ranges: Sequence[tuple[str, str]], most: int) -> list[int] | None:
        """The items of terms in these ranges; None if there are more than `most` terms."""
        found: set[int] = set()
        for start, end in ranges:
            rows = await self._reading.rows(_LIST, *(start, end, most) * 2)
            found.update(row[0] for row in rows)
            if TOO_MANY in found or len(found) > most:
                return None
        return sorted(found)

    async def _ranked(
        self, query: Query, where: Where, ids: Sequence[int], exact: Sequence[int]
    ) -> list[Place]:
        """Those of `ids` that are found, but for the exact ones."""
        wanted = where.copy()
        wanted.add_ids(self._reading.dialect, [each for each in ids if each not in exact])
        add_words(wanted, self._reading.dialect, query)
        rows = await self._reading.rows(
            f"SELECT id, search_text, name_key FROM item WHERE {wanted.sql}", *wanted.parameters
        )
        ranks = [(row[0], rank_of(query, row[1], row[2])) for row in rows]
        return [(int(rank[0]), rank[1], item_id) for item_id, rank in ranks if rank is not None]


@dataclass(slots=True)
class _Walk:
    """One page's way through the tiers of common words. walked: rows that were read."""

    reading: Connection
    scanning: Connection
    query: Query
    where: Where
    exact: Sequence[int]
    cut: Cut
    walked: int = 0

    async def tier(self, tier: Tier, limit: int) -> list[Place]:
        """The first of this tier that the page wants (backwards: the last), in order."""
        tests = self._tests(tier)
        if tests is None:
            return []
        found: list[Place] = []
        beyond: tuple[str, int] | None = None
        if tier is Tier.WHOLE and (len(self.query.words) > 1 or self.where.within):
            found, beyond = await self._abreast(tests, limit)
            if beyond is None:
                return in_order(found, self.cut.backwards)
        size = WALK_BEGIN
        while self.walked + size <= WALKED_MAX:
            rows = await self._chunk(tier, tests, beyond, size, limit - len(found))
            self.walked += size
            hits = [(int(tier), row[0], row[1]) for row in rows if row[2]]
            found += hits
            if len(found) >= limit or len(hits) == len(rows):
                return in_order(found, self.cut.backwards)
            beyond = rows[-1][0], rows[-1][1]
            size = next_size(size, len(hits), limit - len(found))
        rest = await self._rest(tier, tests, beyond, limit - len(found))
        found += [(int(tier), row[0], row[1]) for row in rest]
        return in_order(found, self.cut.backwards)

    async def _abreast(
        self, tests: Where, limit: int
    ) -> tuple[list[Place], tuple[str, int] | None]:
        """The first items that have each word as a whole, by the words' lists beside each other
        (abreast.py); and how far these were read, None: no further reading is needed."""
        tier, lead = Tier.WHOLE, self.query.lead
        lists = [*map(listed_by_word, self.query.whole_terms()), *self.where.within]
        found: list[Place] = []
        beyond: tuple[str, int] | None = None
        passed, size = 0, abreast.STEPS[0]
        while passed + size <= abreast.ROWS_MAX:
            place = self.cut.keyset(tier, beyond, by_id=True)
            missing = limit - len(found)
            sql, parameters = abreast.statement(lists, tests, place, size, missing)
            *hits, end = await self.reading.rows(sql, *parameters)
            found += [(int(tier), lead, row[0]) for row in hits]
            if end[0] is None:
                return found, None
            beyond = lead, end[0]
            passed += size
            size = abreast.step_for(wanted_rows(size, len(hits), missing - len(hits), 4 * size))
        return found, beyond

    async def _chunk(
        self, tier: Tier, tests: Where, beyond: tuple[str, int] | None, size: int, limit: int
    ) -> Sequence[Row]:
        """(term, item id, 1) of the first `limit` wanted ones among the tier's next `size` rows;
        behind them, if they are fewer, the last of these rows, with 0, which is missing where the
        tier has no more.

        To hand over all rows would take twice as long as to look at them. CROSS JOIN: SQLite then
        reads these rows first and the items by their ids. The size stands in the text: a plan
        that PostgreSQL keeps would reckon with a tenth of the table. CASE: nor does it read the
        items of a category first."""
        source, parameters, direction = self._source(tier, beyond)
        return await self.reading.rows(
            "SELECT term, item_id, wanted FROM (WITH hits AS (SELECT walked.term, walked.item_id "
            f"FROM ({source} LIMIT {size}) walked CROSS JOIN item WHERE item.id = walked.item_id "
            f"AND CASE WHEN {tests.sql} THEN 1 ELSE 0 END = 1 "
            f"ORDER BY walked.term {direction}, walked.item_id {direction} LIMIT ?) "
            "SELECT term, item_id, 1 AS wanted FROM hits "
            f"UNION ALL SELECT term, item_id, 0 FROM ({source} LIMIT 1 OFFSET {size - 1}) newest "
            "WHERE (SELECT count(*) FROM hits) < ?) tested "
            f"ORDER BY wanted DESC, term {direction}, item_id {direction}",
            *parameters,
            *tests.parameters,
            limit,
            *parameters,
            limit,
        )

    async def _rest(
        self, tier: Tier, tests: Where, beyond: tuple[str, int] | None, limit: int
    ) -> Sequence[Row]:
        """What a walk did not reach, by the words' lists."""
        wanted = tests.copy()
        if len(self.query.words) > 1:
            add_intersection(wanted, self.query)
        source, parameters, direction = self._source(tier, beyond)
        return await self.scanning.rows(
            f"SELECT walked.term, walked.item_id FROM ({source}) walked "
            f"CROSS JOIN item WHERE item.id = walked.item_id AND {wanted.sql} "
            f"ORDER BY walked.term {direction}, walked.item_id {direction} LIMIT ?",
            *parameters,
            *wanted.parameters,
            limit,
        )

    def _source(
        self, tier: Tier, beyond: tuple[str, int] | None
    ) -> tuple[str, tuple[Any, ...], str]:
        """Rows of a tier in their order, those that belong to a better one among them: a
        statement, its parameters, and in which direction its terms and ids go."""
        place = self.cut.keyset(tier, beyond, tier is Tier.NAME)
        if tier is Tier.NAME:
            sql = (
                "SELECT '' AS term, id AS item_id FROM item WHERE name_key = ? "
                f"AND {place.condition} ORDER BY id {place.direction}"
            )
            return sql, (self.query.name_key, *place.parameters), place.direction
        sql = (
            f"SELECT term, item_id FROM item_term WHERE term >= ? AND term < ? "
            f"AND {place.condition} "
            f"ORDER BY term {place.direction}, item_id {place.direction}"
        )
        return sql, (*self._range(tier), *place.parameters), place.direction

    def _range(self, tier: Tier) -> tuple[str, str]:
        lead = self.query.lead
        match tier:
            case Tier.SKU:
                begin = WHOLE_SKU + self.query.code
            case Tier.WHOLE:
                return lead, f"{lead} "
            case Tier.DESCRIPTION_LEAD:
                begin = TOLD + lead[: TERM_MAX - 1]
            case _:
                begin = lead
        return begin, begin + TERM_END

    def _tests(self, tier: Tier) -> Where | None:
        """What a row of the tier's source must be to belong to it; None: nothing can."""
        query, tests = self.query, self.where.copy()
        if tier is Tier.SKU and not query.code:
            return None
        if tier >= Tier.DESCRIPTION:
            return self._description_tests(tier, tests)
        for item_id in self.exact:
            tests.add("item.id <> ?", item_id)
        dialect = self.reading.dialect
        add_all_begin(tests, dialect, query)
        if tier > Tier.SKU:
            add_not_sku(tests, dialect, query)
        if tier > Tier.NAME:
            add_not_named(tests, query)
        whole, *parts = all_have(dialect, [f" {word} " for word in query.words])
        if tier is Tier.WHOLE:
            tests.add(whole, *parts)
        if tier is Tier.BEGINNING:
            tests.add(f"NOT ({whole})", *parts)
            self._add_first(tests, query.lead)
        return tests

    def _description_tests(self, tier: Tier, tests: Where) -> Where | None:
        query, dialect = self.query, self.reading.dialect
        if not query.told or (tier is Tier.DESCRIPTION and len(query.words) == 1):
            return None
        for item_id in self.exact:
            tests.add("item.id <> ?", item_id)
        add_words(tests, dialect, query)
        if tier is Tier.DESCRIPTION:
            elsewhere, *parts = all_have(dialect, [f" {word}" for word in query.words])
            tests.add(f"NOT ({elsewhere})", *parts)
            self._add_first(tests, query.lead)
        else:
            tests.add(f"NOT ({dialect.has('search_text')})", f" {query.lead}")
            self._add_first(tests, TOLD + query.lead[: TERM_MAX - 1])
        return tests

    def _add_first(self, tests: Where, begin: str) -> None:
        """Only the row of an item's first term that begins so: an item stands in a list once."""
        dialect = self.reading.dialect
        here = dialect.place_of("' ' || walked.term || ' '", "search_text")
        tests.add(f"{here} = {dialect.place_of('?', 'search_text')}", f" {begin}")


def next_size(size: int, hits: int, missing: int) -> int:
    """How many rows to read next, where `size` had so many hits; at most WALK_GO_MAX."""
    return max(WALK_BEGIN, min(wanted_rows(size, hits, missing, 4 * size), WALK_GO_MAX))


def wanted_rows(size: int, hits: int, missing: int, most: int) -> int:
    """In how many rows the missing ones should be, and a quarter more, where `size` had so many
    hits; at most `most`."""
    return min(missing * size * 5 // (hits * 4), most) if hits else most
