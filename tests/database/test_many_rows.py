"""Many rows of one change: several of an INSERT at a time on SQLite (database/sqlite.py), all of
them by arrays on PostgreSQL (database/arrays.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from graphql_api.database import arrays
from graphql_api.database.connection import Connection
from graphql_api.database.dialect import Dialect
from graphql_api.database.sqlite import ROWS_AT_ONCE, change_many, widened
from graphql_api.services import Services

INSERT = "INSERT INTO thing (id, name) VALUES (?, ?)"
UPSERT = f"{INSERT} ON CONFLICT (id) DO UPDATE SET name = excluded.name"
MOST = max(ROWS_AT_ONCE)


@pytest.fixture
def driver() -> Iterator[sqlite3.Connection]:
    driver = sqlite3.connect(":memory:", isolation_level=None)
    driver.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    yield driver
    driver.close()


def rows_of(count: int, name: str = "thing") -> list[tuple[int, str]]:
    return [(number, f"{name} {number}") for number in range(count)]


@pytest.mark.parametrize("count", [1, 7, 8, 9, MOST - 1, MOST, MOST + 1, 2 * MOST + 17, 250])
def test_every_row_is_written_once_whatever_their_number(
    driver: sqlite3.Connection, count: int
) -> None:
    change_many(driver, INSERT, rows_of(count))
    assert driver.execute("SELECT id, name FROM thing ORDER BY id").fetchall() == rows_of(count)


def test_250_rows_are_twelve_statements(driver: sqlite3.Connection) -> None:
    statements: list[str] = []
    driver.set_trace_callback(statements.append)
    change_many(driver, INSERT, rows_of(250))
    assert len(statements) == 3 + 7 + 2  # of 64, 8 and 1 rows


def test_of_two_rows_with_one_key_the_later_one_counts(driver: sqlite3.Connection) -> None:
    change_many(driver, INSERT, rows_of(100))
    change_many(driver, UPSERT, [*rows_of(100, "first"), *rows_of(100, "second")])
    assert driver.execute("SELECT id, name FROM thing").fetchall() == rows_of(100, "second")


def test_changes_that_are_no_inserts_run_one_by_one(driver: sqlite3.Connection) -> None:
    change_many(driver, INSERT, rows_of(100))
    change_many(driver, "UPDATE thing SET name = ? WHERE id = ?", [("new", n) for n in range(90)])
    assert driver.execute("SELECT count(*) FROM thing WHERE name = 'new'").fetchone() == (90,)


def test_a_statement_is_widened_only_where_its_values_are_placeholders_and_not_too_many() -> None:
    assert widened(UPSERT, 2) == UPSERT.replace("(?, ?)", "(?, ?), (?, ?)")
    assert widened("INSERT INTO thing (id, name) VALUES (?, lower(?))", 2) is None
    assert widened("INSERT INTO thing (id, name) SELECT ?, ?", 2) is None
    assert widened("UPDATE thing SET name = ? WHERE id = ?", 2) is None
    assert widened(INSERT, 500) is None  # more variables than every SQLite takes


def test_rows_too_wide_for_the_most_go_fewer_at_a_time(driver: sqlite3.Connection) -> None:
    columns = [f"c{number}" for number in range(27)]  # as many as an item has
    driver.execute(f"CREATE TABLE wide ({', '.join(columns)})")
    insert = f"INSERT INTO wide ({', '.join(columns)}) VALUES ({', '.join('?' * 27)})"
    rows = [tuple(range(number, number + 27)) for number in range(130)]
    change_many(driver, insert, rows)
    assert driver.execute("SELECT * FROM wide ORDER BY c0").fetchall() == rows


INSERT_KEY = (
    "INSERT INTO idempotency_key (id, user_id, key, input_hash, result, recorded_at) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)


def key_rows(count: int, distinct: int) -> list[tuple[object, ...]]:
    return [(number, 0, f"key {number % distinct}", "", "", 0) for number in range(count)]


@pytest.mark.parametrize("is_brief", [False, True])
async def test_a_row_that_cannot_be_fails_the_change_as_ever(
    services: Services, is_brief: bool
) -> None:
    async def change() -> None:
        async with services.database.transaction() as connection:
            await connection.change("UPDATE log_head SET position = position")
            if is_brief:
                connection.make_brief()
            await connection.change_many(INSERT_KEY, key_rows(100, distinct=90))

    with pytest.raises(IntegrityError):
        await change()
    assert await services.database.reading.rows("SELECT 1 FROM idempotency_key") == []


UPSERT_KEY = f"{INSERT_KEY} ON CONFLICT (id) DO UPDATE SET result = excluded.result"
SEVERAL = 3 * arrays.FEW + 1  # rows


@pytest.fixture
async def writing(services: Services) -> AsyncIterator[Connection]:
    """A transaction in which nobody else is."""
    async with services.database.transaction() as connection:
        await connection.change("UPDATE log_head SET position = position")
        yield connection


@pytest.fixture
def asked(writing: Connection) -> list[str]:
    """The statements that PostgreSQL is given for many rows; on SQLite none."""
    statements: list[str] = []

    def note(record: Any) -> None:
        if "unnest" in record.query:
            statements.append(record.query)

    if writing.dialect is Dialect.POSTGRES:
        writing.client._connection.add_query_logger(note)
    return statements


async def stored(connection: Connection) -> list[tuple[Any, ...]]:
    rows = await connection.rows(
        "SELECT id, user_id, key, input_hash, result, recorded_at FROM idempotency_key ORDER BY id"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("count", [1, arrays.FEW - 1, arrays.FEW, SEVERAL])
async def test_rows_are_stored_as_they_are_whatever_their_number(
    writing: Connection, count: int
) -> None:
    rows = key_rows(count, distinct=count)
    await writing.change_many(INSERT_KEY, rows)
    assert await stored(writing) == rows


async def test_postgresql_is_given_many_rows_in_one_statement(
    writing: Connection, asked: list[str]
) -> None:
    rows = key_rows(SEVERAL, distinct=SEVERAL)
    await writing.change_many(INSERT_KEY, rows)
    assert await stored(writing) == rows
    assert len(asked) == (1 if writing.dialect is Dialect.POSTGRES else 0)


async def test_more_rows_than_a_statement_takes_come_in_several(
    writing: Connection, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "ROWS_AT_ONCE", 5)
    rows = key_rows(SEVERAL, distinct=SEVERAL)
    await writing.change_many(INSERT_KEY, rows)
    assert await stored(writing) == rows
    assert len(asked) == (3 if writing.dialect is Dialect.POSTGRES else 0)


async def test_a_row_that_comes_twice_has_the_later_values(writing: Connection) -> None:
    """No statement may touch a row twice: one after the other, as SQLite does it."""
    first, second = key_rows(SEVERAL, distinct=SEVERAL), key_rows(SEVERAL, distinct=SEVERAL)
    later = [(*row[:4], "later", 0) for row in second]
    await writing.change_many(UPSERT_KEY, [*first, *later])
    assert {row[4] for row in await stored(writing)} == {"later"}


async def test_what_is_there_already_is_changed_by_many_rows_too(writing: Connection) -> None:
    await writing.change_many(INSERT_KEY, key_rows(SEVERAL, distinct=SEVERAL)[:-3])
    rows = [(*row[:4], "now", 0) for row in key_rows(SEVERAL, distinct=SEVERAL)]
    await writing.change_many(UPSERT_KEY, rows)
    assert [row[4] for row in await stored(writing)] == ["now"] * SEVERAL


async def test_changes_whose_order_counts_are_made_in_it(writing: Connection) -> None:
    """A name goes from one to the next: at no moment do two have it."""
    await writing.change_many(INSERT_KEY, key_rows(SEVERAL, distinct=SEVERAL))
    handed_on = [(f"key {n + 1}", n) for n in reversed(range(SEVERAL))]
    await writing.change_many("UPDATE idempotency_key SET key = ? WHERE id = ?", handed_on)
    assert [row[2] for row in await stored(writing)] == [f"key {n + 1}" for n in range(SEVERAL)]
