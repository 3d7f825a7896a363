"""What migrations do beyond Tortoise's operations, on each database in its own way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Step = Callable[[Any, Any], Awaitable[None]]


def never_below_zero(table: str, column: str) -> Step:
    """Refuse a negative `column`, whoever writes it. Tortoise creates no CHECK, and SQLite
    cannot add one to a table, so there a trigger does it."""

    async def step(_apps: Any, editor: Any) -> None:
        if _is_sqlite(editor):
            for moment in ("INSERT", f"UPDATE OF {column}"):
                name = f"{table}_{column}_{moment.split()[0].lower()}"
                await _run(
                    editor,
                    f"CREATE TRIGGER {name} BEFORE {moment} ON {table} WHEN NEW.{column} < 0 "
                    f"BEGIN SELECT RAISE(ABORT, '{table}.{column} below zero'); END",
                )
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
