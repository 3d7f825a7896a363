"""Many rows in one statement of PostgreSQL, whose parameters are whole columns.

A driver's `executemany` has the server run its statement from begin to end for each row. Here the
columns come as arrays that the statement lays beside each other (`unnest`), so it is begun, ended
and answered once for all rows. Sources: PostgreSQL 15, 9.19 (unnest of several arrays), 7.2.1.4.

Of what type each array is, is asked of the server once, by preparing the statement of one row, and
kept with the pool.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from graphql_api.database.dialect import Dialect
from graphql_api.database.postgres import TransactionWrapper
from graphql_api.database.tortoise_parts import parameter_types, pool_of

FEW = 4  # rows; fewer go one by one
ROWS_AT_ONCE = 4_000  # of one statement, so that none takes long

_INSERT = re.compile(
    r"(?P<into>INSERT INTO \w+ \((?P<columns>[\w, ]+)\) )VALUES \([?, ]+\)"
    r"(?P<conflict> ON CONFLICT \((?P<key>\w+)\) .+)?",
    re.DOTALL,
)
_UPDATE = re.compile(r"UPDATE (?P<table>\w+) SET (?P<columns>\w+ = \?(, \w+ = \?)*) WHERE id = \?")


async def change_at_once(
    client: TransactionWrapper, sql: str, rows: Sequence[Sequence[Any]], *, unordered: bool
) -> bool:
    """Run a change of one row for all of `rows`: an INSERT, or where their order says nothing an
    UPDATE of plain columns by the id. False, and nothing is done: it must be run for each, since
    it is another statement, or there are few, or a row comes twice, which one statement may not
    touch twice."""
    if len(rows) < FEW:
        return False
    template = _at_once(sql, rows, unordered)
    if template is None:
        return False
    statement = template.format(arrays=await _arrays(client, sql))
    for at in range(0, len(rows), ROWS_AT_ONCE):
        columns = zip(*rows[at : at + ROWS_AT_ONCE], strict=True)
        await client.execute_query(statement, list(columns))
    return True


def _at_once(sql: str, rows: Sequence[Sequence[Any]], unordered: bool) -> str | None:
    """The statement for all rows, still without its arrays."""
    if (insert := _INSERT.fullmatch(sql)) is not None:
        if insert["key"] is not None:
            at = insert["columns"].split(", ").index(insert["key"])
            if _has_twins(rows, at):
                return None
        return f"{insert['into']}SELECT * FROM unnest({{arrays}}){insert['conflict'] or ''}"
    if unordered and (update := _UPDATE.fullmatch(sql)) is not None and not _has_twins(rows, -1):
        columns = [change.removesuffix(" = ?") for change in update["columns"].split(", ")]
        changes = ", ".join(f"{name} = given.{name}" for name in columns)
        return (
            f"UPDATE {update['table']} SET {changes} FROM unnest({{arrays}}) AS given "
            f"({', '.join(columns)}, id) WHERE {update['table']}.id = given.id"
        )
    return None


def _has_twins(rows: Sequence[Sequence[Any]], at: int) -> bool:
    return len({row[at] for row in rows}) < len(rows)


async def _arrays(client: TransactionWrapper, sql: str) -> str:
    """The arguments of `unnest`: an array of each parameter's type."""
    kept: dict[str, str] = pool_of(client).arrays
    if sql not in kept:
        types = await parameter_types(client, Dialect.POSTGRES.statement(sql))
        kept[sql] = ", ".join(f"${n}::{name}[]" for n, name in enumerate(types, start=1))
    return kept[sql]
