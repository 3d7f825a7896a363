"""The private parts of Tortoise that we lean on, each under a name that says what it is for.

So pyproject.toml caps Tortoise, and scripts/versions tries both ends. What can only be leant on by
inheriting stands where that is done, and is named there: the migrations' executor (migrating.py)
and the client of PostgreSQL (postgres.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.context import TortoiseContext, _current_context
from tortoise.models import Model


@contextmanager
def entered(context: TortoiseContext) -> Iterator[TortoiseContext]:
    """Where Tortoise looks for connections. Not by the context itself, which notes what to go
    back to in one place for all tasks."""
    token = _current_context.set(context)
    try:
        yield context
    finally:
        _current_context.reset(token)


def forget_statements() -> None:
    """Tortoise keeps its statements by a connection's name, whatever database that is on."""
    EXECUTOR_CACHE.clear()


@asynccontextmanager
async def alone_on(client: SqliteClient) -> AsyncIterator[None]:
    """SQLite's one connection, open, and nobody else at it. Connecting inside of a statement,
    Tortoise would keep the lock of a connection that fails, and the next try would wait for it
    for ever."""
    async with client._lock:
        await client.create_connection(with_db=True)
        yield


async def begin_immediate(client: TransactionalDBClient) -> None:
    """Begin a transaction of SQLite that takes the write lock at once."""
    await client._connection.execute("BEGIN IMMEDIATE")


async def begin_at_once(client: TransactionalDBClient) -> bool:
    """Begin a transaction of SQLite without waiting for anybody: with the write lock, if nobody has
    it. False: it is taken with the first write, which may wait."""
    driver = driver_of(client)
    if driver.in_transaction:  # left by one that could not be rolled back
        await client._connection.rollback()
    parent: Any = client._parent
    patience = f"PRAGMA busy_timeout = {parent.pragmas['busy_timeout']}"
    try:
        # As a script, since a pragma that is kept prepared sets nothing when it runs again.
        driver.executescript(f"PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; {patience}")
    except sqlite3.OperationalError:
        driver.executescript(patience)
        driver.execute("BEGIN")
        return False
    return True


def driver_of(client: BaseDBAsyncClient) -> sqlite3.Connection:
    """The driver's connection under a client of SQLite."""
    driver: sqlite3.Connection = client._connection._conn
    return driver


async def in_its_thread(
    client: BaseDBAsyncClient, work: Callable[[sqlite3.Connection], None]
) -> None:
    """Do `work` in the thread of SQLite's driver, on the connection under it: one switch there and
    back, however many statements it runs."""
    await client._connection._execute(work, driver_of(client))


async def parameter_types(client: TransactionalDBClient, statement: str) -> list[str]:
    """What PostgreSQL takes the parameters of a statement for: its names of their types. Errors
    as Tortoise has them."""
    postgres: Any = client
    prepared = await postgres._translate_exceptions(lambda _: client._connection.prepare(statement))
    return [parameter.name for parameter in prepared.get_parameters()]


def pool_of(client: TransactionalDBClient) -> Any:
    """The client that a transaction's connection was borrowed from."""
    parent: Any = client._parent
    return parent


def lend(client: TransactionalDBClient, connection: Any) -> None:
    """Let a transaction's client use this connection, which it would borrow by itself."""
    client._connection = connection


def table_of(model: type[Model]) -> str:
    return model._meta.db_table


def create_table_sql(editor: Any, model: type[Model]) -> str:
    """The statement that makes a model's table."""
    statement: str = editor._get_model_sql_data(model).table_sql
    return statement


def foreign_key_name(editor: Any, table: str, column: str, parent: str) -> str:
    """How Tortoise would call a reference to the parent's id, and where it would look for it."""
    name: str = editor._generate_fk_name(table, column, parent, "id")
    return name
