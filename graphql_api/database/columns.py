"""What a migration says to change a column of a filled table."""

from __future__ import annotations

from typing import Any

from tortoise.fields import CharField
from tortoise.migrations.operations import AlterField
from tortoise.migrations.schema_generator.state import State

from graphql_api.database.ddl import is_sqlite, rebuild, run


class Widen(AlterField):
    """A text column takes longer texts. Not Tortoise's AlterField: on SQLite that makes the table
    anew without its indexes."""

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: Any = None
    ) -> None:
        if state_editor is None:
            return
        key = app_label, self.model_name
        old, new = (_length(state, key, self.name) for state in (old_state, new_state))
        assert new >= old, f"{self.name} would lose the ends of its texts"
        table = new_state.models[key].table
        if is_sqlite(state_editor):
            before, after = (f'"{self.name}" VARCHAR({length})' for length in (old, new))
            await rebuild(state_editor, table, "", lambda create: create.replace(before, after, 1))
        else:
            await run(
                state_editor,
                f'ALTER TABLE "{table}" ALTER COLUMN "{self.name}" TYPE varchar({new})',
            )


def _length(state: State, key: tuple[str, str], name: str) -> int:
    field = state.models[key].fields[name]
    assert isinstance(field, CharField)
    return field.max_length
