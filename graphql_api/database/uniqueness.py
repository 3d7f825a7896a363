"""What a migration says to let the values of a column repeat from now on.

Not Tortoise's AlterField by itself: on SQLite it makes the table anew without its indexes.
"""

from __future__ import annotations

import re
from typing import Any

from tortoise.migrations.operations import AlterField
from tortoise.migrations.schema_generator.state import State

from graphql_api.database.ddl import is_sqlite, rebuild, run


class NotUnique(AlterField):
    """The column of a field is unique no more. `field`: as the model has it now."""

    def describe(self) -> str:
        return f"Let {self.name} of {self.model_name} repeat"

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: Any = None
    ) -> None:
        if state_editor is None:
            return
        table = new_state.models[app_label, self.model_name].table
        if is_sqlite(state_editor):
            await rebuild(state_editor, table, "", lambda create: _without(create, self.name))
            return
        for (constraint,) in await _constraints(state_editor, table, self.name):
            await run(state_editor, f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')


def _without(create: str, column: str) -> str:
    """A CREATE TABLE as Tortoise writes it, without the column's UNIQUE."""
    edited, count = re.subn(
        rf'("{column}" [A-Z]+(?:\(\d+\))?(?: NOT NULL)?) +UNIQUE', r"\1", create
    )
    assert count == 1, f"{column} is not unique here: {create}"
    return edited


async def _constraints(editor: Any, table: str, column: str) -> list[tuple[str]]:
    question = (
        "SELECT k.conname FROM pg_constraint k "
        "JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum] "
        "WHERE k.contype = 'u' AND k.conrelid = to_regclass($1) AND a.attname = $2"
    )
    rows = (await editor.client.execute_query(question, [table, column]))[1]
    return [(str(row["conname"]),) for row in rows]
