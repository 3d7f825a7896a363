"""Never twice, never lost: a line that fails before, in and after COMMIT, for every command.

How the bug came about: the writer repeated a batch after any error. A COMMIT whose answer was
lost had been carried out, so a notification was there twice, a session ended as stolen, and
createItem said ALREADY_EXISTS of the caller's own item.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from tortoise.backends.sqlite.client import SqliteTransactionWrapper

from graphql_api.clock import HeldClock
from graphql_api.database.faults import Away, DatabaseAway, OutcomeUnknown
from graphql_api.inventory.items import Items
from graphql_api.inventory.stock import StockLedger
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.builders import adjust, item_now, make_item, new_item
from tests.campaigns import only_full
from tests.conftest import settings_for
from tests.database import submissions
from tests.database.everything import COMMANDS, World
from tests.database.lines import CUTS, SILENT, Failure, PostgresLine
from tests.databases import PostgresMaker, SqliteMaker
from tests.invariants import assert_sound, events_of
from tests.streams import eventually

# What SQLite says when the disk fails; the transaction is rolled back, or was committed.
NOT_COMMITTED, COMMITTED = "raised instead of committing", "committed, then raised"
TELL_OF_IT = {
    "import",
    "import-stock",
    "a scheduled job",
}  # to people and to the log: they leave traces
# Who hands something to the writer that the table need not have, and why.
LEFT_OUT = {"Disk._write": "it writes nothing, to see whether the disk takes it"}


@asynccontextmanager
async def on_postgres(
    maker: PostgresMaker, clock: HeldClock, **more: Any
) -> AsyncIterator[tuple[Services, PostgresLine]]:
    """Services behind a line."""
    url = maker.fresh()
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(PostgresLine(url))
        services = await stack.enter_async_context(
            open_services(settings_for(line.url, **more), clock=clock)
        )
        yield services, line
    maker.discard(url)


class FailingCommits:
    """SQLite's COMMIT under a test's control."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.next: str | None = None
        self.code = sqlite3.SQLITE_IOERR
        commit = SqliteTransactionWrapper.commit

        async def failing(client: SqliteTransactionWrapper) -> None:
            how, self.next = self.next, None
            if how != NOT_COMMITTED:
                await commit(client)
            if how is not None:
                fault = sqlite3.OperationalError("disk I/O error")
                fault.sqlite_errorcode = self.code
                raise fault

        monkeypatch.setattr(SqliteTransactionWrapper, "commit", failing)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> FailingCommits:
    return FailingCommits(monkeypatch)


