"""The log goes back under running processes: a standby that lacked a tail, an older state put in
place. They notice with the next write or the next look, whatever was written meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from graphql_api.database.file_watch import FileWatch
from graphql_api.delivery import hub as hub_module
from graphql_api.events.continuity import IDS_LEFT_OUT, Continuity
from graphql_api.events.log import Head
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Locations
from graphql_api.notifications.push import Push
from graphql_api.process import open_services
from graphql_api.services import Services
from tests.builders import make_item, make_location, move
from tests.conftest import OpenServices, settings_for
from tests.database.lines import Failure, PostgresLine
from tests.databases import PostgresMaker, _refilled, _rows_of
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.streams import eventually


class Before:
    """A state of a database, to which it can be put back while servers use it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._copy = sqlite3.connect(":memory:")
        self._rows: Any = None

    async def take(self) -> None:
        if self._url.startswith("sqlite"):
            with closing(sqlite3.connect(self._url.removeprefix("sqlite://"))) as connection:
                connection.backup(self._copy)
        else:
            self._rows = await _rows_of(self._url)

    async def put_back(self) -> None:
        if self._url.startswith("sqlite"):
            with closing(sqlite3.connect(self._url.removeprefix("sqlite://"))) as connection:
                self._copy.backup(connection)
        else:
            await _refilled(self._url, self._rows)
        self._copy.close()


async def grown(services: Services, item: Item, times: int) -> None:
    for _ in range(times):
        await move(services, item, 1)


@pytest.mark.parametrize("grows", [1, 3, 12], ids=["below", "at the same place", "beyond"])
async def test_both_processes_notice_and_the_log_gets_one_new_epoch(
    open_again: OpenServices, database_url: str, grows: int
) -> None:
    before = Before(database_url)
    replaced: dict[str, int] = {"one": 0, "other": 0}
    async with open_again() as one, open_again() as other:
        for name, services in (("one", one), ("other", other)):

            def count(name: str = name) -> None:
                replaced[name] += 1

            services.hub.listen(lambda _: None, replaced=count)
        item = await make_item(one)
        old_epoch = one.hub.head.epoch
        await before.take()
        await grown(one, item, 3)
        await eventually(lambda: other.hub.head.position == one.hub.head.position)
        await before.put_back()
        one.clock.advance(60)  # type: ignore[attr-defined]
        await grown(other, item, grows)
        await eventually(lambda: replaced == {"one": 1, "other": 1})
        await eventually(lambda: one.hub.head == other.hub.head)
        head = await one.log.head()
        assert head.epoch != old_epoch
        assert one.hub.head == head
        await grown(one, item, 2)  # and it goes on, in the same new epoch
        await eventually(lambda: other.hub.head.position == head.position + 2)
        assert (await other.log.head()).epoch == head.epoch == other.hub.head.epoch
        assert replaced == {"one": 1, "other": 1}
        await assert_sound(one)


async def test_a_process_that_only_reads_notices_too(
    open_again: OpenServices, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.05)
    before = Before(database_url)
    async with open_again() as services:
        item = await make_item(services)
        await before.take()
        await grown(services, item, 2)
        epoch = services.hub.head.epoch
        await before.put_back()
        await eventually(lambda: services.hub.head.epoch != epoch)
        assert services.hub.head == await services.log.head()


async def test_what_was_remembered_of_the_lost_tail_is_forgotten_and_no_id_comes_back(
    open_again: OpenServices, database_url: str
) -> None:
    before = Before(database_url)
    async with open_again() as services:
        item = await make_item(services)
        await before.take()
        lost = await make_location(services, "LOST")
        await services.of(Locations).by_ids([lost.id])
        await grown(services, item, 1)
        await before.put_back()
        await grown(services, item, 1)
        assert await services.of(Locations).by_ids([lost.id]) == {}
        assert (await make_item(services, "NEW")).id > lost.id + IDS_LEFT_OUT


