"""What migrations do beyond Tortoise's operations, on each database in its own way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Step = Callable[[Any, Any], Awaitable[None]]


def never_below_zero(table: str, column: str) -> Step:
    """Refuse a negative `column`, whoever writes it: Tortoise creates no CHECK by itself."""

    async def step(_apps: Any, editor: Any) -> None:
        if _is_sqlite(editor):
            # SQLite adds no CHECK to a table that stands, so the (still empty) table is made
            # anew. A trigger would do it too, but opens a statement journal for each row, whose
            # cost grows with what the savepoint has touched: a third of an import's time.
            _, made = await editor.client.execute_query(
                "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
                "ORDER BY type = 'index'",
                [table],
            )
            create, *indexes = (row[0] for row in made)
            check = f"CONSTRAINT {table}_{column}_not_negative CHECK ({column} >= 0)"
            await _run(editor, f"DROP TABLE {table}")
            await _run(editor, f"{create.rstrip().removesuffix(')').rstrip()},\n    {check}\n)")
            for index in indexes:
                await _run(editor, index)
        else:
            await _run(
                editor,
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_not_negative "
                f"CHECK ({column} >= 0)",
            )

    return step


def compare_bytes(table: str, column: str, characters: int) -> Step:
    """Compare `column` byte by byte on PostgreSQL, as SQLite does by itself."""

    async def step(_apps: Any, editor: Any) -> None:
        if not _is_sqlite(editor):
            await _run(
                editor,
                f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({characters}) COLLATE "C"',
            )

    return step


def _is_sqlite(editor: Any) -> bool:
    return bool(editor.client.capabilities.dialect == "sqlite")


async def _run(editor: Any, statement: str) -> None:
    if editor.collect_sql:
        editor.collected_sql.append(statement)
    else:
        await editor.client.execute_query(statement)