async def test_the_table_has_every_command_that_the_program_gives_its_writer(
    sqlite_maker: SqliteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes a new one is told here to put it into everything.py."""
    async with open_services(settings_for(sqlite_maker.fresh()), clock=HeldClock()) as services:
        world = await World(services).prepare()
        seen = submissions.record(monkeypatch)
        for act in COMMANDS.values():
            await act(world)
    declared = submissions.declared()
    assert set(LEFT_OUT) <= declared
    assert declared - set(LEFT_OUT) <= seen


@pytest.mark.parametrize(
    "failure",
    [
        only_full(Failure.CUT_AT_BEGIN, id="CUT_AT_BEGIN"),
        only_full(Failure.CUT_BEFORE_COMMIT, id="CUT_BEFORE_COMMIT"),
        only_full(Failure.COMMIT_EATEN, id="COMMIT_EATEN"),
        pytest.param(Failure.ANSWER_EATEN, id="ANSWER_EATEN"),
    ],
)
async def test_on_postgres_every_command_is_applied_once_whatever_its_line_does(
    postgres_maker: PostgresMaker, failure: Failure
) -> None:
    async with (
        on_postgres(postgres_maker, HeldClock()) as (services, line),
        on_postgres(postgres_maker, HeldClock()) as (others, _),
    ):
        failing, plain = await World(services).prepare(), await World(others).prepare()
        for name, act in COMMANDS.items():
            wanted = await act(plain)
            failed = line.failed
            line.fail(failure)
            answer = await act(failing)
            assert line.failed == failed + 1, f"{name}: the line had nothing to fail at"
            assert type(answer) is type(wanted), name
            assert await failing.rows() == await plain.rows(), name
        assert services.hub.head.position == others.hub.head.position


@pytest.mark.parametrize("how", [only_full(NOT_COMMITTED), COMMITTED])
async def test_on_sqlite_every_command_is_applied_once_and_its_answer_is_true(
    sqlite_maker: SqliteMaker, commits: FailingCommits, how: str
) -> None:
    urls = sqlite_maker.fresh(), sqlite_maker.fresh()
    async with (
        open_services(settings_for(urls[0]), clock=HeldClock()) as services,
        open_services(settings_for(urls[1]), clock=HeldClock()) as others,
    ):
        failing, plain = await World(services).prepare(), await World(others).prepare()
        for name, act in COMMANDS.items():
            wanted = await act(plain)
            before = await failing.rows()
            if how == COMMITTED:
                commits.next = how
            elif name not in TELL_OF_IT:
                commits.next = how
                with pytest.raises(DatabaseAway, match=r"disk cannot be.*Nothing was changed"):
                    await act(failing)
                assert await failing.rows() == before, name
            answer = await act(failing)
            assert commits.next is None, f"{name}: there was no commit"
            assert type(answer) is type(wanted), name
            assert await failing.rows() == await plain.rows(), name


@pytest.mark.parametrize("failure", SILENT, ids=lambda failure: failure.name)
async def test_a_line_that_swallows_a_commit_costs_its_callers_seconds_and_nothing_twice(
    postgres_maker: PostgresMaker, clock: HeldClock, failure: Failure
) -> None:
    quick = {"write_statement_seconds": 1, "write_idle_seconds": 0.5}
    async with on_postgres(postgres_maker, clock, **quick) as (services, line):
        await make_item(services, "before")
        line.fail(failure)
        made = await services.of(Items).create(new_item("once"))
        assert line.failed == 1
        assert (await item_now(services, made.item)).version == 1
        await make_item(services, "after")
        read = await assert_sound(services)
        assert [read.items[id]["sku"] for id in sorted(read.items)] == ["before", "once", "after"]


async def test_many_commands_of_one_lost_commit_are_each_applied_once_and_answered(
    postgres_maker: PostgresMaker, clock: HeldClock
) -> None:
    async with on_postgres(postgres_maker, clock) as (services, line):
        item = await make_item(services)
        told: list[Any] = []
        services.hub.listen(told.extend)
        for failure in CUTS:
            line.fail(failure)
            commands = [adjust(item, 1, key=f"{failure.name} {n}") for n in range(40)]
            results = await asyncio.gather(
                *(services.of(StockLedger).carry_out(c) for c in commands)
            )
            assert not any(result.replayed for result in results)
        assert line.failed == len(CUTS)
        assert (await item_now(services, item)).stock == 10 + 40 * len(CUTS)
        await assert_sound(services)
        logged = [event["position"] for event in await events_of(services)]
        assert [event.position for event in told] == logged[-len(told) :]
        assert len(told) == 40 * len(CUTS), "the hub heard of each event once"


async def test_while_a_commit_is_in_doubt_others_may_write_and_the_order_is_theirs(
    postgres_maker: PostgresMaker, clock: HeldClock
) -> None:
    """Another process commits after the lost answer: positions and marks of both are kept."""
    async with on_postgres(postgres_maker, clock) as (services, line):
        beside = settings_for(line.url)
        async with open_services(beside, clock=clock) as other:
            item = await make_item(services)
            line.fail(Failure.ANSWER_EATEN)
            first = asyncio.create_task(services.of(Items).create(new_item("in doubt")))
            await eventually(lambda: line.failed == 1)
            moved = [
                other.of(StockLedger).carry_out(adjust(item, 1, key=f"o{n}")) for n in range(20)
            ]
            await asyncio.gather(first, *moved)
            read = await assert_sound(services)
            assert len(read.movements) == 2 + 20
            await eventually(lambda: services.hub.head == other.hub.head)


@pytest.mark.parametrize(
    ("failure", "is_there"), [(Failure.COMMIT_EATEN, False), (Failure.ANSWER_EATEN, True)]
)
async def test_what_cannot_be_found_out_is_said_not_to_be_known_and_a_key_settles_it(
    postgres_maker: PostgresMaker, clock: HeldClock, failure: Failure, is_there: bool
) -> None:
    async with on_postgres(postgres_maker, clock, commit_doubt_seconds=0.5) as (services, line):
        item = await make_item(services)
        line.fail(failure, and_stay_down=True)
        command = adjust(item, 5, key="once")
        work = asyncio.create_task(services.of(StockLedger).carry_out(command))
        await eventually(lambda: line.failed == 1)
        waiting = asyncio.create_task(services.of(Items).create(new_item("behind")))
        with pytest.raises(OutcomeUnknown, match="same idempotencyKey") as unknown:
            await work
        assert (unknown.value.code, unknown.value.extensions) == (
            "UNAVAILABLE",
            {"outcome": "UNKNOWN"},
        )
        with pytest.raises(DatabaseAway, match="Nothing was changed"):
            await waiting
        line.is_down = False
        assert (await services.of(StockLedger).carry_out(command)).replayed is is_there
        assert (await item_now(services, item)).stock == 15
        assert len((await assert_sound(services)).items) == 1


async def test_a_full_disk_at_commit_changes_nothing_and_is_told_as_such(
    sqlite_maker: SqliteMaker, commits: FailingCommits, caplog: pytest.LogCaptureFixture
) -> None:
    commits.code = sqlite3.SQLITE_FULL
    async with open_services(settings_for(sqlite_maker.fresh())) as services:
        item = await make_item(services)
        commits.next = NOT_COMMITTED
        with caplog.at_level(logging.INFO), pytest.raises(DatabaseAway) as told:
            await services.of(StockLedger).carry_out(adjust(item, 1))
        assert told.value.why is Away.FULL
        assert all(record.exc_info is None for record in caplog.records)
        await services.of(StockLedger).carry_out(adjust(item, 1))
        await assert_sound(services)
