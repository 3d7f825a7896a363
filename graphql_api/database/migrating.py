"""Applies migrations: whole or not at all, and by one process at a time. Called by Database.

Tortoise plans them and knows their statements. It notes a migration after the commit that made
its tables, though: a process killed in between could never migrate again. Here both are one
transaction.

On SQLite the lock is BEGIN IMMEDIATE, and all migrations are one transaction. On PostgreSQL it
is an advisory lock on a connection of its own, so that each migration can be a transaction by
itself and holds the tables that servers use no longer than it must; the lock goes with its
connection, so a killed process frees it. It is one of a transaction, not of a session, because
a pooler in transaction mode would give the session's to somebody else.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import ConnectionHandler
from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField, AddIndex, CreateModel, RunPython
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import (
    AsyncpgSchemaEditor,
    BaseSchemaEditor,
    SqliteSchemaEditor,
)
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model

from graphql_api.database.connection import Connection
from graphql_api.database.faults import Away, DatabaseAway, Faults
from graphql_api.database.patience import Patience
from graphql_api.database.references import Refer
from graphql_api.database.tortoise_parts import create_table_sql, table_of
from graphql_api.database.transactions import transaction
from graphql_api.errors import ConfigurationError

try:
    import asyncpg
except ImportError:  # the extra "postgres" was not installed; told in Database.open
    asyncpg = None

logger = logging.getLogger(__name__)

LOCK_WAIT_S = 120.0  # a migration of large tables takes its time; one that hangs is told
LOCK_KEY = 0x696E_7665_6E74  # "invent", so that it meets no other program's
_KEEPALIVE = {  # a holder whose machine is gone frees the lock in 9 s
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
}


# Operations that ask nothing of the models as they were before them; RunPython changes no model.
_LOOKS_AHEAD = (CreateModel, AddField, AddIndex, Refer, RunPython)


@cache
def _record() -> type[Model]:
    """The table of what was applied, as a model. Made once: Tortoise makes it anew for each
    executor, out of its own source, which it parses again; and parsing may fail when the garbage
    collector comes in between (CPython's issue 106905: SystemError)."""
    return MigrationRecorder(None).model


class _Recorder(MigrationRecorder):
    """Tortoise's, with the one model."""

    def _make_model(self, table_name: str) -> type[Model]:
        model = _record()
        assert table_of(model) == table_name
        return model


class Executor(MigrationExecutor):
    """Tortoise's, on a connection that is in a transaction.

    Private parts of it: `_full_plan_cache`, `_logger`, `_project_state`, `_schema_editor`, and the
    recorder's `_make_model`.
    """

    def __init__(self, connection: BaseDBAsyncClient, apps_config: dict[str, Any]) -> None:
        # Not by Tortoise's own, which would make the recorder's model: see _record.
        self.connection = connection
        self.recorder = _Recorder(connection)
        self.loader = MigrationLoader(apps_config, self.recorder, load=False)
        self._full_plan_cache = None
        self._logger = logger

    # The models as the migrations so far leave them. Made once and carried on, since replaying
    # them takes time. None: not made yet.
    state: State | None = None

    async def missing(self) -> list[PlanStep]:
        """What is to be applied, oldest first. Makes the table of what was applied, before it is
        asked: on PostgreSQL a question without an answer ends the transaction."""
        editor = self._schema_editor()  # an atomic one: it runs no script, which would commit
        made = create_table_sql(editor, self.recorder.model)
        statement = made.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)
        await self.connection.execute_query(statement.rstrip().rstrip(";"))
        return await self.plan(None)

    async def apply(self, step: PlanStep) -> None:
        """Make one migration and note it."""
        migration = step.migration
        if self.state is None:
            self.state = await self._project_state(set(await self.recorder.applied_migrations()))
        if await self._stands(step, self.state):
            await migration.apply(self.state, dry_run=True)
        else:
            await self._make(migration, self.state)
        await self.recorder.record_applied(migration.app_label, migration.name)

    async def _make(self, migration: Migration, state: State) -> None:
        """What Migration.apply does, which copies the models before each operation, whether it
        looks back at them or not: two seconds of a core for a new database."""
        editor = self._schema_editor()
        for operation in migration.operations:
            before = state if isinstance(operation, _LOOKS_AHEAD) else state.clone()
            operation.state_forward(migration.app_label, state)
            await operation.database_forward(migration.app_label, before, state, editor)
        state.validate_relations_initialized()

    async def _project_state(
        self, applied: set[MigrationKey], *, upto: MigrationKey | None = None
    ) -> State:
        """The models that the applied migrations leave. They have no connection: with one, Tortoise
        would make the queries of every model anew after each operation, and nobody runs them."""
        assert upto is None, "migrations here go forward only"
        state = State(models={}, apps=StateApps(connections=ConnectionHandler()))
        for key in self._full_plan():
            migration = self.loader.graph.nodes[key]
            if key in applied and migration is not None:
                await migration.apply(state, dry_run=True)
        return state

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> BaseSchemaEditor:
        """By the database, where Tortoise looks at the name of the client's module."""
        is_sqlite = self.connection.capabilities.dialect == "sqlite"
        kind = SqliteSchemaEditor if is_sqlite else AsyncpgSchemaEditor
        return kind(self.connection, atomic=atomic, collect_sql=collect_sql)

    async def _stands(self, step: PlanStep, state: State) -> bool:
        """Whether a process of version 0.1.0 was killed after it had made this migration, and
        before it noted it. It made them whole, so the first operation tells."""
        operation = step.migration.operations[0]
        if isinstance(operation, CreateModel):
            name = (operation.options or {}).get("table")
            return name is not None and await self._has(name)
        if isinstance(operation, AddIndex):
            return operation.index.name is not None and await self._has(operation.index.name)
        if isinstance(operation, AddField):
            table = state.models[step.migration.app_label, operation.model_name].table
            return await self._has_column(table, operation.name)
        return False

    async def _has(self, name: str) -> bool:
        """Whether there is a table or an index of this name."""
        if self.connection.capabilities.dialect == "sqlite":
            question = "SELECT 1 FROM sqlite_master WHERE name = ?"
        else:
            question = "SELECT 1 WHERE to_regclass(quote_ident($1)) IS NOT NULL"
        return bool((await self.connection.execute_query(question, [name]))[1])

    async def _has_column(self, table: str, name: str) -> bool:
        if self.connection.capabilities.dialect == "sqlite":
            question = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?"
        else:
            question = (
                "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(quote_ident($1)) "
                "AND attname = $2 AND NOT attisdropped"
            )
        return bool((await self.connection.execute_query(question, [table, name]))[1])


