"""Many rows of one INSERT on PostgreSQL, whose parameters are whole columns.

A driver's `executemany` has the server run its statement from begin to end for each row. Here the
columns come as arrays that the statement lays beside each other (`unnest`), so it is begun, ended
and answered once for all rows. Sources: PostgreSQL 15, 9.19 (unnest of several arrays), 7.2.1.4.

Of what type each array is, is asked of the server once, by preparing the statement of one row, and
kept with the pool. Not for an UPDATE: joined with a table that was small when its plan was made
and kept, it would read all of it ever after.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from graphql_api.database.dialect import Dialect
from graphql_api.database.postgres import TransactionWrapper
from graphql_api.database.tortoise_parts import parameter_types, pool_of

FEW = 4  # rows; fewer go one by one
ROWS_AT_ONCE = 500  # of one statement, so that none takes long

_INSERT = re.compile(
    r"(?P<into>INSERT INTO \w+ \((?P<columns>[\w, ]+)\) )VALUES \([?, ]+\)"
    r"(?P<conflict> ON CONFLICT \((?P<key>\w+)\) [^?{}]+)?",
    re.DOTALL,
)


async def insert_at_once(
    client: TransactionWrapper, sql: str, rows: Sequence[Sequence[Any]]
) -> bool:
    """Run an INSERT of one row for all of `rows`, none of whose values is a list. False, and
    nothing is done: it must be run for each, since it is another statement, or the rows are few,
    or one comes twice, which one statement may not touch twice."""
    parts = _INSERT.fullmatch(sql)
    if parts is None or len(rows) < FEW or _has_twins(parts, rows):
        return False
    arrays = await _arrays(client, sql)
    statement = f"{parts['into']}SELECT * FROM unnest({arrays}){parts['conflict'] or ''}"
    for at in range(0, len(rows), ROWS_AT_ONCE):
        columns = zip(*rows[at : at + ROWS_AT_ONCE], strict=True)
        await client.execute_query(statement, list(columns))
    return True


def _has_twins(parts: re.Match[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Whether two may be one by the column that ON CONFLICT looks at."""
    if parts["key"] is None:
        return False
    columns = parts["columns"].split(", ")
    if parts["key"] not in columns:
        return True
    at = columns.index(parts["key"])
    return len({row[at] for row in rows}) < len(rows)


async def _arrays(client: TransactionWrapper, sql: str) -> str:
    """The arguments of `unnest`: an array of each parameter's type."""
    kept: dict[str, str] = pool_of(client).arrays
    if sql not in kept:
        types = await parameter_types(client, Dialect.POSTGRES.statement(sql))
        kept[sql] = ", ".join(f"${n}::{name}[]" for n, name in enumerate(types, start=1))
    return kept[sql]
