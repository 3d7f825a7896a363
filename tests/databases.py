"""Fresh databases for tests, from a template that was migrated once: a SQLite file is copied, a
PostgreSQL database is emptied and used again, which is several times cheaper than a new one."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from tortoise.migrations.executor import MigrationTarget

from graphql_api.database.database import APP, Database
from graphql_api.process import migrate_at

T = TypeVar("T")


class Maker(Protocol):
    """Makes databases of one kind."""

    def fresh(self) -> str:
        """The URL of a new migrated database that nobody else uses."""
        ...

    def discard(self, url: str) -> None:
        """Remove a database that `fresh` made."""
        ...

    def close(self) -> None:
        """Remove what is left, the template too."""
        ...


@cache
def migrated_file() -> bytes:
    """A migrated SQLite database. Made once: migrating takes a second of a core."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.sqlite3"
        apart(migrate_at(f"sqlite://{file}"))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it is in the one file
        return file.read_bytes()


class SqliteMaker:
    """Copies a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite3"
        self._template.write_bytes(migrated_file())

    def fresh(self) -> str:
        file = self._folder / f"{secrets.token_hex(6)}.sqlite3"
        shutil.copyfile(self._template, file)
        return f"sqlite://{file}"

    def discard(self, url: str) -> None:
        file = Path(url.removeprefix("sqlite://"))
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()

    def close(self) -> None:
        self._template.unlink()


class PostgresMaker:
    """Makes databases on a server."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._prefix = f"inventory_test_{secrets.token_hex(6)}"
        self._template = f"{self._prefix}_template"
        self._made: set[str] = set()
        self._idle: list[str] = []
        self.execute(f"CREATE DATABASE {self._template}")
        apart(migrate_at(self._url(self._template)))
        self._sweeper = Sweeper(apart(_rows_of(self._url(self._template))))

    def fresh(self) -> str:
        if self._idle:
            return self._url(self._idle.pop())
        return self._new(f" TEMPLATE {self._template}")

    def empty(self) -> str:
        """The URL of a new database without any table."""
        return self._new("")

    def copied(self, url: str, name: str) -> None:
        """Make a copy of the database of this name; nobody else may use it meanwhile."""
        self._sweeper.leave(url)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {urlsplit(url).path.lstrip('/')}")

    def discard(self, url: str) -> None:
        self._sweeper.sweep(url)
        self._idle.append(urlsplit(url).path.lstrip("/"))

    def close(self) -> None:
        self._sweeper.close()
        for name in (*self._made, self._template):
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement on the server's own database."""
        apart(_executed(self._server_url, statement))

    def _new(self, how: str) -> str:
        name = f"{self._prefix}_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}{how}")
        self._made.add(name)
        return self._url(name)

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{name}"))


class Sweeper:
    """Puts databases back to their first rows, over one connection to each that it keeps: a new
    one costs the server as much as the rows do. In a loop and a thread of its own."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._pool = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._kept: dict[str, asyncpg.Connection] = {}

    def sweep(self, url: str) -> None:
        self._do(self._sweep(url))

    def leave(self, url: str) -> None:
        """End the connection to this database, so that it can be copied."""
        if url in self._kept:
            self._do(self._kept.pop(url).close())

    def close(self) -> None:
        for connection in self._kept.values():
            connection.terminate()
        self._pool.submit(self._runner.close).result()
        self._pool.shutdown()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._pool.submit(self._runner.run, work).result()

    async def _sweep(self, url: str) -> None:
        kept = self._kept.pop(url, None)
        try:
            connection = kept or await asyncpg.connect(url)
            await _refilled_over(connection, self._rows)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            if kept is None:
                raise
            kept.terminate()  # a test may end all connections to its database
            await self._sweep(url)
        else:
            self._kept[url] = connection


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a loop of its own, beside any that runs in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def migrate_again(database: Database, *names: str) -> None:
    """Apply these migrations, which stand one behind the other and which a test has undone by
    hand, as an earlier version would see them."""
    with database._entered():
        executor = database._migrations(database.writing)
        recorder = executor.recorder
        applied = [key for key in await recorder.applied_migrations() if key.app_label == APP]
        for key in applied:
            if key.name >= names[0]:
                await recorder.record_unapplied(APP, key.name)
        await executor.migrate([MigrationTarget(APP, names[-1])])
        for key in applied:
            if key.name > names[-1]:
                await recorder.record_applied(APP, key.name)


Rows = dict[str, list[tuple[Any, ...]]]


async def _rows_of(url: str) -> Rows:
    """Every table and its rows."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {
            name: [tuple(row) for row in await connection.fetch(f'SELECT * FROM "{name}"')]
            for (name,) in tables
        }
    finally:
        await connection.close()


async def _refilled(url: str, rows: Rows) -> None:
    """Put every table back to `rows`."""
    connection = await asyncpg.connect(url)
    try:
        await _refilled_over(connection, rows)
    finally:
        await connection.close()


async def _refilled_over(connection: asyncpg.Connection, rows: Rows) -> None:
    async with connection.transaction():
        # In any order: no foreign key is heeded meanwhile.
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("; ".join(f'DELETE FROM "{name}"' for name in rows))
        for name, filled in rows.items():
            if filled:
                await connection.copy_records_to_table(name, records=filled)


async def _executed(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
