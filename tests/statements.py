"""How many statements a piece of a test sends: for what must not grow with its rows.

Statements of what runs beside it (hub, deliveries, the scheduler, another process) do not count,
whenever they come: what a connection has sent in all would be another number now and then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any
from unittest.mock import patch

from graphql_api.database.connection import Connection

_WAYS = ("rows", "page", "models", "create", "change", "change_many")
_counted: ContextVar[Sent | None] = ContextVar("counted", default=None)


class Sent:
    """What was sent, in its order: the connection, and the SQL or the model that was asked for."""

    def __init__(self) -> None:
        self.statements: list[tuple[Connection, str]] = []

    def __len__(self) -> int:
        return len(self.statements)

    def over(self, *connections: Connection) -> int:
        """How many of them over these connections."""
        return sum(connection in connections for connection, _ in self.statements)

    def about(self, table: str) -> int:
        """How many of them name this table, or its model."""
        return sum(table in text for _, text in self.statements)


@contextmanager
def counted(*, of_all: bool = False) -> Iterator[Sent]:
    """What the block sends, and what the tasks send that it begins; `of_all`: every task."""
    sent = Sent()
    with ExitStack() as stack:
        for way in _WAYS:
            stack.enter_context(patch.object(Connection, way, _noted(way, sent, of_all)))
        token = _counted.set(sent)
        try:
            yield sent
        finally:
            _counted.reset(token)


def _noted(way: str, sent: Sent, of_all: bool) -> Any:
    send = getattr(Connection, way)

    @wraps(send)
    async def noting(self: Connection, *asked: Any, **values: Any) -> Any:
        if way == "change_many":
            asked = (asked[0], list(asked[1]))
        if (of_all or _counted.get() is sent) and asked[1:] != ([],):  # of no rows none is sent
            text = asked[1] if way == "page" else asked[0]
            sent.statements.append((self, text if isinstance(text, str) else text.__name__))
        return await send(self, *asked, **values)

    return noting
