"""Migrating: whole or not at all, and by one process at a time."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.migration import Migration
from tortoise.migrations.schema_generator.state import State

from graphql_api.database.connection import Connection
from graphql_api.database.database import Database
from graphql_api.database.migrating import Executor, alone_on_postgres, alone_on_sqlite
from graphql_api.database.sqlite import FileClient
from graphql_api.database.url import postgres_credentials
from graphql_api.errors import ConfigurationError
from graphql_api.process import migrate, open_services
from tests import forks
from tests.campaigns import only_full
from tests.conftest import settings_for
from tests.database import killed_migration as places
from tests.database.shape import shape
from tests.databases import Maker, PostgresMaker
from tests.patience import PATIENCE_S
from tests.streams import eventually

PROCESSES = 10
KILLED = -9
OF_0_1_0 = ("0001_initial", "0002_notifications_and_push", "0003_edit_leases", "0004_figures")


async def ended(url: str, *arguments: str) -> list[int]:
    """How the processes ended that migrate this database; see killed_migration.py."""
    done = await asyncio.to_thread(
        forks.run,
        [sys.executable, "-m", places.__name__, *arguments],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    told = done.stdout.split()[-len(arguments) :]
    return [int(code) for code in told if code.lstrip("-").isdigit()]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[Connection]:
    """A transaction to migrate in."""
    if database.file is None:
        async with database.transaction() as connection:
            yield connection
    else:
        with database._entered():
            async with alone_on_sqlite(database.writing, database.faults, 60.0) as connection:
                yield connection


async def one_step(database: Database) -> str | None:
    """Apply the next migration alone; its name, None: there is none."""
    async with alone(database) as connection:
        executor = database._migrations(connection)
        steps = await executor.missing()
        if not steps:
            return None
        left, state = _states.get(database, (0, None))
        executor.state = state if left == len(steps) else None
        await executor.apply(steps[0])
        _states[database] = len(steps) - 1, executor.state
        return steps[0].migration.name


# Where the last step left the models, and how many steps were left: they take long to replay.
_states: WeakKeyDictionary[Database, tuple[int, State | None]] = WeakKeyDictionary()


async def is_whole(url: str) -> bool:
    """Whether the next start makes what is missing, once."""
    async with opened(url) as database:
        await migrate(database)
        assert await database.pending_migrations() == []
        for table in ("log_head", "location"):
            rows = await database.reading.rows(f"SELECT id FROM {table}")
            assert [row["id"] for row in rows] == [1]
    return True


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite://{tmp_path / 'new.sqlite3'}"
    maker: PostgresMaker = request.getfixturevalue("postgres_maker")
    return maker.empty()


@pytest.mark.campaign
async def test_the_tables_are_those_that_tortoise_itself_makes(
    empty: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It copies the models before each operation, and our way of applying them does not."""

    async def make(self: Executor, migration: Migration, state: State) -> None:
        await migration.apply(state, schema_editor=self._schema_editor())

    kind = empty.split(":")[0]
    maker: Maker = request.getfixturevalue(f"{kind}_maker")
    async with opened(maker.fresh()) as database:
        ours = await shape(database.reading)
    monkeypatch.setattr(Executor, "_make", make)
    monkeypatch.setattr(Executor, "_project_state", MigrationExecutor._project_state)
    async with opened(empty) as database:
        await migrate(database)
        assert await shape(database.reading) == ours


# On one new file: also by the next test, which starts no process.
@pytest.mark.parametrize("empty", [only_full("sqlite"), "postgres"], indirect=True)
async def test_ten_processes_that_begin_at_once_on_one_new_database_all_succeed(empty: str) -> None:
    """How the bug came about: each saw that no table was there, and made it."""
    found = await ended(empty, places.AT_ONCE, *[places.NOWHERE] * PROCESSES)
    assert found == [0] * PROCESSES
    assert await is_whole(empty)


async def test_services_that_open_at_once_on_one_new_file_all_succeed(tmp_path: Path) -> None:
    settings = settings_for(f"sqlite://{tmp_path / 'new.sqlite3'}")

    async def head() -> str:
        async with open_services(settings) as services:
            return (await services.log.head()).epoch

    assert len(set(await asyncio.gather(*(head() for _ in range(4))))) == 1


