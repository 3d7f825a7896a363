"""Opens and closes the database through Tortoise, on SQLite and on PostgreSQL.

Three connections, because on SQLite a Tortoise connection runs one statement at a time:
`reading` for ordinary queries, `writing` for the writer alone, and `scanning` for long reads
(ledger checks, exports, total counts), which must not hold up the others. A fourth, on SQLite
alone, is what `reading` tries short reads on (brief.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.context import TortoiseContext

from graphql_api.database.brief import BriefReads
from graphql_api.database.connection import Connection
from graphql_api.database.dialect import Dialect
from graphql_api.database.faults import Away, CommitInDoubt, Faults, away, told_whole
from graphql_api.database.migrating import (
    LOCK_WAIT_S,
    Executor,
    alone_on_postgres,
    alone_on_sqlite,
)
from graphql_api.database.patience import Patience
from graphql_api.database.postgres import HAS_DRIVER, Limits, PostgresClient
from graphql_api.database.tortoise_parts import alone_on, entered, forget_statements
from graphql_api.database.transactions import transaction
from graphql_api.database.url import parse, without_password
from graphql_api.errors import ConfigurationError

APP = "inventory"
_FOLDERS = Path(__file__).parents[1]
# Each folder that keeps something has its tables in a models.py.
MODEL_MODULES = sorted(
    f"graphql_api.{file.parent.name}.models" for file in _FOLDERS.glob("*/models.py")
)
MIGRATIONS = "graphql_api.database.migrations"

SQLITE_PRAGMAS: dict[str, str | int] = {
    "journal_mode": "WAL",  # readers go on while the writer writes
    "synchronous": "FULL",  # a commit that was answered survives a power cut
    "foreign_keys": "ON",
    # ms; another process of this machine may be writing. One that is stopped in the middle of it
    # cannot be freed: who waits is told so within ten seconds in all.
    "busy_timeout": 8_000,
    "journal_size_limit": 67_108_864,  # bytes; the WAL file shrinks back to this
    # Pages, 16 MB, between two copies of them into the file; SQLite's own 1,000. Pages that change
    # again and again are copied a quarter as often: 7 % less CPU for a batch of 250 movements.
    "wal_autocheckpoint": 4_000,
    "cache_size": -49_152,  # KiB: 48 MiB of pages for each of four connections
    "temp_store": "MEMORY",
}
SQLITE_SMALL_CACHE_KIB = 8_192  # of a command, see `be_small`
SQLITE_CONNECT_WAIT_S = 60.0  # for other processes that begin on the same new file
# The name of the reading connection is "default": Tortoise's migrations insist on that name.
POSTGRES_POOL = {"default": 8, "writing": 2, "scanning": 2}  # connections at the most
POSTGRES_CONNECT_TIMEOUT_S = 10
# PostgreSQL keeps a statement's plan, also one that it made while the table was empty, until the
# table is analysed: by autovacuum within a minute or two, or by us (imports). Long reads are
# planned anew each time instead: that takes 0.05 ms of them. The short ones take 0.11 ms in all,
# so planning each anew would cost them nearly half as much again for ever; measured at 20,000
# items, what they lose until autovacuum has come by is 1.4 ms each.
POSTGRES_SETTINGS = {"scanning": {"plan_cache_mode": "force_custom_plan"}}


class Database:
    """The open database. `open` first; `close` gives everything back."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        """limits: of a server's connections to PostgreSQL; None: nothing but connecting has a
        limit, as migrations of large tables need it."""
        self.dialect, self._credentials = parse(url)
        self._limits = limits
        self.faults = Faults()
        self.url_without_password = without_password(url)
        self._context: TortoiseContext | None = None
        self._brief: BriefReads | None = None

    @property
    def file(self) -> Path | None:
        """The database's file; None on PostgreSQL."""
        path = self._credentials.get("file_path")
        return Path(path) if path else None

    async def open(self) -> None:
        """Connect. Raises ConfigurationError when the database cannot be reached."""
        if self.dialect is Dialect.POSTGRES and not HAS_DRIVER:
            raise ConfigurationError(
                "DATABASE_URL: PostgreSQL needs the extra postgres: "
                "pip install 'realtime-inventory-api[postgres]'"
            )
        try:
            forget_statements()
            self._context = TortoiseContext()
            with self._entered() as context:
                await context.init(config=self.tortoise_config(), use_tz=True)
            self.reading = self._connection("default")
            self.writing = self._connection("writing")
            self.scanning = self._connection("scanning")
            self._introduce_pools()
            for connection in (self.reading, self.writing, self.scanning):
                # Tortoise connects at the first use, and two first uses at once connect twice.
                await self._connect(connection)
            if self.file is not None:
                self._brief = self.reading.brief = BriefReads(self.file, SQLITE_PRAGMAS)
        except Exception as error:
            await self.close()
            raise ConfigurationError(
                f"cannot open the database {self.url_without_password}: {told_whole(error)}"
            ) from error

    async def be_small(self) -> None:
        """Keep fewer of SQLite's pages in memory: for a process that lives for one command."""
        if self.dialect is Dialect.SQLITE:
            for connection in (self.reading, self.writing, self.scanning):
                await connection.rows(f"PRAGMA cache_size = -{SQLITE_SMALL_CACHE_KIB}")
        if self._brief is not None:
            self._brief.set_pragma("cache_size", -SQLITE_SMALL_CACHE_KIB)

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        if self._context is not None:
            context, self._context = self._context, None
            if self._brief is not None:
                self._brief.close()
            for name in POSTGRES_POOL:
                # One by one: only the last one to close removes SQLite's WAL file, and of several
                # that close at once none may be the last.
                await context.connections.get(name).close()

    async def _connect(self, connection: Connection) -> None:
        """Of several that begin on one new SQLite file only one turns it to WAL; the others get
        "database is locked", without the wait that busy_timeout is for, and come again."""
        patience = Patience(SQLITE_CONNECT_WAIT_S)
        while True:
            try:
                await self._first_use(connection.client)
            except Exception as error:
                fault = away(error)
                is_busy = fault is not None and fault.why is Away.BUSY and self.file is not None
                if not is_busy or patience.is_over:
                    raise self.faults.translated(error) from error.__cause__
                await connection.client.close()  # it may lack some of its settings
            else:
                return
            await patience.pause()

    @staticmethod
    async def _first_use(client: BaseDBAsyncClient) -> None:
        if isinstance(client, SqliteClient):
            async with alone_on(client):
                pass
        await client.execute_query("SELECT 1")

    @asynccontextmanager
    async def migrating(
        self, wait_s: float = LOCK_WAIT_S
    ) -> AsyncIterator[tuple[Connection, list[str]]]:
        """Apply what is missing; the transaction to go on with, and the names applied.

        No other process migrates meanwhile. On SQLite all of it is one transaction, what the
        context does included; on PostgreSQL each migration is one, and what the context does.
        Raises ConfigurationError when others do not let it begin within `wait_s`.
        """
        try:
            if self.file is not None:
                with self._entered():
                    async with alone_on_sqlite(self.writing, self.faults, wait_s) as connection:
                        names = await self._apply_missing(connection)
                        yield connection, names
            else:
                async with alone_on_postgres(self._lock_credentials(), wait_s):
                    names = await self._apply_one_by_one()
                    async with self.transaction() as connection:
                        yield connection, names
        except CommitInDoubt as doubt:
            raise ConfigurationError(
                "the database went away while it committed a migration; migrate again: "
                "what was done is noted with it"
            ) from doubt

    async def _apply_missing(self, connection: Connection) -> list[str]:
        executor = self._migrations(connection)
        steps = await executor.missing()
        for step in steps:
            await executor.apply(step)
        return [step.migration.name for step in steps]

    async def _apply_one_by_one(self) -> list[str]:
        async with self.transaction() as connection:
            steps = await self._migrations(connection).missing()
        state = None
        for step in steps:
            async with self.transaction() as connection:
                executor = self._migrations(connection)
                await executor.missing()
                executor.state = state
                await executor.apply(step)
                state = executor.state
        return [step.migration.name for step in steps]

    async def pending_migrations(self) -> list[str]:
        """The names of the migrations that this database has not seen."""
        with self._entered():
            steps = await self._migrations(self.reading).plan(None)
            return [step.migration.name for step in steps]

    def _migrations(self, connection: Connection) -> Executor:
        return Executor(
            connection.client, {APP: {"models": MODEL_MODULES, "migrations": MIGRATIONS}}
        )

    async def is_reachable(self, timeout_s: float = 2.0) -> bool:
        """Whether a connection can be borrowed and answers within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.reading.rows("SELECT 1")
        except Exception:  # whatever it is, the answer is no
            return False
        return True

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction on the writing connection: the writer's, one at a time.

        Raises DatabaseAway when it was certainly not committed, CommitInDoubt when that is not
        known.
        """
        with self._entered():
            async with transaction(self.writing, self.faults) as connection:
                yield connection

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[Connection]:
        """A transaction on the scanning connection, which holds up no command; raises the same."""
        with self._entered():
            async with transaction(self.scanning, self.faults) as connection:
                yield connection

    def _introduce_pools(self) -> None:
        clients = [one.client for one in (self.reading, self.writing, self.scanning)]
        pools = [client for client in clients if isinstance(client, PostgresClient)]
        for pool in pools:
            pool.siblings = [other for other in pools if other is not pool]

    def _entered(self) -> AbstractContextManager[TortoiseContext]:
        """Where Tortoise's transactions and migrations look for connections."""
        assert self._context is not None, "the database is not open"
        return entered(self._context)

    def _connection(self, name: str) -> Connection:
        assert self._context is not None
        client = self._context.connections.get(name)
        return Connection(client, self.dialect, self._context, self.faults)

    def tortoise_config(self) -> dict[str, Any]:
        return {
            "connections": {name: self._connection_config(name) for name in POSTGRES_POOL},
            "apps": {
                APP: {
                    "models": MODEL_MODULES,
                    "default_connection": "default",
                    "migrations": MIGRATIONS,
                }
            },
        }

    def _connection_config(self, name: str) -> dict[str, Any]:
        if self.dialect is Dialect.SQLITE:
            return {
                "engine": "graphql_api.database.sqlite",
                "credentials": {**self._credentials, **SQLITE_PRAGMAS},
            }
        limits, server_settings = self._limits, POSTGRES_SETTINGS.get(name, {})
        asked = self._credentials
        if limits is None:
            timeouts: dict[str, Any] = {"timeout": POSTGRES_CONNECT_TIMEOUT_S}
        else:
            server_settings = {**server_settings, **limits.server_settings(name)}
            timeouts = {
                "timeout": limits.connect_s,
                "command_timeout": limits.answer_s(name),
                "borrow_s": limits.borrow_s,
            }
        return {
            "engine": "graphql_api.database.postgres",
            "credentials": {
                **asked,
                # None is kept for its own sake: asyncpg would try to make it again in the
                # background, with a traceback for each try, while the server is away.
                "minsize": 0,
                "maxsize": POSTGRES_POOL[name],
                "server_settings": {**server_settings, **asked.get("server_settings", {})},
                **timeouts,
                "timeout": asked.get("timeout", timeouts["timeout"]),
            },
        }

    def _lock_credentials(self) -> dict[str, Any]:
        return {"timeout": POSTGRES_CONNECT_TIMEOUT_S, **self._credentials}
