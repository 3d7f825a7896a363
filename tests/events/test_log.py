"""The log: dense positions, and which cursors can be honoured."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from graphql_api.clock import DAY_US, HeldClock
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.delivery.audience import Restricted
from graphql_api.errors import CursorTooOld, EpochChanged
from graphql_api.events.cursor import Cursor, decode_cursor
from graphql_api.events.log import Event, Head, LogTransaction
from graphql_api.events.retention import Retention
from graphql_api.services import Services
from tests.builders import make_item, move
from tests.conftest import OpenServices
from tests.databases import Maker, PostgresMaker
from tests.invariants import assert_sound
from tests.statements import counted


async def test_an_empty_log_stands_before_its_first_event(services: Services) -> None:
    head = await services.log.head()
    assert (head.position, head.floor, head.witness_us) == (0, 0, 0)
    assert await services.log.page(0, head.position) == []
    assert (await services.log.check_cursor(head.cursor)).position == 0


async def test_a_result_carries_the_place_of_its_change_in_the_log(services: Services) -> None:
    for number in range(3):
        item = await make_item(services, f"SKU-{number}", min_stock=0)
        moved = await move(services, item, 1)
        assert moved.cursor == (await services.log.head()).cursor
        assert await services.log.check_cursor(decode_cursor(moved.cursor.encode()))


async def test_pages_are_in_order_without_a_hole_and_within_their_bounds(
    services: Services,
) -> None:
    item = await make_item(services)
    for _ in range(9):
        await move(services, item, 1)
    page = [event.position for event in await services.log.page(2, 8)]
    assert page == [3, 4, 5, 6, 7, 8]
    assert [event.position for event in await services.log.page(2, 8, limit=2)] == [3, 4]
    assert await services.log.page(8, 8) == []


async def test_an_event_in_a_form_that_no_noun_names_is_refused(services: Services) -> None:
    """It was told live, and every replay of it failed: it came back as a dict."""

    async def tell(transaction: LogTransaction, _: None) -> None:
        told = Restricted(roles=1)
        transaction.entry.append(Event("new", "TOLD", None, audience.EVERYONE, None, told))

    with pytest.raises(AssertionError, match="no FACTS of a noun have new TOLD"):
        await services.writer.submit(single(tell), None)
    assert (await services.log.head()).position == 0


async def test_a_stored_event_reads_back_as_it_was_delivered(services: Services) -> None:
    await make_item(services, name="Größe “M” 🔩", cost=25)
    live = await services.hub.read(0)
    stored = await services.log.page(0, 1)
    assert stored[0].payload == live[0].payload
    for name in ("topic", "kind", "subject", "roles", "user_id", "position", "recorded_at_us"):
        assert getattr(stored[0], name) == getattr(live[0], name)


async def test_every_cursor_given_out_is_honoured(services: Services, clock: HeldClock) -> None:
    item = await make_item(services)
    cursors = [(await services.log.head()).cursor]
    for _ in range(5):
        clock.advance(1)
        cursors.append((await move(services, item, 1)).cursor)
    for cursor in cursors:
        await services.log.check_cursor(cursor)


async def test_a_cursor_of_another_history_is_told_so(services: Services) -> None:
    item = await make_item(services)
    cursor = (await move(services, item, 1)).cursor
    for other in (
        replace(cursor, epoch="00" * 8),
        replace(cursor, position=cursor.position + 1),
        replace(cursor, position=2**63 - 1),
        replace(cursor, witness_us=5),
    ):
        with pytest.raises(EpochChanged) as refused:
            await services.log.check_cursor(other)
        assert refused.value.code == "EPOCH_CHANGED"


async def test_a_cursor_below_the_floor_is_too_old(services: Services, clock: HeldClock) -> None:
    item = await make_item(services)
    cursors = [(await move(services, item, 1)).cursor for _ in range(4)]
    clock.advance(40 * 86_400)
    last = (await move(services, item, 1)).cursor
    assert await Retention(services.writer, clock, days=30).run() == 5
    for cursor in cursors[:-1]:
        with pytest.raises(CursorTooOld) as refused:
            await services.log.check_cursor(cursor)
        assert refused.value.code == "CURSOR_TOO_OLD"
    await services.log.check_cursor(cursors[-1])  # nothing after it was deleted
    await services.log.check_cursor(last)


async def test_cursors_that_come_together_are_checked_together_each_by_itself(
    services: Services,
) -> None:
    # One by one, a thousand clients that came back at once waited half a minute for their first.
    item = await make_item(services)
    good = [(await move(services, item, 1)).cursor for _ in range(3)]
    bad = replace(good[0], witness_us=5)
    with counted() as sent:
        asked = [asyncio.create_task(services.log.check_cursor(c)) for c in (*good, bad) * 100]
        asked.append(asyncio.create_task(services.log.check_cursor(bad)))
        await asyncio.sleep(0)
        asked[0].cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert len(sent) == 2
    assert isinstance(answers[0], asyncio.CancelledError)
    kinds = [Head, Head, Head, EpochChanged] * 100 + [EpochChanged]
    assert [type(answer) for answer in answers[1:]] == kinds[1:]
    assert (await services.log.check_cursor(good[0])).position == good[-1].position


async def test_a_log_that_cannot_be_read_fails_all_who_ask_and_answers_again_later(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = (await move(services, await make_item(services), 1)).cursor

    async def away() -> Head:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(services.log, "head", away)
        asked = [services.log.check_cursor(cursor) for _ in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [OSError] * 3
    assert await services.log.check_cursor(cursor)


async def test_the_beginning_of_the_log_is_too_old_once_events_were_deleted(
    services: Services, clock: HeldClock
) -> None:
    beginning = (await services.log.head()).cursor
    await make_item(services)
    await services.log.check_cursor(beginning)
    clock.advance(2 * 86_400)
    await Retention(services.writer, clock, days=1).run()
    with pytest.raises(CursorTooOld):
        await services.log.check_cursor(beginning)


async def history(services: Services, item_id: int, clock: HeldClock, count: int) -> list[Cursor]:
    """`count` changes, one a second; the cursor of each."""
    cursors = []
    for _ in range(count):
        clock.advance(1)
        cursors.append((await move(services, item_id, 1)).cursor)
    return cursors


class Backup:
    """A copy of a database, to be put back over the newer one."""

    def __init__(self, maker: Maker, url: str) -> None:
        self._maker = maker
        if isinstance(maker, PostgresMaker):
            self._name = url.rsplit("/", 1)[1]
            maker.copied(url, f"{self._name}_old")
        else:
            self._file = Path(url.removeprefix("sqlite://"))
            with (
                closing(sqlite3.connect(self._file)) as newest,
                closing(sqlite3.connect(f"{self._file}.old")) as copy,
            ):
                newest.backup(copy)

    def restore(self) -> None:
        if isinstance(self._maker, PostgresMaker):
            self._maker.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
            self._maker.execute(f"ALTER DATABASE {self._name}_old RENAME TO {self._name}")
        else:
            for beside in ("-wal", "-shm"):
                Path(f"{self._file}{beside}").unlink(missing_ok=True)
            Path(f"{self._file}.old").replace(self._file)


async def test_an_older_copy_put_back_is_noticed_by_its_witnesses(
    maker: Maker, database_url: str, clock: HeldClock, open_again: OpenServices
) -> None:
    async with open_again() as services:
        item = await make_item(services)
        kept = await history(services, item.id, clock, 3)
    backup = Backup(maker, database_url)
    async with open_again() as services:
        lost = await history(services, item.id, clock, 4)
    backup.restore()
    async with open_again() as services:
        for cursor in lost:  # the head is behind them
            with pytest.raises(EpochChanged):
                await services.log.check_cursor(cursor)
        anew = await history(services, item.id, clock, 6)
        assert [c.position for c in anew[:4]] == [c.position for c in lost]
        for cursor in lost:  # the same positions, for other events
            with pytest.raises(EpochChanged):
                await services.log.check_cursor(cursor)
        for cursor in (*kept, *anew):
            await services.log.check_cursor(cursor)
        await assert_sound(services)


async def test_a_log_survives_a_restart_where_it_stood(
    open_again: OpenServices, clock: HeldClock
) -> None:
    async with open_again() as services:
        item = await make_item(services)
        before = await services.log.head()
    clock.advance(5)
    async with open_again() as services:
        assert services.hub.head == before == await services.log.head()
        moved = await move(services, item, 1)
        assert moved.cursor.epoch == before.epoch
        assert moved.cursor.position == before.position + 1
        await assert_sound(services)


async def test_an_instant_of_the_log_never_goes_back(services: Services, clock: HeldClock) -> None:
    item = await make_item(services)
    first = (await move(services, item, 1)).cursor
    clock.advance(-DAY_US / 1_000_000)
    second = (await move(services, item, 1)).cursor
    assert second.witness_us == first.witness_us
    assert second.position > first.position
    await services.log.check_cursor(second)