async def test_a_new_file_that_another_one_is_writing_is_come_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: the first refused try to connect kept Tortoise's lock, and the
    second waited for it for ever."""
    tries, connect = [], FileClient.create_connection

    async def counted(self: FileClient, with_db: bool) -> None:
        tries.append(self)
        await connect(self, with_db)

    monkeypatch.setattr(FileClient, "create_connection", counted)
    file = tmp_path / "new.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")  # nobody turns the file to WAL meanwhile
        database = Database(f"sqlite://{file}")
        opening = asyncio.create_task(database.open())
        await eventually(lambda: len(tries) >= 3)
        writing.execute("COMMIT")
    async with asyncio.timeout(PATIENCE_S):
        await opening
    assert database.reading.client is tries[0] is tries[2]
    await database.close()


async def test_a_process_killed_anywhere_leaves_what_the_next_start_completes(empty: str) -> None:
    """How the bug came about: the tables stood, their migration was not noted, or the log had no
    first row, and no start could do anything about it."""
    way = ["made 1", "noted 2", "made 1", places.BEFORE_HEAD, places.BEFORE_LOCATION]
    way += [places.BEFORE_COMMIT, places.AFTER_COMMIT]  # each goes on where the last one died
    assert await ended(empty, *way) == [KILLED] * len(way)
    assert await is_whole(empty)


@pytest.mark.campaign
async def test_on_postgres_a_kill_after_each_migration_keeps_it(
    postgres_maker: PostgresMaker,
) -> None:
    url = postgres_maker.empty()
    async with opened(url) as database:
        count = len(await database.pending_migrations())
    found = await ended(url, *["noted 1"] * count, places.NOWHERE)
    assert found == [KILLED] * count + [0]
    assert await is_whole(url)


async def test_on_sqlite_a_killed_migration_leaves_no_table_behind(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    assert await ended(f"sqlite://{file}", places.BEFORE_COMMIT) == [KILLED]
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


@pytest.mark.parametrize("table", ["log_head", "location"])
async def test_a_file_without_its_first_rows_is_completed_at_the_start(
    tmp_path: Path, table: str
) -> None:
    """How the bug came about: version 0.1.0 was killed between the tables and these rows."""
    file = tmp_path / "killed.sqlite3"
    async with open_services(settings_for(f"sqlite://{file}")):
        pass
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"DELETE FROM {table}")
    async with open_services(settings_for(f"sqlite://{file}")) as services:
        assert (await services.log.head()).position == 0
        assert await services.database.reading.row("SELECT 1 FROM location WHERE id = 1")


@pytest.mark.parametrize("killed_in", [OF_0_1_0[0], *map(only_full, OF_0_1_0[1:])])
async def test_a_migration_that_0_1_0_made_and_was_killed_before_noting_is_noted(
    empty: str, killed_in: str
) -> None:
    """How the bug came about: Tortoise notes a migration after the commit that made its tables."""
    async with opened(empty) as database:
        while await one_step(database) != killed_in:
            pass
        noted = "DELETE FROM tortoise_migrations WHERE name = ?"
        assert await database.writing.change(noted, killed_in) == 1
    assert await is_whole(empty)


async def test_who_waits_too_long_for_a_file_is_told(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path / 'held.sqlite3'}"
    async with opened(url) as holder, opened(url) as waiter:
        await waiter.writing.client.execute_query("PRAGMA busy_timeout = 1")
        async with alone(holder):
            with pytest.raises(ConfigurationError, match="another process"):
                async with waiter.migrating(wait_s=0.1):
                    pass
        async with waiter.migrating() as (_, applied):
            assert applied


async def test_who_waits_too_long_for_postgres_is_told(postgres_maker: PostgresMaker) -> None:
    url = postgres_maker.empty()
    async with opened(url) as database:
        async with alone_on_postgres(postgres_credentials(url), 60.0):
            with pytest.raises(ConfigurationError, match="another process"):
                async with database.migrating(wait_s=0.1):
                    pass
        async with database.migrating() as (_, applied):
            assert applied