@asynccontextmanager
async def alone_on_sqlite(
    parent: Connection, faults: Faults, wait_s: float
) -> AsyncIterator[Connection]:
    """A transaction beside which nobody else writes. Raises ConfigurationError after `wait_s`."""
    patience = Patience(wait_s)
    # Tables are made anew with their rows, and what refers to them must not be deleted with the
    # old one. SQLite heeds this outside of a transaction only.
    await parent.client.execute_query("PRAGMA foreign_keys = OFF")
    try:
        async with AsyncExitStack() as stack:
            while True:
                begun = transaction(parent, faults, immediate=True)
                try:
                    connection = await stack.enter_async_context(begun)
                    break
                except DatabaseAway as fault:
                    if fault.why is not Away.BUSY:
                        raise
                    if patience.is_over:
                        raise ConfigurationError(_told(wait_s)) from fault
                await patience.pause()
            yield connection
            if await connection.rows("SELECT * FROM pragma_foreign_key_check"):
                raise ConfigurationError("a migration would have left references to nothing")
    finally:
        await parent.client.execute_query("PRAGMA foreign_keys = ON")


@asynccontextmanager
async def alone_on_postgres(credentials: dict[str, Any], wait_s: float) -> AsyncIterator[None]:
    """Hold the lock of this database. Raises ConfigurationError after `wait_s`."""
    settings = {**credentials.get("server_settings", {}), **_KEEPALIVE}
    asked = {**credentials, "server_settings": settings, "statement_cache_size": 0}
    connection = await asyncpg.connect(**asked)
    try:
        await connection.execute("BEGIN")
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute(f"SET LOCAL lock_timeout = {max(1, int(wait_s * 1000))}")
        try:
            await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
        except asyncpg.LockNotAvailableError:
            raise ConfigurationError(_told(wait_s)) from None
        yield
    finally:
        connection.terminate()  # which ends its transaction and frees the lock


def _told(wait_s: float) -> str:
    return (
        f"another process has been migrating or writing for {wait_s:g} s; "
        "if it hangs, end it and begin again: nothing of what it did stays half done"
    )
