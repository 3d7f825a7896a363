"""A database that is away, over HTTP and on sockets: UNAVAILABLE, no traceback, and then again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, closing
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError, OperationalError, TransactionManagementError

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.database.faults import Away, DatabaseAway, away
from graphql_api.errors import log_fault
from graphql_api.holds.expiry import HoldExpiry
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import Items
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.facts import NotificationType
from graphql_api.notifications.notifications import Notifications
from graphql_api.notifications.sending import Notice
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from graphql_api.transport import again
from tests.builders import adjust, item_now, make_item, new_item
from tests.conftest import settings_for
from tests.database.lines import PostgresLine
from tests.databases import PostgresMaker, SqliteMaker
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.schema.api import Api, Closed, running
from tests.streams import eventually

STATE = "cannot switch to state 13"  # asyncpg's words


def state(code: str) -> asyncpg.PostgresError:
    """The error that asyncpg makes of an SQLSTATE."""
    return asyncpg.PostgresError.new({"C": code, "M": "said by the server"})


def code(number: int) -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError("said by SQLite")
    fault.sqlite_errorcode = number
    return fault


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (state("08006"), Away.LOST),
        (state("57P01"), Away.LOST),  # admin shutdown
        (state("57P02"), Away.LOST),  # crash shutdown
        (state("57P03"), Away.LOST),  # starting up
        (state("57P05"), Away.LOST),
        (state("25P03"), Away.LOST),  # idle in transaction
        (state("53300"), Away.CROWDED),
        (state("53200"), Away.CROWDED),
        (state("53100"), Away.FULL),
        (state("55P03"), Away.BUSY),  # lock timeout
        (state("40001"), Away.BUSY),  # serialization, or a standby's conflict with its recovery
        (state("40P01"), Away.BUSY),
        (state("57014"), Away.SLOW),  # statement timeout
        (state("25006"), Away.READ_ONLY),  # a standby
        (state("58030"), Away.DISK),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), Away.LOST),
        (asyncpg.InterfaceError("connection is closed"), Away.LOST),
        (asyncpg.InternalClientError(f"{STATE}; another operation (2) is in progress"), Away.LOST),
        (ConnectionResetError(), Away.LOST),
        (ConnectionRefusedError(), Away.LOST),
        (TimeoutError(), Away.SLOW),
        (code(sqlite3.SQLITE_BUSY), Away.BUSY),
        (code(sqlite3.SQLITE_BUSY_SNAPSHOT), Away.BUSY),
        (code(sqlite3.SQLITE_FULL), Away.FULL),
        (code(sqlite3.SQLITE_IOERR_WRITE), Away.DISK),
        (code(sqlite3.SQLITE_IOERR_FSYNC), Away.DISK),
        (code(sqlite3.SQLITE_READONLY), Away.READ_ONLY),
        (code(sqlite3.SQLITE_CANTOPEN), Away.UNREACHABLE),
        (state("23505"), None),  # a unique value that is there
        (state("42601"), None),  # a syntax error of ours
        (state("42P01"), None),
        (code(sqlite3.SQLITE_ERROR), None),
        (sqlite3.DatabaseError("malformed"), None),
        (asyncpg.InterfaceError("another operation is in progress"), None),
        (asyncpg.InternalClientError(f"{STATE}; another operation (11) is in progress"), None),
        (KeyError("x"), None),
    ],
    ids=repr,
)
def test_one_table_says_what_is_the_databases_fault(error: Exception, why: Away | None) -> None:
    for told in (error, OperationalError(error), TransactionManagementError(error)):
        fault = away(told)
        assert (fault.why if fault else None) is why
        if fault is not None:
            assert fault.code == "UNAVAILABLE"
    assert away(IntegrityError(state("23505"))) is None


def test_what_is_expected_is_a_line_in_the_log_and_what_is_not_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for error in (DatabaseAway(Away.FULL, False), KeyError("x")):
        log_fault(logging.getLogger("any"), error, "cannot tell: %s", "Tonight")
    expected, fault = caplog.records
    assert (
        expected.getMessage() == f"cannot tell: Tonight: {Away.FULL.value}; try again in a moment."
    )
    assert (expected.levelname, expected.exc_info) == ("WARNING", None)
    assert (fault.levelname, fault.getMessage()) == ("ERROR", "cannot tell: Tonight")
    assert fault.exc_info is not None and fault.exc_info[0] is KeyError


async def everything(api: Api) -> dict[str, list[str]]:
    """What each way into the API answers: the codes of its errors."""
    socket = await api.socket(Role.ADMIN)
    answers: dict[str, list[str]] = {}
    for name, query in WAYS.items():
        answers[f"{name} over HTTP"] = await api.admin.codes(query)
        await socket.subscribe(query, name)
        message = await socket.next()
        errors = message["payload"]
        if message["type"] == "next":
            errors = message["payload"].get("errors", [])
            assert (await socket.next())["type"] == "complete"
        answers[f"{name} on a socket"] = [error["extensions"]["code"] for error in errors]
    cursor = api.services.hub.head.cursor.encode()
    await socket.subscribe(FEED, "feed", after=cursor)
    with pytest.raises(Closed) as closed:  # tried again for a while: then it may come back
        await socket.next()
    assert closed.value.code == 1013
    return answers


async def whoever_works_by_itself(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    """Does it now, with nobody who waits for it."""
    told = "holds that ran out could not be ended"
    services.of(HoldExpiry).look()
    await eventually(lambda: told in caplog.text)
    notice = Notice(NotificationType.INFO, "Tonight", "Stocktaking")
    await services.of(Notifications).announce_if_possible(notice)
    assert "cannot tell: Tonight: The database" in caplog.text


WAYS = {
    "a list": "{ items(first: 5) { nodes { id levels { quantity } } } }",
    "a count": "{ items(first: 1) { totalCount } }",
    "a login": 'mutation { login(input: {email: "x@example.com", password: "a long one"}) '
    "{ accessToken userErrors { code } } }",
    "a mutation": 'mutation { sendNotification(input: {type: INFO, title: "t", message: "m"}) '
    "{ notification { id } userErrors { code } } }",
}
FEED = "subscription($after: Cursor) { inventoryUpdated(after: $after) { cursor } }"
# What a busy machine may need for a connection is not what is looked at here.
QUICK: dict[str, Any] = {
    "write_repeat_seconds": 0.2,
    "database_connect_seconds": 30,
    "rate_limit": "off",
    "kept_answers_bytes_max": 0,  # these are served for seconds yet: schema/test_kept_answers.py
}


@asynccontextmanager
async def behind_a_line(maker: PostgresMaker, **more: Any) -> AsyncIterator[tuple[Api, Any]]:
    url = maker.fresh()
    async with PostgresLine(url) as line:
        settings: Settings = settings_for(line.url, **(QUICK | more))
        async with running(settings, HeldClock()) as api:
            yield api, line
    maker.discard(url)


async def test_while_postgres_is_away_every_way_in_says_unavailable_and_then_serves_again(
    postgres_maker: PostgresMaker,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(again, "PATIENCE_S", 0.5)
    async with behind_a_line(postgres_maker) as (api, line):
        await make_item(api.services)
        await api.admin.query(WAYS["a list"])  # the session is known
        caplog.clear()
        line.is_down = True
        line.cut()
        answers = await everything(api)
        assert set(map(tuple, answers.values())) == {("UNAVAILABLE",)}, answers
        await whoever_works_by_itself(api.services, caplog)
        assert not [r.getMessage() for r in caplog.records if r.exc_info]
        line.is_down = False
        assert await api.admin.codes(WAYS["a list"]) == []
        assert await api.admin.codes(WAYS["a mutation"]) == []
        await assert_sound(api.services)


async def test_a_read_whose_connection_was_ended_is_answered_on_another(
    postgres_maker: PostgresMaker,
) -> None:
    async with behind_a_line(postgres_maker) as (api, line):
        await make_item(api.services)
        for _ in range(5):
            line.cut()
            assert await api.admin.codes(WAYS["a list"]) == []


async def test_a_half_open_connection_costs_a_write_one_wait_and_a_read_a_clear_answer(
    postgres_maker: PostgresMaker,
) -> None:
    """How the bug came about: nothing on the client bounded the wait for an answer, so a dead
    line cost what TCP gives up after: 95 s were seen."""
    quick = {"write_statement_seconds": 1, "read_statement_seconds": 2}
    more = {"write_repeat_seconds": 10, "scan_statement_seconds": 2}
    async with behind_a_line(postgres_maker, **quick, **more) as (api, line):
        item = await make_item(api.services)
        await api.admin.query(WAYS["a list"])
        line.go_silent()
        async with asyncio.timeout(PATIENCE_S):  # less than TCP's
            await api.services.of(StockLedger).carry_out(adjust(item, 1))
            assert await api.admin.codes(WAYS["a list"]) in ([], ["UNAVAILABLE"])
            assert await api.admin.codes(WAYS["a list"]) == []
        assert (await item_now(api.services, item)).stock == 11
        await assert_sound(api.services)


def test_by_default_a_stopped_writer_and_a_dead_line_cost_less_than_ten_seconds() -> None:
    chosen = settings_for("sqlite://x")
    statement_s, margin_s = chosen.write_statement_seconds, 1
    assert chosen.write_idle_seconds < statement_s, "else those who wait give up before it ends"
    assert statement_s + margin_s + chosen.database_connect_seconds < 10
    assert chosen.read_statement_seconds + margin_s < 10
    longest = chosen.write_repeat_seconds + statement_s + chosen.commit_doubt_seconds
    assert longest < chosen.operation_timeout_seconds, "else the caller never hears the answer"


async def test_who_waits_for_another_process_on_one_file_is_told_and_nothing_is_changed(
    sqlite_maker: SqliteMaker,
) -> None:
    """A process that is stopped in the middle of a write cannot be freed of SQLite's lock."""
    url = sqlite_maker.fresh()
    async with open_services(settings_for(url), clock=HeldClock()) as services:
        item = await make_item(services)
        await services.database.writing.rows("PRAGMA busy_timeout = 200")
        with closing(sqlite3.connect(services.database.file or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            commands = [services.of(Items).create(new_item(f"n{n}")) for n in range(300)]
            attempts = services.writer.attempts
            told = await asyncio.gather(*commands, return_exceptions=True)
            assert services.writer.attempts == attempts + 1, "one wait, whoever waited behind"
            assert {type(one) for one in told} == {DatabaseAway}
            assert {str(one) for one in told} == {
                "The database is busy with another change. Nothing was changed; try again in a "
                "moment."
            }, "also those who waited behind the first ones"
            assert (await item_now(services, item)).stock == 10, "reads go on"
            other.execute("ROLLBACK")
        await services.of(StockLedger).carry_out(adjust(item, 1))
        assert len((await assert_sound(services)).items) == 1
    sqlite_maker.discard(url)


LONG = "x" * 2_000


async def fault_of(work: Awaitable[Any]) -> DatabaseAway | None:
    """What the database said against it."""
    try:
        await work
    except DatabaseAway as fault:
        return fault
    return None


async def test_a_full_disk_is_told_and_reads_go_on(
    sqlite_maker: SqliteMaker, caplog: pytest.LogCaptureFixture
) -> None:
    url = sqlite_maker.fresh()
    async with running(settings_for(url, **QUICK), HeldClock()) as api:
        services = api.services
        await make_item(services)
        row = await services.database.writing.row("PRAGMA page_count")
        assert row is not None
        await services.database.writing.rows(f"PRAGMA max_page_count = {row[0]}")
        caplog.clear()
        codes: list[str] = []
        for number in range(400):
            if refused := await fault_of(make_item(services, f"n{number}", description=LONG)):
                codes = await api.admin.codes(WAYS["a mutation"])
                break
        else:
            pytest.fail("the disk was never full")
        assert refused.why is Away.FULL
        assert "disk is full" in refused.message
        assert codes in ([], ["UNAVAILABLE"]), "a small row may still have had room"
        assert await api.admin.codes(WAYS["a list"]) == []
        await services.database.writing.rows("PRAGMA max_page_count = 1000000")
        assert await api.admin.codes(WAYS["a mutation"]) == []
        assert not [r.getMessage() for r in caplog.records if r.exc_info]
        await assert_sound(services)


async def test_a_fault_is_logged_in_one_line_and_not_once_for_each_caller(
    postgres_maker: PostgresMaker, caplog: pytest.LogCaptureFixture
) -> None:
    async with behind_a_line(postgres_maker) as (api, line):
        await api.admin.query(WAYS["a list"])
        caplog.set_level(logging.INFO)
        caplog.clear()
        line.is_down = True
        line.cut()
        reads = [api.services.of(Catalogue).by_ids([1], sees_admins=True) for _ in range(100)]
        told = await asyncio.gather(*reads, return_exceptions=True)
        assert all(isinstance(one, DatabaseAway) for one in told)
        records = [r for r in caplog.records if r.name == "graphql_api.database.faults"]
        assert 1 <= len(records) <= len(Away)
        assert "\n" not in records[0].getMessage()
        line.is_down = False