async def test_no_id_comes_back_if_the_new_epoch_is_given_while_a_commit_is_in_doubt(
    postgres_maker: PostgresMaker,
) -> None:
    """How the bug came about: who asks what became of a commit takes the head, which gave the new
    epoch; that ids are left out was stored with the events, and there were none."""
    url = postgres_maker.fresh()
    before = Before(url)
    async with PostgresLine(url) as line, open_services(settings_for(line.url)) as services:
        item = await make_item(services)
        await before.take()
        lost = await make_location(services, "LOST")
        await grown(services, item, 1)
        await before.put_back()
        line.fail(Failure.COMMIT_EATEN)
        assert (await make_item(services, "NEW")).id > lost.id + IDS_LEFT_OUT
        assert line.failed == 1
    postgres_maker.discard(url)


async def test_the_push_key_of_a_lost_tail_is_put_back(
    open_again: OpenServices, database_url: str
) -> None:
    """Browsers have subscribed with it. How the bug came about: the process kept it in memory
    alone, so that another one made one of its own, with which no message reached them."""
    before = Before(database_url)
    async with open_again() as one:
        item = await make_item(one)
        await before.take()
        key = await one.of(Push).public_key()
        await grown(one, item, 1)
        await before.put_back()
        epoch = one.hub.head.epoch
        await grown(one, item, 1)
        await eventually(lambda: one.hub.head.epoch != epoch)
        assert await one.of(Push).public_key() == key
        async with open_again() as other:
            assert await other.of(Push).public_key() == key


async def test_a_refused_transaction_does_not_spend_the_notice(
    open_again: OpenServices, database_url: str
) -> None:
    before = Before(database_url)
    async with open_again() as services:
        item = await make_item(services)
        await before.take()
        await grown(services, item, 2)
        epoch = services.hub.head.epoch
        await before.put_back()
        with pytest.raises(Exception, match="SKU"):
            await make_item(services)  # refused, and nothing of it stays
        await eventually(lambda: services.hub.head.epoch != epoch)


async def test_a_cursor_check_that_fails_by_a_fault_of_ours_is_answered_and_the_next_one_works(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The task ended without its end being noted: every later subscription waited for ever.
    with monkeypatch.context() as patched:
        patched.setattr("graphql_api.events.log._verdict", lambda *_: 1 / 0)
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ZeroDivisionError):
                await services.log.check_cursor(services.hub.head.cursor)
    async with asyncio.timeout(PATIENCE_S):
        assert await services.log.check_cursor(services.hub.head.cursor) == services.hub.head


async def test_another_file_in_the_databases_place_ends_the_watch(tmp_path: Any) -> None:
    file, older = tmp_path / "inventory.sqlite3", tmp_path / "older"
    file.write_bytes(b"new")
    older.write_bytes(b"old")
    watch = FileWatch(file)
    watch.start()
    try:
        older.replace(file)
        await asyncio.wait(watch.tasks, timeout=PATIENCE_S)
        assert "not the file that was opened" in str(watch.tasks[0].exception())
    finally:
        await watch.close()


@pytest.mark.parametrize(
    ("place", "off_us", "is_another"),
    [(0, 0, False), (0, 1, True), (1, 0, False), (1, 1, True), (-1, 0, True)],
)
async def test_whoever_takes_the_head_compares_what_stands_where_it_saw_its_newest_event(
    services: Services, place: int, off_us: int, is_another: bool
) -> None:
    # place: how far the head is beyond the newest event seen; off_us: how its time differs.
    item = await make_item(services)
    await grown(services, item, 3)
    head = await services.log.head()
    position = head.position - place
    found = await services.log.page(position - 1, position)
    witness_us = found[0].recorded_at_us if found else head.witness_us
    doubts: list[None] = []
    seen = Head(head.epoch, position, 0, witness_us + off_us)
    journal = Continuity(services.log, lambda: seen)
    journal.on_doubt(lambda: doubts.append(None))
    async with services.database.transaction() as connection:
        entry = await journal.take_head(connection, services.clock.now_us())
    assert (entry.head.epoch != head.epoch) is is_another
    assert (await services.log.head()).epoch == entry.head.epoch
    assert len(doubts) == is_another
