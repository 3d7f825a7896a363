"""A connection as the use cases see it: rows and changes, over Tortoise's client.

What is asked now and then goes through the models (`models`, `create`): users, locations, leases,
push. What each request or each movement asks is SQL by hand, because a model costs: one row 157 µs
against 44, one with its relation 327 against 41, a page of 50 0.72 ms against 0.14 (SQLite;
scripts/bench/models.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.backends.sqlite.client import SqliteTransactionWrapper
from tortoise.context import TortoiseContext
from tortoise.models import Model
from tortoise.queryset import QuerySet

from graphql_api.database.arrays import insert_at_once
from graphql_api.database.brief import BriefReads
from graphql_api.database.dialect import Dialect
from graphql_api.database.faults import Away, DatabaseAway, Faults
from graphql_api.database.postgres import TransactionWrapper
from graphql_api.database.sqlite import Shortcut, change_many
from graphql_api.database.tortoise_parts import driver_of, entered, in_its_thread

M = TypeVar("M", bound=Model)
Answer = TypeVar("Answer")

Row = Any  # sqlite3.Row or asyncpg.Record: read by position or by column name


class Connection:
    """SQL by hand, and the models, on one Tortoise client.

    Each method raises DatabaseAway when the database does not serve (faults.py).
    """

    __slots__ = ("brief", "client", "context", "dialect", "faults", "is_locked", "shortcut")

    def __init__(
        self,
        client: BaseDBAsyncClient,
        dialect: Dialect,
        context: TortoiseContext,
        faults: Faults | None = None,
    ) -> None:
        self.client = client
        self.context = context
        self.dialect = dialect
        self.faults = faults or Faults()
        self.brief: BriefReads | None = None  # what reads of SQLite try first
        self.is_locked = False  # nobody else can write; False: nobody knows
        self.shortcut: Shortcut | None = None  # past the driver's thread; see `make_brief`

    def make_brief(self) -> None:
        """From now on run statements at once where that is possible (SQLite): each touches few
        rows, and no lock has to be waited for. Of a transaction that is_locked, or
        has written something."""
        if self.dialect is Dialect.SQLITE:
            self.shortcut = Shortcut(driver_of(self.client))

    def make_long(self) -> None:
        """From now on statements may touch many rows: they go through the driver's thread."""
        self.shortcut = None

    async def rows(self, sql: str, *parameters: Any) -> Sequence[Row]:
        """All rows of a SELECT, or of a statement with RETURNING."""
        if self.shortcut is not None:
            try:
                return self.shortcut.rows(sql, parameters)
            except Exception as error:
                raise self.faults.translated(error) from error.__cause__
        if self.brief is not None and (found := self.brief.rows(sql, parameters)) is not None:
            return found
        return await self._asked_for(sql, parameters)

    async def page(self, columns: str, sql: str, *parameters: Any) -> Sequence[Sequence[Any]]:
        """The rows of a SELECT of these columns, integers and texts, to be read by position: for
        many at once. Outside of transactions."""
        if self.brief is not None:
            found = self.brief.page(columns, sql, parameters)
            if found is not None:
                return found
        return await self._asked_for(sql, parameters)

    async def _asked_for(self, sql: str, parameters: Sequence[Any]) -> Sequence[Row]:
        """The rows, by the client."""
        statement = self.dialect.statement(sql)
        values = list(self._safe(parameters))
        try:
            return await self._fetch(statement, values)
        except Exception as error:
            fault = self.faults.translated(error)
            is_read = statement.startswith("SELECT")
            if not (is_read and self._may_try_again(fault)):
                raise fault from error.__cause__
        try:
            return await self._fetch(statement, values)
        except Exception as error:
            raise self.faults.translated(error) from error.__cause__

    async def _fetch(self, statement: str, values: list[Any]) -> Sequence[Row]:
        if self.dialect is Dialect.POSTGRES and not statement.startswith(("SELECT", "WITH")):
            # Tortoise's client answers an UPDATE with its count alone on PostgreSQL.
            return await self.client.execute_query_dict(statement, values)
        return (await self.client.execute_query(statement, values))[1]

    def _may_try_again(self, fault: BaseException) -> bool:
        """Whether a fresh connection may answer a read at once: the server has ended this one."""
        return (
            isinstance(fault, DatabaseAway)
            and fault.why is Away.LOST
            and not isinstance(self.client, TransactionalDBClient)
        )

    async def models(
        self, model: type[M], ask: Callable[[QuerySet[M]], Awaitable[Answer]]
    ) -> Answer:
        """What `ask` makes of all rows of a model: a list of it, the first, how many, or how many
        were changed. One statement. Outside of a transaction it only reads: then it may be asked
        twice."""
        try:
            return await self._asked(model, ask)
        except Exception as error:
            fault = self.faults.translated(error)
            if not self._may_try_again(fault):
                raise fault from error.__cause__
        try:
            return await self._asked(model, ask)
        except Exception as error:
            raise self.faults.translated(error) from error.__cause__

    async def _asked(
        self, model: type[M], ask: Callable[[QuerySet[M]], Awaitable[Answer]]
    ) -> Answer:
        with entered(self.context):
            return await ask(model.all(using_db=self.client))

    async def create(self, model: type[Model], **values: Any) -> None:
        """Add a row; its columns by their names."""
        try:
            with entered(self.context):
                await model.create(using_db=self.client, **values)
        except Exception as error:
            raise self.faults.translated(error) from error.__cause__

    async def row(self, sql: str, *parameters: Any) -> Row | None:
        """The first row, or None."""
        found = await self.rows(sql, *parameters)
        return found[0] if found else None

    async def change(self, sql: str, *parameters: Any) -> int:
        """Run a change; how many rows it touched."""
        statement = self.dialect.statement(sql)
        try:
            if self.shortcut is not None:
                return self.shortcut.change(statement, parameters)
            return (await self.client.execute_query(statement, list(self._safe(parameters))))[0]
        except Exception as error:
            raise self.faults.translated(error) from error.__cause__

    def _safe(self, parameters: Sequence[Any]) -> Sequence[Any]:
        """What may be asked for: PostgreSQL refuses a NUL in a text, so nothing has one there.

        Texts to be stored are checked before (values.py); these are to be looked up.
        """
        if self.dialect is Dialect.SQLITE:
            return parameters
        return [_without_nul(parameter) for parameter in parameters]

    async def change_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one change for each of `rows`, in their order. No rows: nothing happens."""
        listed: Any = rows if isinstance(rows, list) else list(rows)
        if not listed:
            return
        try:
            if self.shortcut is not None:
                self.shortcut.change_many(sql, listed)
            elif isinstance(self.client, SqliteTransactionWrapper):
                await in_its_thread(self.client, partial(change_many, sql=sql, rows=listed))
            elif not await self._inserted_at_once(sql, listed):
                await self.client.execute_many(self.dialect.statement(sql), listed)
        except Exception as error:
            raise self.faults.translated(error) from error.__cause__

    async def _inserted_at_once(self, sql: str, rows: list[Sequence[Any]]) -> bool:
        client = self.client
        # The dialect too: without the driver a TransactionWrapper is any object.
        if self.dialect is not Dialect.POSTGRES or not isinstance(client, TransactionWrapper):
            return False
        return await insert_at_once(client, sql, rows)


def _without_nul(parameter: Any) -> Any:
    if isinstance(parameter, str):
        return parameter.replace("\x00", "\ufffd")
    if isinstance(parameter, list):
        return [_without_nul(element) for element in parameter]
    return parameter
