"""Looking up words of movements in their index. Called by history.py, which says when.

Terms match by their beginning, so what is asked for is a range of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.database.connection import Connection
from graphql_api.inventory.movement_filter import Where

MATCHES_FETCHED_MAX = 2_000  # movements; above it a word is not rare
MATCHES_READ_MAX = 500_000  # of all words of one question together: about 150 ms
TERMS_FOLLOWED_MAX = 50  # that begin alike; each costs a look into the index
TERM_END = "\U0010ffff"  # sorts after every letter: the end of a range of terms that begin alike


async def ids_with_rarest(reading: Connection, starts: Sequence[str]) -> list[int] | None:
    """The movements that have the rarest of these words; None if each has many."""
    counts = {start: await _count(reading, start) for start in starts}
    rarest = min(counts, key=lambda start: counts[start])
    if counts[rarest] > MATCHES_FETCHED_MAX:
        return None
    rows = await reading.rows(
        "SELECT movement_id FROM movement_term WHERE term >= ? AND term < ? "
        f"ORDER BY term, movement_id LIMIT {MATCHES_FETCHED_MAX}",
        rarest,
        rarest + TERM_END,
    )
    return sorted({row[0] for row in rows})


async def are_readable(scanning: Connection, starts: Sequence[str]) -> bool:
    """Whether the lists of all these words are short enough to be intersected."""
    left = MATCHES_READ_MAX
    for start in starts:
        left -= await _count(scanning, start, left)
        if left < 0:
            return False
    return True


async def _count(reading: Connection, start: str, most: int = MATCHES_FETCHED_MAX) -> int:
    """How many movements have a term that begins so; more than `most` are as one more. The order
    keeps databases to the index."""
    row = await reading.row(
        "SELECT count(*) FROM (SELECT 1 FROM movement_term WHERE term >= ? AND term < ? "
        "ORDER BY term, movement_id LIMIT ?) some_of_them",
        start,
        start + TERM_END,
        most + 1,
    )
    assert row is not None
    return int(row[0])


async def terms_to_follow(reading: Connection, starts: Sequence[str]) -> list[str] | None:
    """All terms that begin like one of the words, the first of which there are few such terms;
    None if there are many for each."""
    for start in starts:
        # From each term to the next: DISTINCT would read every row of each.
        rows = await reading.rows(
            "WITH RECURSIVE found(term) AS ("
            "SELECT min(term) FROM movement_term WHERE term >= ? AND term < ? UNION ALL "
            "SELECT (SELECT min(later.term) FROM movement_term later "
            "WHERE later.term > found.term AND later.term < ?) FROM found "
            "WHERE found.term IS NOT NULL) "
            "SELECT term FROM found WHERE term IS NOT NULL LIMIT ?",
            start,
            start + TERM_END,
            start + TERM_END,
            TERMS_FOLLOWED_MAX + 1,
        )
        if len(rows) <= TERMS_FOLLOWED_MAX:
            return [row[0] for row in rows]
    return None


async def first_with(
    reading: Connection, terms: Sequence[str], places: Where, direction: str, most: int
) -> list[int]:
    """The first `most` movements, by id, that have one of these whole terms. places: between which
    ids, as a condition on movement_id."""
    dialect = reading.dialect
    found = dialect.best_of_each(
        "movement_term", "term", "text", places.sql, direction, "movement_id"
    )
    rows = await reading.rows(
        f"SELECT DISTINCT movement_id FROM movement_term WHERE {found} "
        f"ORDER BY movement_id {direction} LIMIT ?",
        dialect.array(terms),
        *places.parameters,
        most,
        most,
    )
    return [row[0] for row in rows]


def intersected(where: Where, starts: Sequence[str]) -> Where:
    """Only movements that are in the lists of all these words: every match is read."""
    if not starts:
        return where
    lists = ["SELECT movement_id FROM movement_term WHERE term >= ? AND term < ?"] * len(starts)
    ends = [end for start in starts for end in (start, start + TERM_END)]
    return where.plus(f"id IN ({' INTERSECT '.join(lists)})", *ends)
