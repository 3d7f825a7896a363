"""A connection as the use cases see it: rows and changes, over Tortoise's client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient

from graphql_api.database.dialect import Dialect
from graphql_api.database.faults import Away, DatabaseAway, Faults

Row = Any  # sqlite3.Row or asyncpg.Record: read by position or by column name


class Connection:
    """SQL by hand on one Tortoise client; `client` itself serves the models (`using_db`).

    Each method raises DatabaseAway when the database does not serve (faults.py).
    """

    __slots__ = ("client", "dialect", "faults", "statements")

    def __init__(
        self, client: BaseDBAsyncClient, dialect: Dialect, faults: Faults | None = None
    ) -> None:
        self.client = client
        self.dialect = dialect
        self.faults = faults or Faults()
        self.statements = 0  # how many were sent: a test holds queries to a constant number

    async def rows(self, sql: str, *parameters: Any) -> Sequence[Row]:
        """All rows of a SELECT, or of a statement with RETURNING."""
        self.statements += 1
        statement = self.dialect.statement(sql)
        values = list(self._safe(parameters))
        try:
            return await self._fetch(statement, values)
        except Exception as error:
            fault = self.faults.translated(error)
            if not self._may_read_again(statement, fault):
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

    def _may_read_again(self, statement: str, fault: BaseException) -> bool:
        """Whether a fresh connection may answer a read at once: the server has ended this one."""
        return (
            isinstance(fault, DatabaseAway)
            and fault.why is Away.LOST
            and statement.startswith("SELECT")
            and not isinstance(self.client, TransactionalDBClient)
        )

    async def row(self, sql: str, *parameters: Any) -> Row | None:
        """The first row, or None."""
        found = await self.rows(sql, *parameters)
        return found[0] if found else None

    async def change(self, sql: str, *parameters: Any) -> int:
        """Run a change; how many rows it touched."""
        self.statements += 1
        statement = self.dialect.statement(sql)
        try:
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
        """Run one change for each of `rows`, prepared once. No rows: nothing happens."""
        listed = [list(row) for row in rows]
        if listed:
            self.statements += 1
            try:
                await self.client.execute_many(self.dialect.statement(sql), listed)
            except Exception as error:
                raise self.faults.translated(error) from error.__cause__


def _without_nul(parameter: Any) -> Any:
    if isinstance(parameter, str):
        return parameter.replace("\x00", "\ufffd")
    if isinstance(parameter, list):
        return [_without_nul(element) for element in parameter]
    return parameter
