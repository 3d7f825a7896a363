"""Migrating filled tables loses nothing: each table of each earlier state has rows."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from graphql_api.database.database import Database
from graphql_api.database.ddl import never_below_zero
from graphql_api.database.dialect import Dialect
from tests.database.shape import shape
from tests.database.test_migrating import alone, empty, one_step, opened

__all__ = ["empty"]  # a fixture

ROWS = 3  # to each table in each state
JSON = {"alert_ids", "after", "before", "changes", "codes", "marks", "payload", "reading", "result"}
# Columns that a migration may change in rows that stay.
MOVED_ON = {
    ("log_head", "last_id"),
    ("item", "sku_key"),
    ("item", "name_key"),
    ("item", "search_text"),
    ("item", "signature"),
    ("location", "code_key"),
    ("user_account", "email_key"),
}
MADE_ANEW = {"item_term"}  # of the rows of other tables
Rows = dict[str, list[dict[str, Any]]]


async def columns(database: Database) -> dict[str, dict[str, str]]:
    """Every table of ours, its columns and their types, with the length of a text."""
    if database.dialect is Dialect.SQLITE:
        question = (
            "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_xinfo(m.name) c "
            "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
        )
    else:
        question = (
            "SELECT table_name, column_name, data_type || '(' || "
            "coalesce(character_maximum_length, 99) || ')' "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in await database.reading.rows(question):
        if table != "tortoise_migrations":
            found.setdefault(table, {})[column] = kind.lower()
    return found


def literal(column: str, kind: str, number: int) -> str:
    """A value that no other row has, as both databases take it for any type."""
    if column in JSON:
        return "'{}'"
    if "bool" in kind:
        return f"'{number % 2}'"
    if "char" in kind or "text" in kind:
        length = int((re.search(r"\d+", kind) or ["99"])[0])
        return f"'{f'{number}{column}'[:length]}'"
    return f"'{number}'"


async def fill(database: Database, state: int) -> None:
    tables = await columns(database)
    refer = {table: set[str]() for table in tables}
    for part, like in (await shape(database.reading)).items():
        if "foreign key" in part:
            refer[part.split(",")[0]].add(like.split("(")[0])
    for table in TopologicalSorter(refer).static_order():  # what is referred to comes first
        kinds = tables[table]
        names = ", ".join(f'"{column}"' for column in kinds)
        # Far from what a migration numbers rows by, and a smallint; 2002 in the first state.
        first = 950 * state + 1_052
        for number in range(first, first + ROWS):
            values = ", ".join(literal(column, kind, number) for column, kind in kinds.items())
            await database.writing.change(f'INSERT INTO "{table}" ({names}) VALUES ({values})')


async def content(database: Database, state: int) -> Rows:
    """Every row. `state` makes the statements new ones: a kept plan knows the old columns."""
    return {
        table: [
            {name: row[name] for name in kinds}
            for row in await database.reading.rows(f'SELECT * FROM "{table}" /* {state} */')
        ]
        for table, kinds in (await columns(database)).items()
    }


def assert_kept(before: Rows, after: Rows, migration: str) -> None:
    for table, rows in before.items():
        assert table in after, f"{migration} drops {table}"
        kept = [name for name in rows[0] if (table, name) not in MOVED_ON]
        if table in MADE_ANEW:
            continue
        assert set(kept) <= set(after[table][0]), f"{migration} drops columns of {table}"
        found = [[row[name] for name in kept] for row in after[table]]
        for row in rows:
            assert [row[name] for name in kept] in found, f"{migration} loses a row of {table}"


async def test_rows_of_every_earlier_state_reach_the_newest(empty: str) -> None:
    """How the bug came about: a step dropped the table and made it anew, empty."""
    async with opened(empty) as database:
        migration, state = await one_step(database), 0
        assert migration is not None
        while migration is not None:
            state += 1
            await fill(database, state)
            before = await content(database, 2 * state)
            migration = await one_step(database)
            assert_kept(before, await content(database, 2 * state + 1), str(migration))
        assert state > 1
        for table, column in (("item", "stock"), ("level", "quantity")):
            with pytest.raises(IntegrityError):
                await database.writing.change(f"UPDATE {table} SET {column} = -1")


THING = """CREATE TABLE thing (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, n INTEGER /* so ) many */, twice AS (2 * n)
) /* Things (of a test). */"""


async def test_a_check_comes_to_a_filled_sqlite_table_and_all_else_stays(tmp_path: Path) -> None:
    async with opened(f"sqlite://{tmp_path / 'a.sqlite3'}") as database:
        run = database.writing.client.execute_query
        for statement in (
            THING,
            "CREATE INDEX thing_by_n ON thing (n)",
            "CREATE TABLE part (thing_id INTEGER REFERENCES thing ON DELETE CASCADE)",
            "CREATE TRIGGER counted AFTER INSERT ON thing BEGIN INSERT INTO part VALUES (1); END",
            "INSERT INTO thing (n) VALUES (5), (0), (7)",
            "DELETE FROM thing WHERE id = 3",
        ):
            await run(statement)
        async with alone(database) as connection:
            editor = SimpleNamespace(client=connection.client, collect_sql=False)
            await never_below_zero("thing", "n")(None, editor)
        with pytest.raises(IntegrityError):
            await run("UPDATE thing SET n = -1")
        await run("INSERT INTO thing (n) VALUES (1)")
        rows = await database.reading.rows("SELECT id, n, twice FROM thing ORDER BY id")
        assert [tuple(row) for row in rows] == [(1, 5, 10), (2, 0, 0), (4, 1, 2)]
        assert len(await database.reading.rows("SELECT * FROM part")) == ROWS + 1
        made = await database.reading.rows("SELECT name FROM sqlite_master WHERE sql IS NOT NULL")
        assert {"thing", "thing_by_n", "counted", "part"} <= {row["name"] for row in made}
        assert "thing_before" not in {row["name"] for row in made}


async def test_a_table_that_others_refer_to_is_not_made_anew_while_that_deletes_them(
    tmp_path: Path,
) -> None:
    async with opened(f"sqlite://{tmp_path / 'a.sqlite3'}") as database:
        run = database.writing.client.execute_query
        await run("CREATE TABLE thing (id INTEGER PRIMARY KEY, n INTEGER)")
        await run("CREATE TABLE part (thing_id INTEGER REFERENCES thing ON DELETE CASCADE)")
        editor = SimpleNamespace(client=database.writing.client, collect_sql=False)
        with pytest.raises(AssertionError, match="part refers to thing"):
            await never_below_zero("thing", "n")(None, editor)
