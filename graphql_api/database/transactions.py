"""Transactions and savepoints: begun, ended and given back whatever the database does meanwhile.

Not Tortoise's own contexts: they keep SQLite's lock, or lose a pooled connection, when BEGIN
fails; a rollback on a dead connection hides what had gone wrong; and they do not tell a COMMIT
that failed, of which nothing is known, from a statement before it, of which all is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.sqlite.client import SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.transactions import in_transaction

from graphql_api.database.connection import Connection
from graphql_api.database.faults import CommitInDoubt, Faults, away
from graphql_api.database.postgres import DEAD, InterfaceError, PostgresClient, TransactionWrapper
from graphql_api.database.tortoise_parts import alone_on, begin_at_once, begin_immediate, lend

ROLLBACK_TIMEOUT_S = 2.0  # the connection is thrown away then, which rolls back too


@asynccontextmanager
async def transaction(
    parent: Connection, faults: Faults, *, immediate: bool = False
) -> AsyncIterator[Connection]:
    """A transaction on `parent`'s client, which is Tortoise's current one for its time.

    immediate: on SQLite nobody else writes from its very begin on, not from its first write on.
    Raises DatabaseAway when it was certainly not committed, CommitInDoubt when that is not known.
    """
    begun: Any
    if isinstance(parent.client, PostgresClient):
        begun = _on_postgres(parent.client, faults)
    else:
        begun = _on_sqlite(parent.client, faults, _Immediate if immediate else _Plain)
    async with begun as client:
        token = get_connections().set(client.connection_name, client)
        try:
            connection = Connection(client, parent.dialect, parent.context, faults)
            connection.is_locked = isinstance(client, _Plain) and client.has_lock
            yield connection
        finally:
            get_connections().reset(token)


@asynccontextmanager
async def _on_postgres(parent: Any, faults: Faults) -> AsyncIterator[TransactionalDBClient]:
    fault: BaseException | None = None
    borrowed = await parent.borrow()
    try:
        client = TransactionWrapper(parent)
        lend(client, borrowed)
        async with _ended(client, faults):
            yield client
    except BaseException as error:
        fault = error.cause if isinstance(error, CommitInDoubt) else error
        with suppress(InterfaceError):  # it is closed already
            if isinstance(error, CommitInDoubt) or borrowed.is_in_transaction():
                borrowed.terminate()  # what state it is in cannot be said
        raise
    finally:
        await parent.give_back(borrowed, fault)


@asynccontextmanager
async def _on_sqlite(
    parent: Any, faults: Faults, kind: type[SqliteTransactionWrapper]
) -> AsyncIterator[TransactionalDBClient]:
    async with alone_on(parent), _ended(kind(parent), faults) as client:
        yield client


class _Plain(SqliteTransactionWrapper):
    """has_lock: nobody else can write, from the begin on."""

    has_lock = False

    async def begin(self) -> None:
        self.has_lock = await begin_at_once(self)


class _Immediate(SqliteTransactionWrapper):
    async def begin(self) -> None:
        await begin_immediate(self)


@asynccontextmanager
async def _ended(
    client: TransactionalDBClient, faults: Faults
) -> AsyncIterator[TransactionalDBClient]:
    """Begin; commit, or roll back when the block raises."""
    try:
        await client.begin()
        yield client
    except BaseException as error:
        fault = away(error)
        if fault is None or fault.why not in DEAD or isinstance(client, SqliteTransactionWrapper):
            await _roll_back(client)  # else it would only wait for a line that is dead
        raise faults.translated(error) from error.__cause__
    try:
        await client.commit()
    except BaseException as error:
        faults.translated(error)  # so that it is logged
        if isinstance(client, SqliteTransactionWrapper):
            await _roll_back(client)  # it keeps a transaction open that it could not commit
        raise CommitInDoubt(error) from error
    faults.committed()


async def _roll_back(client: TransactionalDBClient) -> None:
    """Roll back if there is anything to roll back, and if the database still listens."""
    try:
        async with asyncio.timeout(ROLLBACK_TIMEOUT_S):
            await client.rollback()
    except Exception:  # what went wrong before is told; a connection in doubt is thrown away
        return


@asynccontextmanager
async def savepoint(connection: Connection) -> AsyncIterator[None]:
    """What the block does is taken back when it raises; the transaction goes on. One at a time."""
    client = connection.client
    assert isinstance(client, TransactionalDBClient)
    if isinstance(client, SqliteTransactionWrapper):
        async with _savepoint_on_sqlite(connection):
            yield
        return
    nested = in_transaction(client.connection_name).client  # the current one's, see `transaction`
    assert isinstance(nested, TransactionalDBClient)
    try:
        await nested.savepoint()
        yield
    except BaseException as error:
        try:
            await nested.savepoint_rollback()
        except Exception:
            # The transaction itself is gone, by what happened first: that is what is told.
            raise connection.faults.translated(error) from error
        raise
    try:
        await nested.release_savepoint()
    except Exception as error:
        raise connection.faults.translated(error) from error


@asynccontextmanager
async def _savepoint_on_sqlite(connection: Connection) -> AsyncIterator[None]:
    """By its statements, whose text is always the same, so that they are prepared once."""
    await connection.change("SAVEPOINT run")
    try:
        yield
    except BaseException as error:
        try:
            await connection.change("ROLLBACK TO run")
        except Exception:
            # SQLite has rolled all of it back, for a full disk: that is what is told.
            raise connection.faults.translated(error) from error
        raise
    await connection.change("RELEASE run")
