"""Short reads of SQLite take no thread; long ones hold nobody up."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from graphql_api.database import brief
from graphql_api.database.brief import BUDGET_S, PASSED_BY, BriefReads
from graphql_api.database.database import SQLITE_PRAGMAS, Database
from tests.databases import SqliteMaker

SHORT = "SELECT 1"
# About two seconds of a core, were it not interrupted.
LONG = """\
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
SELECT MAX(n) FROM number
"""
LONG_N = 2_000_000
LONG_LIST = LONG.replace("MAX(n)", "n")  # its first rows come at once


@pytest.fixture
async def database(sqlite_maker: SqliteMaker) -> AsyncIterator[Database]:
    opened = Database(sqlite_maker.fresh())
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def reads(tmp_path: Path) -> Iterator[BriefReads]:
    file = tmp_path / "x.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE t (a INTEGER)")
    made.close()
    reads = BriefReads(file, SQLITE_PRAGMAS)
    yield reads
    reads.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes on by a little with each look: whoever else has the core meanwhile."""
    looks = count()
    monkeypatch.setattr(brief, "perf_counter", lambda: next(looks) * BUDGET_S / 100)


def is_done_at_once(statement: Coroutine[Any, Any, Any]) -> bool:
    """Whether it waits for nothing: no thread, no task."""
    try:
        statement.send(None)
    except StopIteration:
        return True
    statement.close()
    return False


async def test_a_short_read_waits_for_nothing(database: Database) -> None:
    assert is_done_at_once(database.reading.rows("SELECT id FROM location"))
    assert not is_done_at_once(database.scanning.rows("SELECT id FROM location"))


async def test_a_long_read_is_answered_while_the_loop_goes_on(database: Database) -> None:
    rounds = 0
    asked = asyncio.ensure_future(database.reading.rows(LONG, LONG_N))
    while not asked.done():
        await asyncio.sleep(0)
        rounds += 1
    assert [tuple(row) for row in asked.result()] == [(LONG_N,)]
    assert rounds > 100, "the loop stood still"


async def test_what_was_long_goes_through_the_thread_at_once_for_a_while(
    reads: BriefReads, clock: None
) -> None:
    assert reads.rows(LONG, [LONG_N]) is None
    await asyncio.sleep(0)  # the next round, with its own budget
    assert [reads.rows(LONG, [1]) for _ in range(PASSED_BY)] == [None] * PASSED_BY
    found = reads.rows(LONG, [1])
    assert found is not None
    assert found[0][0] == 1


async def test_what_was_interrupted_is_prepared_once_more_and_not_each_time(
    reads: BriefReads, clock: None
) -> None:
    assert reads.rows(LONG_LIST, [LONG_N]) is None
    prepared: list[object] = []

    def note(*arguments: object) -> int:
        prepared.append(arguments)
        return sqlite3.SQLITE_OK

    reads._driver.set_authorizer(note)  # SQLite asks it whenever it prepares a statement
    told = []
    for _ in range(PASSED_BY + 3):
        await asyncio.sleep(0)
        if reads.rows(LONG_LIST, [1]) is not None:
            told.append(len(prepared))
    assert len(told) == 3
    assert told == told[:1] * 3


async def test_all_of_a_round_together_have_one_budget(
    reads: BriefReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = count()
    monkeypatch.setattr(brief, "perf_counter", lambda: next(looks) * BUDGET_S / 4)
    answers = [reads.rows(SHORT, ()) is not None for _ in range(6)]
    assert answers == [True, True, True, True, False, False]
    await asyncio.sleep(0)
    assert reads.rows(SHORT, ()) is not None
    # What the rest of a budget was too short for is not long by itself.
    for _ in range(2):
        reads.rows(SHORT, ())
    monkeypatch.setattr(brief, "perf_counter", lambda: next(looks) * BUDGET_S / 16)
    assert reads.rows(LONG, [LONG_N]) is None
    monkeypatch.undo()
    await asyncio.sleep(0)
    assert reads.rows(LONG, [1]) is not None


async def test_a_short_read_that_had_to_wait_for_the_core_is_not_long(
    reads: BriefReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = count()
    monkeypatch.setattr(brief, "perf_counter", lambda: next(looks) * BUDGET_S * 2)
    assert reads.rows(LONG, [1_000]) is None
    monkeypatch.setattr(brief, "perf_counter", lambda: 0.0)
    await asyncio.sleep(0)
    assert reads.rows(LONG, [1_000]) is not None


async def test_a_change_is_seen_as_soon_as_it_is_committed(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.change("UPDATE location SET name = ?", "changed")
        (before,) = await database.reading.rows("SELECT name FROM location")
        assert before[0] != "changed"
    (after,) = await database.reading.rows("SELECT name FROM location")
    assert after[0] == "changed"


async def test_nothing_is_written_on_the_way_past_the_thread(reads: BriefReads) -> None:
    assert reads.rows("INSERT INTO t VALUES (1)", ()) is None
    assert reads.rows("WITH one AS (SELECT 1) INSERT INTO t SELECT * FROM one", ()) is None
    found = reads.rows("SELECT COUNT(*) FROM t", ())
    assert found is not None
    assert found[0][0] == 0


@pytest.mark.parametrize(
    ("name", "wanted"), [("busy_timeout", 0), ("query_only", 1), ("foreign_keys", 1)]
)
async def test_it_waits_for_nobody_and_writes_nothing(
    reads: BriefReads, name: str, wanted: int
) -> None:
    found = reads.rows(f"SELECT * FROM pragma_{name}", ())
    assert found is not None
    assert found[0][0] == wanted


async def test_what_fails_is_told_as_the_thread_tells_it(database: Database) -> None:
    with pytest.raises(Exception, match="no such column: nowhere"):
        await database.reading.rows("SELECT nowhere FROM location")


ODD = [
    None,
    0,
    -(2**63),
    2**63 - 1,
    "",
    'x\x00y\x01\n"\\/\x7f',
    "ähre \U0001f4a5",
    "[1]",
    '{"a":1}',
]


async def test_a_page_is_what_its_rows_are_in_their_order(reads: BriefReads, clock: None) -> None:
    listed = " UNION ALL ".join(["SELECT ? AS number, ? AS told"] * len(ODD))
    sql = f"SELECT told, number, told FROM ({listed}) ORDER BY number DESC LIMIT 8"
    parameters = [value for number, one in enumerate(ODD) for value in (number, one)]
    rows = reads.rows(sql, parameters)
    assert rows is not None
    assert len(rows) == 8
    assert reads.page("told, number, told", sql, parameters) == [list(row) for row in rows]
    assert reads.page("told, number, told", f"{sql} OFFSET 9", parameters) == []


async def test_a_page_with_what_is_no_text_is_for_the_thread(
    reads: BriefReads, clock: None
) -> None:
    assert reads.page("a", "SELECT 'x' AS a", ()) == [["x"]]
    for odd in ("x'80'", "CAST(x'80' AS TEXT)"):
        assert reads.page("a", f"SELECT {odd} AS a", ()) is None


async def test_a_page_that_takes_long_comes_through_the_thread(database: Database) -> None:
    page = await database.reading.page("n", LONG.replace("MAX(n)", "n"), 300_000)
    assert len(page) == 300_000
    assert [page[0][0], page[-1][0]] == [1, 300_000]


async def test_after_the_end_nothing_is_read(reads: BriefReads) -> None:
    reads.close()
    reads.close()
    assert reads.rows(SHORT, ()) is None
