"""What migrations do beyond Tortoise's operations, on each database in its own way."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Step = Callable[[Any, Any], Awaitable[None]]


def never_below_zero(table: str, column: str) -> Step:
    """Refuse a negative `column`, whoever writes it: Tortoise creates no CHECK by itself."""

    async def step(_apps: Any, editor: Any) -> None:
        if is_sqlite(editor):
            # SQLite adds no CHECK to a table that stands, so it is made anew, with its rows. A
            # trigger would do it too, but opens a statement journal for each row, whose cost
            # grows with what the savepoint has touched: a third of an import's time.
            check = f"CONSTRAINT {table}_{column}_not_negative CHECK ({column} >= 0)"
            await rebuild(editor, table, check)
        else:
            await run(
                editor,
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_not_negative "
                f"CHECK ({column} >= 0)",
            )

    return step


def compare_bytes(table: str, column: str, characters: int) -> Step:
    """Compare `column` byte by byte on PostgreSQL, as SQLite does by itself."""

    async def step(_apps: Any, editor: Any) -> None:
        if not is_sqlite(editor):
            await run(
                editor,
                f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({characters}) COLLATE "C"',
            )

    return step


# What may follow the closing bracket of CREATE TABLE: options, and Tortoise's comment.
_END = re.compile(r"\)(?:\s|,|;|WITHOUT\s+ROWID|STRICT|/\*(?:[^*]|\*(?!/))*\*/)*\Z", re.IGNORECASE)


async def no_sequence(editor: Any, table: str, key: str) -> None:
    """The table's ids are given, not drawn: its `key` gets no number by itself any more.

    On SQLite such a key is an ordinary column with an index, as Tortoise makes it.
    """
    if is_sqlite(editor):
        drawn, given = (f'"{key}" {how}' for how in (_DRAWN, "BIGINT NOT NULL PRIMARY KEY"))
        await rebuild(editor, table, "", lambda create: create.replace(drawn, given, 1))
    else:
        await run(editor, f"ALTER TABLE {table} ALTER COLUMN {key} DROP DEFAULT")
        await run(editor, f"DROP SEQUENCE IF EXISTS {table}_{key}_seq")


_DRAWN = "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"  # as Tortoise writes it


async def rebuild(
    editor: Any, table: str, constraint: str, edited: Callable[[str], str] = str
) -> None:
    """Make `table` anew on SQLite with one more constraint; rows, indexes and triggers stay.

    constraint: several have commas between them; empty: none. edited: what else becomes of its
    CREATE TABLE.

    The rows go aside and come back, so that whatever speaks of the table by its name still does.
    Source: SQLite, "ALTER TABLE", 7, whose renaming would change those.
    """
    made = await _rows(
        editor,
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
        "ORDER BY type <> 'table', rowid",
        table,
    )
    create, *others = (row[0] for row in made)
    create = edited(create)
    end = _END.search(create)
    assert end is not None, f"this is no table that can be made anew: {create}"
    await _refuse_to_cascade(editor, table)
    columns = await _rows(
        editor, "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", table
    )
    names = ", ".join(f'"{row[0]}"' for row in columns)
    last_id = await _last_id(editor, table)
    kept = f"{table}_before"
    await run(editor, f"CREATE TABLE {kept} AS SELECT {names} FROM {table}")
    await run(editor, f"DROP TABLE {table}")
    head, tail = create[: end.start()].rstrip(), create[end.start() :]
    await run(editor, f"{head},\n    {constraint}\n{tail}" if constraint else create)
    await run(editor, f"INSERT INTO {table} ({names}) SELECT {names} FROM {kept}")
    await run(editor, f"DROP TABLE {kept}")
    if last_id is not None and _DRAWN in create:  # ids of deleted rows are not given out again
        await run(editor, f"DELETE FROM sqlite_sequence WHERE name = '{table}'")
        await run(editor, f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {last_id})")
    for other in others:
        await run(editor, other)


async def _refuse_to_cascade(editor: Any, table: str) -> None:
    """Dropping a table deletes what refers to its rows, while foreign keys are heeded."""
    heeded = (await _rows(editor, "PRAGMA foreign_keys"))[0][0]
    referring = await _rows(
        editor,
        "SELECT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f "
        "WHERE m.type = 'table' AND lower(f.\"table\") = lower(?)",
        table,
    )
    assert not (heeded and referring), f"{referring[0][0]} refers to {table}: turn foreign_keys off"


async def _last_id(editor: Any, table: str) -> int | None:
    """The newest id of a table with AUTOINCREMENT; None: it has none."""
    if not await _rows(editor, "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        return None
    found = await _rows(editor, "SELECT seq FROM sqlite_sequence WHERE name = ?", table)
    return found[0][0] if found else None


async def _rows(editor: Any, question: str, *parameters: str) -> Sequence[Any]:
    rows: Sequence[Any] = (await editor.client.execute_query(question, list(parameters)))[1]
    return rows


def is_sqlite(editor: Any) -> bool:
    """Whether the migration runs on SQLite."""
    return bool(editor.client.capabilities.dialect == "sqlite")


async def run(editor: Any, statement: str) -> int:
    """Run a statement; how many rows it touched."""
    if editor.collect_sql:
        editor.collected_sql.append(statement)
        return 0
    touched: int = (await editor.client.execute_query(statement))[0]
    return touched
