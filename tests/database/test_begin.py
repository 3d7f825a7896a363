"""How a transaction of SQLite begins: with the write lock at once, or waiting for it elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import aiosqlite
import pytest

from graphql_api.database.database import SQLITE_PRAGMAS
from graphql_api.database.dialect import Dialect
from graphql_api.services import Services
from tests.builders import make_item, move


@pytest.fixture(autouse=True)
def _on_sqlite_alone(services: Services) -> None:
    if services.database.dialect is not Dialect.SQLITE:
        pytest.skip("PostgreSQL has no such lock")


async def test_whose_lock_nobody_has_has_it_from_the_begin_on(services: Services) -> None:
    assert services.database.file is not None
    async with services.database.transaction() as connection:
        assert connection.is_locked
        with (
            closing(sqlite3.connect(services.database.file, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")


async def test_who_finds_it_taken_waits_as_long_as_ever_and_not_in_the_event_loop(
    services: Services,
) -> None:
    assert services.database.file is not None
    with closing(sqlite3.connect(services.database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with services.database.transaction() as connection:
            assert not connection.is_locked
            found = await connection.row("PRAGMA busy_timeout")
            assert found is not None and found[0] == SQLITE_PRAGMAS["busy_timeout"]
            other.execute("COMMIT")
            assert await connection.change("UPDATE log_head SET position = position") == 1
    async with services.database.transaction() as connection:
        assert connection.is_locked
        found = await connection.row("PRAGMA busy_timeout")
        assert found is not None and found[0] == SQLITE_PRAGMAS["busy_timeout"]


async def test_a_change_of_stock_goes_to_the_thread_for_its_commit_alone(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each switch to it and back costs as much as ten short statements."""
    item = await make_item(services)
    sent: list[Callable[..., Any]] = []
    execute: Any = aiosqlite.Connection._execute

    async def noted(self: aiosqlite.Connection, work: Any, *given: Any, **named: Any) -> Any:
        sent.append(partial(work, *given, **named))
        return await execute(self, work, *given, **named)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    await move(services, item, 5)
    assert [work.func.__name__ for work in sent if isinstance(work, partial)] == ["commit"]
