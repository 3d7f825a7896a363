"""Items that stand in several lists, each of which an index has in the order of its ids: the lists
of whole words, and of categories. Pure; for ranked.py.

Read side by side, what is in one list alone is passed over without a look at its item: a row of a
list takes 0.1 µs, fetching an item 2. Where one list is much longer than the other nothing is
gained, and the walk goes on without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql_api.database.keyset import Keyset
from graphql_api.inventory.conditions import IdList, Where

STEPS = (1_000, 4_000, 16_000)  # rows of each list in a go; few, so that statements stay few
ROWS_MAX = 20_000  # of each list for one page: some 4 ms


def statement(
    lists: Sequence[IdList], tests: Where, place: Keyset, rows: int, limit: int
) -> tuple[str, list[Any]]:
    """The first `limit` ids of items that stand in the next `rows` of each list and pass the
    tests, with 1. Behind them, if they are fewer, with 0, the id as far as which all lists were
    read; NULL: a list has no more, or they are not fewer.

    place: on a column `id`. The number of rows stands in the text, as in ranked.py."""
    first, *others = [_read(one, place, f" LIMIT {rows}") for one in lists]
    also = "".join(
        f"AND list_0.id IN (SELECT id FROM ({sql}) list_{number}) "
        for number, sql in enumerate(others, 1)
    )
    end = f" LIMIT 1 OFFSET {rows - 1}"
    ends = " UNION ALL ".join(
        f"SELECT id FROM ({_read(one, place, end)}) end_{number}"
        for number, one in enumerate(lists)
    )
    go_on = " AND ".join(f"EXISTS ({_read(one, place, ' LIMIT 1')})" for one in lists)
    nearest = "min" if place.direction == "ASC" else "max"
    sql = (
        f"SELECT id, wanted FROM (WITH hits AS (SELECT list_0.id FROM ({first}) list_0 "
        f"CROSS JOIN item WHERE item.id = list_0.id {also}AND {tests.sql} "
        f"ORDER BY list_0.id {place.direction} LIMIT ?) "
        "SELECT id, 1 AS wanted FROM hits "
        f"UNION ALL SELECT {nearest}(id), 0 FROM ({ends}) ends "
        f"WHERE (SELECT count(*) FROM hits) < ? AND {go_on}) abreast "
        f"ORDER BY wanted DESC, id {place.direction}"
    )
    read = [value for one in lists for value in (*one.parameters, *place.parameters)]
    return sql, [*read, *tests.parameters, limit, *read, limit, *read]


def _read(one: IdList, place: Keyset, limit: str) -> str:
    """A list in its order from a place on."""
    columns = ", ".join(f"{column} {place.direction}" for column in (*one.behind, "id"))
    return f"SELECT id FROM ({one.sql}) listed WHERE {place.condition} ORDER BY {columns}{limit}"


def step_for(wanted: int) -> int:
    """How many rows to read where so many should do."""
    return next((step for step in STEPS if step >= wanted), STEPS[-1])
