"""What a migration says to let rows that only name others by an id refer to them from now on.

Not Tortoise's AddField and RemoveField: they would drop the column with its ids, and on SQLite
make the table anew without its indexes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from tortoise.fields import Field
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_generator.state import State

from graphql_api.database.ddl import is_sqlite, no_sequence, rebuild, run
from graphql_api.database.tortoise_parts import foreign_key_name

logger = logging.getLogger(__name__)


class Refer(TortoiseOperation):
    """The columns NAME_id of a model become foreign keys, each with the relation NAME.

    Rows that refer to nothing, as versions without foreign keys may have left them, are deleted
    and counted in the log: nobody can see them, since every reader asks for both.
    """

    def __init__(self, model_name: str, **relations: Any) -> None:
        self.model_name = model_name
        self.relations: dict[str, ForeignKeyFieldInstance[Any]] = relations
        for name, field in relations.items():
            field.source_field, field.to_field = f"{name}_id", "id"  # as the models say it

    def describe(self) -> str:
        return f"Let {self.model_name} refer by {', '.join(self.relations)}"

    def state_forward(self, app_label: str, state: State) -> None:
        """Each relation stands where its column stood."""
        model = self.get_model_state(state, app_label, self.model_name)
        fields: dict[str, Field[Any]] = {}
        for name, field in model.fields.items():
            relation = name.removesuffix("_id")
            if relation != name and relation in self.relations:
                fields[relation] = deepcopy(self.relations[relation])
            else:
                fields[name] = field
        assert self.relations.keys() <= fields.keys(), f"{self.model_name} lacks such a column"
        model.fields = fields
        related = (str(field.model_name) for field in self.relations.values())
        state.reload_models(
            {(app_label, self.model_name), *(state.apps.split_reference(one) for one in related)}
        )

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: Any = None
    ) -> None:
        if state_editor is None:
            return
        table = new_state.models[app_label, self.model_name].table
        references = []
        for name, field in self.relations.items():
            key = state_editor, table, f"{name}_id"
            parent = new_state.models[new_state.apps.split_reference(field.model_name)].table
            await _delete_orphans(*key, parent)
            if field.pk:
                await no_sequence(*key)  # whose id it is gives it out
            action = str(field.on_delete)
            references.append(_reference(*key, parent, action))
        await _add(state_editor, table, references)


def _reference(editor: Any, table: str, column: str, parent: str, action: str) -> str:
    name = foreign_key_name(editor, table, column, parent)
    return (
        f'CONSTRAINT "{name}" FOREIGN KEY ("{column}") REFERENCES "{parent}" ("id") '
        f"ON DELETE {action}"
    )


async def _add(editor: Any, table: str, references: Sequence[str]) -> None:
    if is_sqlite(editor):
        await rebuild(editor, table, ",\n    ".join(references))
    else:
        await run(editor, f"ALTER TABLE {table} " + ", ".join(f"ADD {one}" for one in references))


async def _delete_orphans(editor: Any, table: str, column: str, parent: str) -> None:
    deleted = await run(
        editor,
        f"DELETE FROM {table} WHERE {column} IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {parent} WHERE {parent}.id = {table}.{column})",
    )
    if deleted:
        logger.warning(
            "deleted rows whose %s is of nothing in %s: %d of %s", column, parent, deleted, table
        )
