"""SQL that is written once for both databases."""

from __future__ import annotations

from graphql_api.database.dialect import Dialect
from graphql_api.services import Services


def test_sqlite_takes_a_statement_as_it_is_written() -> None:
    assert Dialect.SQLITE.statement("SELECT ? + ?") == "SELECT ? + ?"


def test_postgres_wants_its_placeholders_numbered() -> None:
    numbered = Dialect.POSTGRES.statement("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    assert numbered == "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"


async def test_one_parameter_serves_an_array_of_any_length(services: Services) -> None:
    reading = services.database.reading
    arrays: list[tuple[str, str, list[object], list[int]]] = [
        ("id", "bigint", [1, 999], [1]),
        ("id", "bigint", [], []),
        ("id", "bigint", list(range(40_000)), [1]),
        ("code", "text", ["MAIN", "it's", '"quoted"', "üñí🔩"], [1]),
        ("code", "text", ["main"], []),
    ]
    for column, type_name, wanted, found in arrays:
        rows = await reading.rows(
            f"SELECT id FROM location WHERE {reading.dialect.one_of(column, type_name)}",
            reading.dialect.array(wanted),
        )
        assert [row[0] for row in rows] == found


async def test_a_statement_that_returns_rows_returns_them_by_name(services: Services) -> None:
    row = await services.database.writing.row(
        "UPDATE location SET name = ? WHERE id = ? RETURNING code, name", "Hall", 1
    )
    assert row is not None
    assert (row["code"], row["name"]) == ("MAIN", "Hall")


async def test_a_change_tells_how_many_rows_it_touched(services: Services) -> None:
    writing = services.database.writing
    assert await writing.change("UPDATE location SET name = ? WHERE id = ?", "x", 1) == 1
    assert await writing.change("UPDATE location SET name = ? WHERE id = ?", "x", 2) == 0


async def test_changing_nothing_many_times_sends_no_statement(services: Services) -> None:
    await services.database.writing.change_many("INSERT INTO nowhere VALUES (?)", [])
